"""Photos as Telegram keeps them: JPEG, turned upright, in several sizes. Knows nothing of chats."""

import io
from typing import Any

from PIL import Image, ImageOps

from localchat.files import File, Files

SIDES = (90, 320, 800, 1280)  # pixels of the long side
MAX_PIXELS = 100_000_000  # more is not decoded
MAX_BOT_BYTES = 10 * 2**20
MAX_BOT_SIDES = 10_000  # width and height together
MAX_BOT_RATIO = 20

Json = dict[str, Any]
Size = tuple[tuple[int, int], bytes]  # width and height, and the JPEG file


class PhotoProblem(ValueError):
    """A picture that cannot be sent as a photo; the message says why, as the Bot API words it."""


def encode_sizes(data: bytes) -> list[Size]:
    """The sizes of a photo, smallest first, as ((width, height), JPEG bytes); never larger than it was.

    Raises:
        PhotoProblem: it cannot be decoded.
    """
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise PhotoProblem("PHOTO_INVALID_DIMENSIONS")
            opened.draft("RGB", (2 * SIDES[-1], 2 * SIDES[-1]))  # a large JPEG is decoded smaller, which is quick
            image = _on_white(_upright(opened))
    except PhotoProblem:
        raise
    except Exception as error:  # a broken file may raise anything inside a decoder
        raise PhotoProblem("IMAGE_PROCESS_FAILED") from error
    return [_encoded(image, side) for side in _sides(max(image.size))]


def check_upload(data: bytes) -> None:
    """Telegram's limits for a photo that a bot uploads.

    Raises:
        PhotoProblem: too many bytes, or too large or too thin a picture.
    """
    if len(data) > MAX_BOT_BYTES:
        raise PhotoProblem(
            f"file of size {len(data)} bytes is too big for a photo; the maximum size is {MAX_BOT_BYTES} bytes"
        )
    try:
        with Image.open(io.BytesIO(data)) as opened:
            width, height = opened.size
    except Exception as error:
        raise PhotoProblem("IMAGE_PROCESS_FAILED") from error
    if width + height > MAX_BOT_SIDES or max(width, height) > MAX_BOT_RATIO * min(width, height):
        raise PhotoProblem("PHOTO_INVALID_DIMENSIONS")


def keep_sizes(files: Files, sizes: list[Size]) -> Json:
    """Keep encoded sizes as files; returns the photo as a part of a Bot API Message."""
    kept: list[File] = [files.add(data, "photos", "image/jpeg", suffix=".jpg") for _, data in sizes]
    shown = [
        file.describe() | {"width": size[0], "height": size[1]} for file, (size, _) in zip(kept, sizes, strict=True)
    ]
    for file in kept:
        file.content["photo"] = shown
    return {"photo": shown}


def _sides(longest: int) -> list[int]:
    smaller = [side for side in SIDES if side < longest]
    return smaller if len(smaller) == len(SIDES) else [*smaller, longest]


def _encoded(image: Image.Image, side: int) -> Size:
    shrink = min(1.0, side / max(image.size))
    size = max(1, round(image.width * shrink)), max(1, round(image.height * shrink))
    buffer = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3).save(buffer, "JPEG", quality=87)
    return size, buffer.getvalue()


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF says nothing about the pixels
        return image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
