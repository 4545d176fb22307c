"""What a photo takes is kept for the next one, and no more than that; what networks take can be given back."""

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

FREE = """
from model import Classifier
from tests.masks import bare
def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) // 1024
classifier = Classifier.open()
first, held = classifier.predict(bare()).as_json(), resident()
classifier.free()
print(held - resident(), classifier.predict(bare()).as_json() == first)
"""


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def pages_fetched(keep: bool) -> int:
    """Pages of memory that ten photos' worth of large pieces fetched from the system."""
    return int(run(COUNT.format(keep=keep)))


@pytest.mark.skipif(sys.platform != "linux", reason="only the C library of Linux is told")
def test_memory_of_one_photo_is_used_again_for_the_next() -> None:
    assert pages_fetched(keep=True) < 1000 < pages_fetched(keep=False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much is resident")
def test_a_model_that_does_not_serve_gives_its_memory_back_and_answers_as_before() -> None:
    freed, same = run(FREE).split()
    assert int(freed) > 20  # MB
    assert same == "True"
