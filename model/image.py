"""Decodes the photo a stranger sent, or raises one clear error.

Every limit is checked on the header, before a pixel is decoded.
"""

import warnings
from dataclasses import dataclass
from typing import Literal

import PIL.WebPImagePlugin  # noqa: F401 - else Pillow loads all its 40 formats at the first photo
from PIL import ExifTags, Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from model.image_limits import LimitedReader, TooMuchWorkError, check_scans, has_scans
from model.tiff_limits import check_tags, check_tiles, is_tiff, is_usual

MAX_BYTES = 20 * 1024 * 1024  # what Telegram lets a bot download
MAX_PIXELS = 50_000_000  # a 50-megapixel phone's JPEG, which is shrunk while it is decoded
MAX_PIXELS_WHOLE = 25_000_000  # what is decoded whole takes up to 8 bytes a pixel on the way to RGB
MAX_PIXELS_WEBP = 16_000_000  # and its decoder, or that of a TIFF, twice as much
WORKING_SIDE = 1280  # pixels that the long side of a large photo keeps at least
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # JPEG brings MPO with it: several JPEGs in one file
AVIF = {b"avif", b"avis"}  # brands of what phones write
HEIC = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8")  # by which a damaged one of those is known
TURNS = {  # what undoes an EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Problem = Literal["empty", "not_an_image", "unsupported", "unreadable", "too_many_bytes", "too_many_pixels"]

# Pillow warns of damaged EXIF and of sizes that are refused below: nothing an operator could act on.
warnings.filterwarnings("ignore", module=r"PIL\.")
PngImagePlugin.MAX_TEXT_MEMORY = 8 * 2**20  # bytes of text, which nobody reads here


class PhotoError(ValueError):
    """A photo that cannot be answered. `problem` says why in one word, the message in one sentence."""

    def __init__(self, problem: Problem, message: str):
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True)
class Photo:
    """A decoded photo, turned the way a viewer shows it.

    Attributes:
        image: RGB pixels; a large photo is shrunk by a whole factor, see `decode`.
        size: width and height in pixels of the photo as a viewer shows it.
    """

    image: Image.Image
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Photo pixels per pixel of `image`; 1.0 unless the photo was shrunk."""
        return max(self.size) / max(self.image.size)


def decode(data: bytes, side: int = WORKING_SIDE) -> Photo:
    """Decodes a JPEG, PNG, WebP, GIF or TIFF (first picture), BMP, HEIC or AVIF.

    Args:
        data: the file.
        side: pixels that the long side of a large JPEG keeps at least; that of other files keeps `WORKING_SIDE`.

    Raises:
        PhotoError: the data is empty, larger than `MAX_BYTES`, not an image, of an unsupported format,
            of too many pixels, damaged or cut short.
    """
    if not data:
        raise PhotoError("empty", "the file is empty; send the photo again")
    if len(data) > MAX_BYTES:
        raise PhotoError("too_many_bytes", f"the file is larger than {MAX_BYTES >> 20} MB; send a smaller photo")
    try:
        with Image.open(LimitedReader(data), formats=_formats(data)) as opened:
            _check_compression(opened)
            _check_size(opened, whole=has_scans(opened, data))
            check_scans(opened, data)
            size = opened.size
            _draft(opened, side)
            return _photo(opened, size)
    except PhotoError:
        raise
    except TooMuchWorkError:
        raise PhotoError("unreadable", "the photo takes far too long to decode; send it as an ordinary JPEG") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels("far too many", MAX_PIXELS) from None
    except UnidentifiedImageError:
        raise _not_identified(data) from None
    except Exception as error:  # on a damaged file Pillow's decoders raise nearly anything
        raise _damaged() from error


def from_image(image: Image.Image) -> Photo:
    """Does the same for an image that Pillow has opened already, and leaves that as it is.

    Raises:
        PhotoError: the image has no pixels or too many, or is damaged.
    """
    if not image.width or not image.height:
        raise PhotoError("empty", "the image has no pixels; send another one")
    _check_size(image, whole=bool(image.info.get("progressive")))
    try:
        return _photo(image, image.size)
    except Exception as error:  # the file behind it may be read only now
        raise _damaged() from error


def _check_size(image: Image.Image, whole: bool = False) -> None:
    if image.format in ("WEBP", "TIFF"):
        limit = MAX_PIXELS_WEBP
    elif whole or image.format in ("PNG", "GIF", "BMP", "HEIF", "AVIF"):
        limit = MAX_PIXELS_WHOLE
    else:
        limit = MAX_PIXELS
    if image.width * image.height > limit:
        raise _too_many_pixels(f"{image.width} x {image.height}", limit)


def is_phone_photo(data: bytes) -> bool:
    """Tells from its first 64 bytes whether a file is a HEIC or an AVIF."""
    return bool(_brands(data) & (HEIC | AVIF))


def _brands(data: bytes) -> set[bytes]:
    return {data[place : place + 4] for place in range(8, min(len(data), 64), 4)} if data[4:8] == b"ftyp" else set()


def _formats(data: bytes) -> tuple[str, ...]:
    """Which decoders to try; those of phones' formats are loaded when the first such photo comes."""
    if is_tiff(data):
        import PIL.TiffImagePlugin

        check_tags(data)
        return ("TIFF",)
    if not is_phone_photo(data):
        return FORMATS
    if _brands(data) & AVIF:
        import PIL.AvifImagePlugin  # noqa: F401

        return ("AVIF",)
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    return ("HEIF",)


