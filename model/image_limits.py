"""How much work a photo's file asks for, looked at before it is done: a few megabytes can ask for hours.

Knows nothing of what is answered to the sender.
"""

import io
import re

from PIL import Image

MAX_PIECES = 60_000  # reads that a file may take; a file of tiny pieces takes millions, each of them steps of Python
MAX_SCANNED_PIXELS = 500_000_000  # pixels times scans of a JPEG: a second or two
ALONE = {0x00, 0x01, *range(0xD0, 0xD8)}  # JPEG's markers that stand without a length
START_OF_SCAN = 0xDA
MARKER = re.compile(rb"\xff+([^\xff])", re.DOTALL)


class TooMuchWorkError(Exception):
    """A file that takes far more work than a photo does."""


class LimitedReader(io.BytesIO):
    """A file in memory that may be read in so many pieces and no more."""

    def __init__(self, data: bytes):
        super().__init__(data)
        self._left = MAX_PIECES

    def read(self, size: int | None = -1) -> bytes:
        """See `io.BytesIO.read`.

        Raises:
            TooMuchWorkError: it was read too often.
        """
        self._left -= 1
        if self._left < 0:
            raise TooMuchWorkError("too many pieces")
        return super().read(size)


def has_scans(opened: Image.Image, data: bytes) -> bool:
    """Whether it is a JPEG that is decoded by several passes over its pixels, and held whole meanwhile.

    That is every progressive one, and any whose first scan does not hold all its colors.
    """
    if opened.format not in ("JPEG", "MPO"):
        return False
    return bool(opened.info.get("progressive")) or _colors_of_first_scan(data) != len(opened.getbands())


def check_scans(opened: Image.Image, data: bytes) -> None:
    """Check the work of a JPEG; a small one can ask for thousands of passes.

    Raises:
        TooMuchWorkError: it asks for too much.
    """
    if has_scans(opened, data) and data.count(b"\xff\xda") * opened.width * opened.height > MAX_SCANNED_PIXELS:
        raise TooMuchWorkError("too many scans")


def _colors_of_first_scan(data: bytes) -> int:
    """How many colors the first scan of a JPEG holds, found as its decoder does; 0 if there is none."""
    at = 2
    for _ in range(MAX_PIECES):
        found = MARKER.search(data, at)
        if found is None:
            break
        at, marker = found.end(), found[1][0]
        if marker == START_OF_SCAN:
            return int.from_bytes(data[at + 2 : at + 3])
        if marker not in ALONE:
            at += int.from_bytes(data[at : at + 2])
    return 0
