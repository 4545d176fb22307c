"""Tells glibc to keep freed memory for the next photo, which needs some 15 MB for a moment, as each one does.

Fetching it from the system each time takes a quarter of a photo's time, more than decoding.
"""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # as malloc.h of glibc numbers them
ONE_PIECE, KEPT = 16 * 2**20, 16 * 2**20  # bytes, as serving needs them


def keep_freed_memory(one_piece: int = ONE_PIECE, kept: int = KEPT) -> None:
    """Returns unused memory to the system once, and keeps what is freed from now on; does nothing without glibc.

    Args:
        one_piece: bytes; larger pieces go back to the system at once.
        kept: bytes, at most, that are kept.
    """
    if sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"):  # another C library than glibc
        return
    library = ctypes.CDLL(None)
    library.malloc_trim(0)
    library.mallopt(MMAP_THRESHOLD, one_piece)
    library.mallopt(TRIM_THRESHOLD, kept)
