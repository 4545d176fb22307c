"""From the bytes a stranger sent to pixels, or to one clear error.

Every limit is checked on the header, before a pixel is decoded.
"""

import io
import struct
from dataclasses import dataclass
from typing import Literal

from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError

MAX_BYTES = 20 * 1024 * 1024  # what Telegram lets a bot download
MAX_PIXELS = 50_000_000  # a 50-megapixel phone; 150 MB once decoded
WORKING_SIDE = 1280  # pixels a large JPEG's long side keeps at least, when it is shrunk while decoding
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP")

Problem = Literal["empty", "not_an_image", "unsupported", "unreadable", "too_many_bytes", "too_many_pixels"]


class PhotoError(ValueError):
    """A photo that cannot be answered. `problem` says why in one word, the message in one sentence."""

    def __init__(self, problem: Problem, message: str):
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True)
class Photo:
    """A decoded photo, turned the way a viewer shows it.

    Attributes:
        image: RGB pixels; a large JPEG is decoded at 1/2, 1/4 or 1/8 of its size.
        size: width and height in pixels of the photo as a viewer shows it.
    """

    image: Image.Image
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Photo pixels per pixel of `image`; 1.0 unless the JPEG was decoded smaller."""
        return self.size[0] / self.image.width


def decode(data: bytes) -> Photo:
    """Decode a JPEG, PNG, WebP, GIF (first frame) or BMP.

    Raises:
        PhotoError: the data is empty, larger than `MAX_BYTES`, not an image, of an unsupported format,
            larger than `MAX_PIXELS`, damaged or cut short.
    """
    if not data:
        raise PhotoError("empty", "the file is empty")
    if len(data) > MAX_BYTES:
        raise PhotoError("too_many_bytes", f"the file has {len(data) / 2**20:.0f} MB; at most 20 MB are read")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            return from_image(opened)
    except UnidentifiedImageError:
        pass
    except Image.DecompressionBombError as error:
        raise PhotoError("too_many_pixels", f"the photo is too large: {error}") from None
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, EOFError, struct.error, MemoryError) as error:
        if isinstance(error, PhotoError):
            raise
        raise PhotoError("unreadable", f"the photo is damaged or incomplete ({error})") from None
    if kind := _unsupported_format(data):
        raise PhotoError("unsupported", f"{kind} files are not supported; send a JPEG, PNG or WebP")
    raise PhotoError("not_an_image", "the file is not a photo; send a JPEG, PNG or WebP")


def from_image(opened: Image.Image) -> Photo:
    """The same for an image that Pillow has opened already. Raises `PhotoError` for too many pixels."""
    if opened.width * opened.height > MAX_PIXELS:
        raise PhotoError(
            "too_many_pixels",
            f"the photo has {opened.width} x {opened.height} pixels; at most {MAX_PIXELS // 10**6} megapixels are read",
        )
    full = opened.size
    if isinstance(opened, ImageFile.ImageFile):
        shrink = WORKING_SIDE / max(full)
        if shrink < 1:  # only JPEG listens; it picks the next size up
            opened.draft("RGB", (round(full[0] * shrink), round(full[1] * shrink)))
    upright, sideways = _upright(opened)
    return Photo(_rgb(upright), (full[1], full[0]) if sideways else full)


def _upright(image: Image.Image) -> tuple[Image.Image, bool]:
    """The image as a viewer shows it, and whether width and height changed places for that."""
    image.load()
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        if orientation == 1:
            return image, False
        return ImageOps.exif_transpose(image), orientation in (5, 6, 7, 8)
    except Exception:  # damaged EXIF says nothing about the pixels: show them as they are
        return image, False


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):  # 16 bits a pixel: keep the upper 8
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        canvas = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(canvas, image)
    return image.convert("RGB")


def _unsupported_format(data: bytes) -> str | None:
    """Name of a picture format that people send and that is not read here."""
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        if brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"):
            return "HEIC"
        if brand in (b"avif", b"avis"):
            return "AVIF"
    if data[:4] in (b"II*\0", b"MM\0*"):
        return "TIFF"
    if data.lstrip()[:5].lower() in (b"<svg ", b"<?xml"):
        return "SVG"
    return None
