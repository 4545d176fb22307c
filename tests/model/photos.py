"""Pictures for the model's tests: drawn here, or the portrait and the cat inside scikit-image."""

import io
import struct
import zlib
from typing import Any

import skimage.data
from PIL import Image


def encoded(image: Image.Image, file_format: str, **how: Any) -> bytes:
    """The image as a file of that format."""
    file = io.BytesIO()
    image.save(file, file_format, **how)
    return file.getvalue()


def portrait() -> Image.Image:
    """512 x 512 pixels with one face, left of the middle."""
    return Image.fromarray(skimage.data.astronaut())


def cat() -> Image.Image:
    """451 x 300 pixels without a person."""
    return Image.fromarray(skimage.data.chelsea())


def png(width: int, height: int, bits: int, color_type: int, rows: bytes) -> bytes:
    """A PNG file with any header and any pixel data, as PNG's specification numbers them."""
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def endless_jpeg(scans: int) -> bytes:
    """A small progressive JPEG file that asks for that many passes over 16 megapixels."""
    file = encoded(Image.new("RGB", (4000, 4000), (200, 30, 40)), "JPEG", progressive=True)
    last = file.rindex(b"\xff\xda")
    return file[:-2] + file[last:-2] * scans + file[-2:]
