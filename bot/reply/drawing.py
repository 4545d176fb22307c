"""Draws a box and a label on each face of a photo, and cuts one face out.

Knows nothing of what the labels mean, nor of Telegram.
"""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFont

from model import Prediction
from model.heat_map import draw_looks
from model.image import Photo, decode
from model.wording import text_color_on

SHORTEST, LONGEST = 640, 1280  # pixels of the picture's long side: labels stay legible, Telegram keeps it as it is
OUTLINE = "#000000"
AROUND = 2.0  # times the longer side of a face that is cut out: as much as training looks at
Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Mark:
    """One box, in pixels of the photo as a viewer shows it; what to write on it; in which color."""

    box: Box
    text: str
    color: str


def draw(photo: Photo, marks: Sequence[Mark]) -> bytes:
    """Draws marks on a photo, given largest first, so that the smallest is drawn first; returns a JPEG file."""
    long_side = max(photo.size)
    scale = min(max(long_side, SHORTEST), LONGEST) / long_side
    size = max(1, round(photo.size[0] * scale)), max(1, round(photo.size[1] * scale))
    picture = photo.image.resize(size, Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(picture)
    scaled = [(_scaled(mark.box, scale), mark) for mark in reversed(marks)]
    for box, mark in scaled:
        _draw_box(pen, box, mark, size)
    for box, mark in scaled:
        _draw_label(pen, box, mark, size)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=88)
    return file.getvalue()


def draw_why(photo: Photo, prediction: Prediction) -> bytes:
    """Marks on a photo what the network looked at; returns a JPEG file."""
    file = io.BytesIO()
    draw_looks(photo.image, prediction.looks, prediction.size, LONGEST).save(file, "JPEG", quality=88)
    return file.getvalue()


def legible(text: str) -> str:
    """A text as a picture can show it, without emoji and the like; "" where the font lacks some of its letters."""
    text = unicodedata.normalize("NFC", text)
    missing = {letter for letter in text if not _has(letter)}
    if any(unicodedata.category(letter)[0] in "LN" for letter in missing):
        return ""
    return " ".join("".join(letter for letter in text if letter not in missing).split())


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


def _scaled(box: Box, scale: float) -> Box:
    left, top, right, bottom = (round(side * scale) for side in box)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _draw_box(pen: ImageDraw.ImageDraw, box: Box, mark: Mark, size: tuple[int, int]) -> None:
    line = min(max(2, (box[2] - box[0]) // 20), max(2, max(size) // 250))
    around = box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1
    pen.rectangle(around, outline=OUTLINE, width=line + 2)
    pen.rectangle(box, outline=mark.color, width=line)


def _draw_label(pen: ImageDraw.ImageDraw, box: Box, mark: Mark, size: tuple[int, int]) -> None:
    """Above the box, or below it where there is no room above, and always inside the picture."""
    letters = _font(min(max((box[2] - box[0]) // 5, max(size) // 70), max(size) // 30))
    width, height = round(pen.textlength(mark.text, letters) + letters.size * 0.8), round(letters.size * 1.35)
    left = min(max(box[0], 0), max(0, size[0] - 1 - width))
    top = box[1] - height if box[1] >= height else max(0, min(box[3], size[1] - 1 - height))
    pen.rectangle((left, top, left + width, top + height), fill=mark.color, outline=OUTLINE)
    pen.text((left + width / 2, top + height / 2), mark.text, text_color_on(mark.color), letters, anchor="mm")


@lru_cache(maxsize=4096)
def _has(letter: str) -> bool:
    """Whether the font has a letter; what it lacks is drawn as an empty box."""
    return letter.isspace() or _shape(letter) != _shape("\uffff")


def _shape(letter: str) -> tuple[tuple[int, int], bytes]:
    mask = _font(32).getmask(letter)
    return mask.size, bytes(mask)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Roboto: Pillow's own font has no accents. Latin, Greek and Cyrillic letters; see `legible` for all others."""
    return ImageFont.truetype(io.BytesIO((files("font_roboto") / "files" / "Roboto-Medium.ttf").read_bytes()), size)
