"""How much work a TIFF asks for, looked at before it is done: its tags and tiles alone can ask for gigabytes.

Knows nothing of what is answered to the sender.
"""

import struct

from PIL import ImageFile

from model.image_limits import TooMuchWorkError

BEGINNINGS = (b"II*\0", b"MM\0*")
COMPRESSIONS = {"raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate"}  # their work is that of the pixels
MAX_NUMBERS = 65_536  # of a tag, which become Python's; a photo has far fewer strips and tiles
MAX_TILE = 4_194_304  # pixels of a tile, for which memory is taken before it is read
BYTES = {1, 2, 6, 7}  # kinds of tags that stay bytes
TILE_WIDTH, TILE_LENGTH = 322, 323


def is_tiff(data: bytes) -> bool:
    """Tells from its first four bytes whether a file is a TIFF."""
    return data.startswith(BEGINNINGS)


def check_tags(data: bytes) -> None:
    """Checks the tags of a TIFF's first picture, before they are read.

    Raises:
        TooMuchWorkError: there are too many numbers in one.
    """
    order = "<" if data.startswith(b"II") else ">"
    try:
        (at,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        tags = [struct.unpack_from(f"{order}HHI", data, at + 2 + 12 * number) for number in range(count)]
    except struct.error:
        return  # it is cut short, which its reader will find
    if any(kind not in BYTES and numbers > MAX_NUMBERS for _, kind, numbers in tags):
        raise TooMuchWorkError("too many numbers in a tag")


def is_usual(opened: ImageFile.ImageFile) -> bool:
    """Tells whether a TIFF is compressed in a way that is read here."""
    return opened.info.get("compression") in COMPRESSIONS


def check_tiles(opened: ImageFile.ImageFile) -> None:
    """Checks the size of a TIFF's tiles.

    Raises:
        TooMuchWorkError: one takes too much memory.
    """
    tags = opened.tag_v2  # type: ignore[attr-defined]
    width, length = (tags.get(tag, 1) for tag in (TILE_WIDTH, TILE_LENGTH))
    if width * length > MAX_TILE:
        raise TooMuchWorkError("too large a tile")
