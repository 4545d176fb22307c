"""The table and the picture of how right each way of learning is."""

import csv
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from benchmarks.own_photos import COLUMNS, draw_curves, table
from benchmarks.plot import OURS


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    file = tmp_path / "own.csv"
    with file.open("w", newline="") as opened:
        rows = [
            ("ants", count, name, seed, 80 + count % 7 + seed, 100, 9)
            for count in (5, 50, 0)
            for name in ("ours", "theirs")
            for seed in (0, 1)
        ]
        csv.writer(opened).writerows([COLUMNS, *rows])
    return file


def test_the_table_has_the_mean_of_the_seeds_and_all_photos_last(measured: Path) -> None:
    lines = table(measured).splitlines()[2:]
    assert lines[0] == "| ants | 5 | ours | 85.5% | 9 |"
    assert lines[-1] == "| ants | all | theirs | 80.5% | 9 |"
    assert len(lines) == 6


def test_the_picture_shows_the_curves(measured: Path) -> None:
    picture = measured.with_suffix(".png")
    draw_curves(measured, picture)
    with Image.open(picture) as image:
        counts = {color: count for count, color in image.convert("RGB").getcolors(2**24)}
    assert counts[ImageColor.getrgb(OURS)] > 50  # pixels of our line


def test_without_a_curve_there_is_no_picture(measured: Path) -> None:
    text = measured.read_text()
    measured.write_text(
        "\n".join([text.splitlines()[0], *(line for line in text.splitlines() if line.startswith("ants,0,"))])
    )
    draw_curves(measured, measured.with_suffix(".png"))
    assert not measured.with_suffix(".png").exists()
