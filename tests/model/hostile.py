"""Files made to cost whoever decodes them: small, and well-formed as far as they are looked at."""

import struct
import zlib

from PIL import Image

from tests.model.photos import encoded, png

SIZE = 60, 40
red = Image.new("RGB", SIZE, (200, 30, 40))


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def in_jpeg(segments: bytes) -> bytes:
    """A JPEG with these segments in front of its own."""
    file = encoded(red, "JPEG")
    return file[:2] + segments + file[2:]


def in_png(chunks: bytes) -> bytes:
    """A PNG with these chunks in front of its pixels."""
    file = encoded(red, "PNG")
    pixels = file.index(b"IDAT") - 4
    return file[:pixels] + chunks + file[pixels:]


def crumbled_png() -> bytes:
    """A PNG whose pixels come byte by byte, each in a chunk of its own."""
    side = 200
    noise = bytes(number * number % 251 for number in range(side * side * 3))
    rows = b"".join(b"\0" + noise[row * side * 3 : (row + 1) * side * 3] for row in range(side))
    file = png(side, side, 8, 2, rows)
    packed = zlib.compress(rows, 0)
    return file[:33] + b"".join(chunk(b"IDAT", packed[at : at + 1]) for at in range(len(packed))) + chunk(b"IEND", b"")


def in_gif(extensions: bytes) -> bytes:
    """A GIF with these extensions in front of its pixels."""
    file = encoded(Image.new("L", SIZE), "GIF")
    pixels = 13 + (3 << (file[10] & 7) + 1 if file[10] & 128 else 0)
    return file[:pixels] + extensions + file[pixels:]


def many_scans(side: int, scans: int) -> bytes:
    """An ordinary JPEG, not a progressive one, whose colors come one by one, again and again, each a few bytes long."""
    file = encoded(Image.new("L", (side, side), 128), "JPEG")
    frame, scan = file.index(b"\xff\xc0"), file.index(b"\xff\xda")
    colors = struct.pack(">HBHHB", 17, 8, side, side, 3) + bytes((1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0))
    tables = file[frame + 2 + int.from_bytes(file[frame + 2 : frame + 4]) : scan]
    passes = (b"\xff\xda\0\x08\1" + bytes((1 + turn % 3, 0, 0, 63, 0)) + bytes(10) for turn in range(scans))
    return file[:frame] + b"\xff\xc0" + colors + tables + b"".join(passes) + b"\xff\xd9"


def compressed_bmp(width: int, height: int, runs: bytes) -> bytes:
    """A BMP of 256 colors whose pixels are told as runs."""
    start = 54 + 1024
    head = struct.pack("<2sIHHI", b"BM", start + len(runs), 0, 0, start)
    return head + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0) + bytes(1024) + runs


def tiff(content: bytes, tags: dict[int, tuple[int, int]]) -> bytes:
    """A grey TIFF packed by zlib; of each tag, how many numbers it holds, and the number, or -1 for where the content is."""
    tags = {256: (1, 100), 257: (1, 100), 258: (1, 8), 259: (1, 8), 262: (1, 1), 277: (1, 1), **tags}
    start = 8 + 2 + 12 * len(tags) + 4
    entries = (
        struct.pack("<HHII", tag, 4, count, start if value < 0 else value)
        for tag, (count, value) in sorted(tags.items())
    )
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(entries) + bytes(4) + content


PIECES = 200_000
COSTLY = {
    "JPEG of comments": in_jpeg(b"\xff\xfe\0\2" * PIECES),
    "JPEG of EXIF": in_jpeg(b"\xff\xe1\0\x09Exif\0\0." * PIECES),
    "JPEG of filling": in_jpeg(b"\xff" * PIECES),
    "JPEG of scans": many_scans(4_000, 2_000),
    "PNG of empty chunks": in_png(chunk(b"teSt", b"") * PIECES),
    "PNG of crumbs": crumbled_png(),
    "GIF of extensions": in_gif(b"!\1\0" * PIECES),
    "TIFF of a large tile": tiff(bytes(1000), {322: (1, 60_000), 323: (1, 60_000), 324: (1, -1), 325: (1, 1000)}),
    "TIFF of many strips": tiff(bytes(4 * PIECES), {273: (PIECES, -1), 278: (1, 1), 279: (PIECES, -1)}),
    "GIF of a comment in bytes": in_gif(b"!\xfe" + b"\1a" * PIECES + b"\0"),
}
