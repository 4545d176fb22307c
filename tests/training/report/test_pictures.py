"""The pictures of a run are drawn with any labels, many or few, in any script."""

import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.evaluate.calibration import Figures, Share, Threshold
from training.report.pictures import confusion_text, drawable, save_confusion


def figures_of(labels: list[str]) -> Figures:
    """Every photo right but three of the second label, which are answered as the first."""
    confusion = np.eye(len(labels), dtype=int) * 5
    confusion[1, 0] = 3
    share = Share(1, 1)
    return Figures(labels, confusion, 1.0, 0.0, Threshold(0.8, share, share))


def test_a_confusion_of_many_labels_is_a_list_of_the_worst_and_a_picture_of_seconds(tmp_path: Path) -> None:
    figures = figures_of([f"label {number}" for number in range(200)])
    assert confusion_text(figures) == "Most frequent mistakes:\n  label 1 answered as label 0: 3"
    began = time.monotonic()
    save_confusion(figures, tmp_path / "confusion.png")
    assert time.monotonic() - began < 30
    assert max(Image.open(tmp_path / "confusion.png").size) < 3500


def test_a_label_of_any_name_breaks_no_picture(tmp_path: Path) -> None:
    figures = figures_of(["$0_to_$10", "a^b_{c}", "<b>&\\frac", "x" * 200])
    save_confusion(figures, tmp_path / "confusion.png")
    assert max(Image.open(tmp_path / "confusion.png").size) < 1500
    assert max(map(len, confusion_text(figures).splitlines())) <= 160


@pytest.mark.parametrize(
    "labels", [["猫", "狗"], ["قطة", "كلب"], ["बिल्ली", "कुत्ता"], ["แมว", "สุนัข"], ["חתול", "כלב"], ["🦊", "dog"]]
)
def test_labels_that_a_picture_cannot_write_are_numbered(labels: list[str], tmp_path: Path) -> None:
    assert drawable(labels) == ["1", "2"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a letter that its font lacks
        save_confusion(figures_of(labels), tmp_path / "confusion.png")


def test_labels_that_a_picture_can_write_stand_in_it() -> None:
    assert drawable(["größe", "кошка", "γάτα", "mèo"]) == ["größe", "кошка", "γάτα", "mèo"]
