"""The fuzzer of the reader of photos: it begins with photos that are read, gets past checksums, and tells what it found."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from model.image import decode

pytest.importorskip("atheris", reason="it has no build for this system")

BROKEN = """
import sys
import model.image

def broken(data):
    if b"\\xff\\xda" in data:
        raise RuntimeError("a bug")
    raise model.image.PhotoError("empty", "")

model.image.decode = broken
from benchmarks.fuzz import main
main(inputs=1000, seed=1)
"""


def test_it_begins_with_photos_of_every_kind_that_are_read() -> None:
    from benchmarks.fuzz import LONGEST, drawn_photos

    photos = drawn_photos()
    assert {size for data in photos.values() for size in [decode(data).size]} <= {(64, 48), (48, 64), (24, 24)}
    assert max(map(len, photos.values())) < LONGEST
    beginnings = {data[:2] for data in photos.values()}
    assert beginnings == {b"\xff\xd8", b"\x89P", b"RI", b"GI", b"BM", b"\0\0", b"II"}


def test_a_damaged_png_gets_the_checksums_that_let_it_be_read() -> None:
    from benchmarks.fuzz import drawn_photos, with_checksums

    whole = drawn_photos()["RGB-png"]
    damaged = whole[:29] + b"????" + whole[33:]
    assert with_checksums(damaged) == with_checksums(whole) == whole
    assert with_checksums(whole[:50]) == whole[:50]


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_it_tells_how_many_were_refused_how_slow_they_were_and_what_they_took(tmp_path: Path) -> None:
    fuzzed = run(tmp_path, "-m", "benchmarks.fuzz", "--inputs", "2000")
    assert fuzzed.returncode == 0, fuzzed.stderr[-2000:]
    for line in "inputs           2000: ", "slowest ", "memory ", "anything else    none":
        assert f"\n{line}" in fuzzed.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="others count a program's peak from its own start")
def test_the_memory_of_whoever_starts_it_is_not_counted(tmp_path: Path) -> None:
    starter = (
        "import subprocess, sys; held = b'x' * 1_200_000_000\n"
        "sys.exit(subprocess.run([sys.executable, '-m', 'benchmarks.fuzz', '--inputs', '1000']).returncode)"
    )
    fuzzed = run(tmp_path, "-c", starter)
    assert fuzzed.returncode == 0, fuzzed.stderr[-2000:]
    (most,) = re.findall(r"at most (\d+) MB", fuzzed.stdout)
    assert int(most) < 600


def test_a_photo_that_breaks_the_reader_is_kept_and_the_end_is_not_a_success(tmp_path: Path) -> None:
    fuzzed = run(tmp_path, "-c", BROKEN)
    assert fuzzed.returncode != 0
    assert "RuntimeError: a bug" in fuzzed.stdout + fuzzed.stderr
    (kept,) = tmp_path.glob("crash-*")
    assert b"\xff\xda" in kept.read_bytes()