def _check_compression(opened: ImageFile.ImageFile) -> None:
    """Pillow undoes a BMP's compression in Python, pixel by pixel; a TIFF has a dozen of them."""
    if any(tile.codec_name == "bmp_rle" for tile in opened.tile):
        raise PhotoError("unsupported", "compressed BMP files are not supported; send a JPEG, PNG or WebP")
    if opened.format == "TIFF":
        if not is_usual(opened):
            raise PhotoError("unsupported", "TIFF files compressed in this way are not supported; send a JPEG or PNG")
        check_tiles(opened)


def _draft(opened: Image.Image, side: int) -> None:
    """Let a large JPEG be decoded at 1/2, 1/4 or 1/8 of its size, in a fraction of the time."""
    shrink = side / max(opened.size)
    if shrink < 1:
        opened.draft("RGB", (max(1, round(opened.width * shrink)), max(1, round(opened.height * shrink))))


def _photo(image: Image.Image, size: tuple[int, int]) -> Photo:
    image.load()
    orientation = _orientation(image)
    image = _rgb(image)
    if orientation in TURNS:
        image = image.transpose(TURNS[orientation])
    return Photo(image, (size[1], size[0]) if orientation in (5, 6, 7, 8) else size)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged EXIF says nothing about the pixels: show them as they are
        return 1


def _rgb(image: Image.Image) -> Image.Image:
    """8-bit RGB on white, shrunk early, because several copies of a large photo do not fit a small server."""
    if image.mode.startswith("I"):  # 16 bits a pixel
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    shrink = max(image.size) // WORKING_SIDE
    if shrink > 1:
        image = image.reduce(shrink)
    if mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image


def _too_many_pixels(how_many: str, limit: int) -> PhotoError:
    read = f"at most {limit // 10**6} megapixels of this kind of file are read"
    return PhotoError("too_many_pixels", f"the photo has {how_many} pixels and {read}; send a smaller photo")


def _damaged() -> PhotoError:
    return PhotoError("unreadable", "the photo is damaged or incomplete; send it again")


def _not_identified(data: bytes) -> PhotoError:
    if data.startswith(BEGINNINGS) or is_phone_photo(data) or is_tiff(data):
        return _damaged()
    if b"<svg" in data[:2000].lower():
        return PhotoError("unsupported", "SVG files are not supported; send a JPEG, PNG or WebP")
    return PhotoError("not_an_image", "the file is not a photo; send a JPEG, PNG or WebP")
