"""Reads HEIC and AVIF, which phones write and people put into training sets, as the JPEG a chat would make of them."""

import io

import pillow_heif
from PIL import Image, ImageOps

from model.image import MAX_BYTES, MAX_PIXELS, PhotoError
from training.data.files import is_phone_photo

pillow_heif.register_heif_opener()


def readable(data: bytes) -> bytes:
    """A photo's file as serving reads it: itself, or a JPEG of a HEIC or AVIF.

    Raises:
        PhotoError: it is a HEIC or AVIF that is too large or damaged.
    """
    if not is_phone_photo(data[:64]):
        return data
    if len(data) > MAX_BYTES:
        raise PhotoError("too_many_bytes", f"the file is larger than {MAX_BYTES >> 20} MB")
    try:
        with Image.open(io.BytesIO(data), formats=("HEIF", "AVIF")) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise PhotoError("too_many_pixels", f"the photo has {opened.width} x {opened.height} pixels")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except PhotoError:
        raise
    except Exception as error:  # on a damaged file its decoder raises nearly anything
        raise PhotoError("unreadable", "the photo is damaged or incomplete") from error
    file = io.BytesIO()
    upright.save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()
