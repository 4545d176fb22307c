"""A portrait that ships with scikit-image (public domain), bare or with a mask drawn on it."""

import skimage.data
from PIL import Image, ImageDraw

from model.faces.finder import FaceFinder


def bare() -> Image.Image:
    """One face without a mask."""
    return Image.fromarray(skimage.data.astronaut())


def masked(color: str = "#a9d3ea") -> Image.Image:
    """The same face behind a drawn surgical mask, with its pleats and loops."""
    photo = bare()
    box = FaceFinder().find(photo)[0].box
    scale = 4  # drawn larger and shrunk, for soft edges
    layer = Image.new("RGBA", (photo.width * scale, photo.height * scale))
    draw = ImageDraw.Draw(layer)

    def at(across: float, down: float) -> tuple[float, float]:
        """A point of the face, from its middle (0, 0) to the box's edges (-1 to 1)."""
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        return (x + across * box.width / 2) * scale, (y + down * box.height / 2) * scale

    for side in (-1, 1):
        draw.line(
            [at(0.72 * side, 0.2), at(1.02 * side, -0.05), at(1.0 * side, 0.3), at(0.66 * side, 0.72)], "#f4f4f4", 6
        )
    outline = [
        (-0.8, 0.02),
        (-0.3, -0.16),
        (0, -0.24),
        (0.3, -0.16),
        (0.8, 0.02),
        (0.72, 0.66),
        (0.4, 1.0),
        (0, 1.1),
        (-0.4, 1.0),
        (-0.72, 0.66),
    ]
    draw.polygon([at(*point) for point in outline], color)
    draw.line([at(*point) for point in outline[:5]], "#eef6fb", 8)
    for down in (0.3, 0.5, 0.7):
        draw.line([at(-0.72, down), at(0, down + 0.06), at(0.72, down)], "#8dbcd6", 5)
    photo.paste(
        layer.resize(photo.size, Image.Resampling.LANCZOS),
        mask=layer.resize(photo.size, Image.Resampling.LANCZOS).getchannel("A"),
    )
    return photo


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two photos as one."""
    both = Image.new("RGB", (left.width + right.width, max(left.height, right.height)))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    return both


def cat() -> Image.Image:
    """Nobody's face."""
    return Image.fromarray(skimage.data.chelsea())
