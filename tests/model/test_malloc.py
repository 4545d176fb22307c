"""What a photo takes is kept for the next one, and no more than that."""

import subprocess
import sys

import pytest

COUNT = """
import resource
from model.malloc import keep_freed_memory
if {keep}: keep_freed_memory()
def photo():
    held = [bytearray(b"x") * (5 << 20) for _ in range(3)]
for _ in range(3): photo()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10): photo()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_fetched(keep: bool) -> int:
    """Pages of memory that ten photos' worth of large pieces fetched from the system."""
    command = [sys.executable, "-c", COUNT.format(keep=keep)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only the C library of Linux is told")
def test_memory_of_one_photo_is_used_again_for_the_next() -> None:
    assert pages_fetched(keep=True) < 1000 < pages_fetched(keep=False)
