"""Photos for tests: a portrait that comes with scikit-image, in the colors the test network tells apart."""

import io
from functools import cache
from typing import Any

import skimage.data
from PIL import Image

RED, BLUE = "#ff0000", "#0000ff"


def portrait(color: str = RED) -> Image.Image:
    """One face, in a light of that color."""
    photo = Image.fromarray(skimage.data.astronaut())
    return Image.blend(photo, Image.new("RGB", photo.size, color), 0.3)


def two_portraits(left: str = RED, right: str = BLUE) -> Image.Image:
    """Two faces side by side."""
    both = Image.new("RGB", (1024, 512))
    both.paste(portrait(left), (0, 0))
    both.paste(portrait(right), (512, 0))
    return both


@cache
def no_face() -> bytes:
    """A cat."""
    return encoded(Image.fromarray(skimage.data.chelsea()))


def crowd(columns: int, rows: int) -> bytes:
    """So many faces, red and blue by turns."""
    side = 256
    photo = Image.new("RGB", (columns * side, rows * side))
    for number in range(columns * rows):
        face = portrait((RED, BLUE)[number % 2]).crop((110, 10, 350, 250)).resize((side, side))
        photo.paste(face, (number % columns * side, number // columns * side))
    return encoded(photo)


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """The image as a file of that format."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@cache
def red_face() -> bytes:
    return encoded(portrait(RED))


@cache
def blue_face() -> bytes:
    return encoded(portrait(BLUE))


@cache
def two_faces() -> bytes:
    return encoded(two_portraits())
