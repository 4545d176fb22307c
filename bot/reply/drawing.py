"""Draws a box and a label on each face of a photo, and cuts one face out.

Knows nothing of what the labels mean, nor of Telegram.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from bot.reply.labels import Box, Label, font, place
from model import Prediction
from model.heat_map import draw_looks
from model.image import Photo, decode
from model.wording import text_color_on

SHORTEST, LONGEST = 640, 1280  # pixels of the picture's long side: labels stay legible, Telegram keeps it as it is
OUTLINE = "#000000"
AROUND = 2.0  # times the longer side of a face that is cut out: as much as training looks at


@dataclass(frozen=True)
class Mark:
    """One box, in pixels of the photo as a viewer shows it; what to write on it; in which color."""

    box: Box
    text: str
    color: str


def draw(photo: Photo, marks: Sequence[Mark]) -> bytes:
    """Draws marks on a photo, given largest first, so that the smallest is drawn last; returns a JPEG file."""
    size, boxes = _drawn_size(photo.size, marks)
    picture = photo.image.resize(size, Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(picture)
    for box, mark in zip(boxes, marks, strict=True):
        _draw_box(pen, box, mark, size)
    for box, mark, label in zip(boxes, marks, place(boxes, [mark.text for mark in marks], size), strict=True):
        _draw_label(pen, box, mark, label)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=88)
    return file.getvalue()


def has_room(size: tuple[int, int], marks: Sequence[Mark]) -> bool:
    """Whether each mark's text finds room at its box without covering anything of another; `size` is the photo's."""
    drawn, boxes = _drawn_size(size, marks)
    return all(label.clear for label in place(boxes, [mark.text for mark in marks], drawn))


def draw_why(photo: Photo, prediction: Prediction) -> bytes:
    """Marks on a photo what the network looked at; returns a JPEG file."""
    file = io.BytesIO()
    draw_looks(photo.image, prediction.looks, prediction.size, LONGEST).save(file, "JPEG", quality=88)
    return file.getvalue()


def cut_out(photo: bytes, box: Box | None, units: int) -> bytes:
    """A JPEG without anything that the file said beside its pixels, such as where it was taken.

    Args:
        photo: the file.
        box: left, top, right, bottom of the face to cut out; None keeps the whole photo.
        units: how wide and how high a photo is in the numbers of `box`.

    Raises:
        PhotoError: the photo cannot be decoded.
    """
    image = decode(photo).image
    if box is not None:
        left, right = (side * image.width / units for side in box[::2])
        top, bottom = (side * image.height / units for side in box[1::2])
        reach = max(right - left, bottom - top, 1) * AROUND / 2
        across, down = (left + right) / 2, (top + bottom) / 2
        image = image.crop(
            (
                round(max(0.0, across - reach)),
                round(max(0.0, down - reach)),
                round(min(float(image.width), across + reach)),
                round(min(float(image.height), down + reach)),
            )
        )
    image.info.clear()  # else Pillow writes the comments it found into the new file
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()


def _drawn_size(size: tuple[int, int], marks: Sequence[Mark]) -> tuple[tuple[int, int], list[Box]]:
    """A picture's width and height, and the boxes in its pixels."""
    scale = min(max(max(size), SHORTEST), LONGEST) / max(size)
    drawn = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return drawn, [_scaled(mark.box, scale) for mark in marks]


def _scaled(box: Box, scale: float) -> Box:
    left, top, right, bottom = (round(side * scale) for side in box)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _draw_box(pen: ImageDraw.ImageDraw, box: Box, mark: Mark, size: tuple[int, int]) -> None:
    line = min(max(2, (box[2] - box[0]) // 20), max(2, max(size) // 250))
    around = box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1
    pen.rectangle(around, outline=OUTLINE, width=line + 2)
    pen.rectangle(box, outline=mark.color, width=line)


def _draw_label(pen: ImageDraw.ImageDraw, box: Box, mark: Mark, label: Label) -> None:
    left, top, right, bottom = label.box
    middle = (left + right) / 2, (top + bottom) / 2
    if not label.at_box:
        pen.line((middle, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)), mark.color, 2)
    pen.rectangle(label.box, fill=mark.color, outline=OUTLINE)
    pen.text(middle, mark.text, text_color_on(mark.color), font(label.letters), anchor="mm")
