"""What is measured with shows a face, in every size and number; and nothing is measured where a bundle finds none."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import crowd, flat, many
from benchmarks.answers import FACELESS
from benchmarks.pictures import photo
from localchat import LocalChat
from model import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.open()


@pytest.fixture
def chat() -> Iterator[LocalChat]:
    with LocalChat() as running:
        yield running


def wall() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "gray").save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize("size", {*many.SIZES, *flat.SIZES})
def test_the_portrait_is_answered_with_its_face_in_every_size(classifier: Classifier, size: tuple[int, int]) -> None:
    assert len(classifier.predict(photo(*size)).faces) == 1


@pytest.mark.parametrize("faces", many.FACES)
def test_so_many_portraits_are_answered_with_so_many_faces(classifier: Classifier, faces: int) -> None:
    assert len(classifier.predict(photo(faces=faces)).faces) == faces


@pytest.mark.parametrize("benchmark", ["worker", "reply", "web"])
def test_a_photo_without_a_face_ends_a_benchmark_with_one_sentence(tmp_path: Path, benchmark: str) -> None:
    (tmp_path / "wall.jpg").write_bytes(wall())
    command = [sys.executable, "-m", f"benchmarks.{benchmark}", "--photo", str(tmp_path / "wall.jpg")]
    measured = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert measured.returncode == 1
    assert measured.stderr == f"{FACELESS}\n"


def test_people_who_are_told_that_there_is_no_face_end_a_benchmark(chat: LocalChat) -> None:
    people = crowd.Crowd(chat, wall())
    bot = crowd.start_bot(chat)
    try:
        people.send(1).result()
        with pytest.raises(SystemExit, match="without a face"):
            people.wait(1, 120)
    finally:
        bot.terminate()
        bot.wait(60)
