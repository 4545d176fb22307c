"""Crops a face for the network: one function, used in training and in serving."""

from PIL import Image

from model.faces.box import Box

FILL = (124, 116, 104)  # ImageNet's mean color: what the network reads as "nothing here"


def cut(image: Image.Image, box: Box, side: int, margin: float) -> Image.Image:
    """Crops the square around a face that the network sees.

    Args:
        image: RGB.
        box: the face, in pixels of `image`.
        side: pixels of the square's side.
        margin: how much is added around the box's longer side, as a share of it (0.4 gives 1.4 times the box).

    Returns:
        An RGB image of `side` x `side`; what lies outside the photo is filled with `FILL`.
    """
    left, top, right, bottom = framed(box, margin)
    scale = side / (right - left)
    inside = (max(left, 0.0), max(top, 0.0), min(right, image.width), min(bottom, image.height))
    if inside[2] - inside[0] < 1 or inside[3] - inside[1] < 1:
        return Image.new("RGB", (side, side), FILL)
    target = [round((inside[0] - left) * scale), round((inside[1] - top) * scale)]
    target += [
        max(target[0] + 1, round((inside[2] - left) * scale)),
        max(target[1] + 1, round((inside[3] - top) * scale)),
    ]
    part = image.resize((target[2] - target[0], target[3] - target[1]), Image.Resampling.BILINEAR, box=inside)
    if part.size == (side, side):
        return part
    square = Image.new("RGB", (side, side), FILL)
    square.paste(part, (target[0], target[1]))
    return square


def framed(box: Box, margin: float) -> tuple[float, float, float, float]:
    """Returns the square around a face that `cut` shows, which may reach beyond the photo: left, top, right, bottom."""
    reach = max(box.width, box.height, 1.0) * (1 + margin) / 2
    centre_x, centre_y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return centre_x - reach, centre_y - reach, centre_x + reach, centre_y + reach
