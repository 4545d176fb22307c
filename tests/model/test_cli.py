"""`python -m model`, as someone in a terminal meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.bundles import make_bundle
from tests.model.photos import cat, portrait


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle and some photos."""
    folder = tmp_path_factory.mktemp("cli")
    make_bundle(folder / "bundle")
    make_bundle(folder / "fruit", ("tomato", "plum"), find_faces=False)
    make_bundle(folder / "told", ("tomato", "plum"), find_faces=False, unlike_from=0.5)
    portrait().save(folder / "portrait.png")
    cat().save(folder / "cat.jpg")
    for color in ("red", "lime"):
        Image.new("RGB", (60, 40), color).save(folder / f"{color}.png")
    (folder / "broken.jpg").write_bytes((folder / "cat.jpg").read_bytes()[:5_000])
    (folder / "notes.txt").write_text("hello", "utf-8")
    return folder


def answer(folder: Path, *arguments: str, bundle: str = "bundle") -> subprocess.CompletedProcess[str]:
    """Run the command in the folder with the photos."""
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-m", "model", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root), "MODEL_PATH": str(folder / bundle), "MODEL_RUNTIME": "onnx"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in result.stderr
    return result


def test_each_photo_gets_one_line(folder: Path) -> None:
    result = answer(folder, "portrait.png", "cat.jpg")
    first, second = result.stdout.splitlines()
    assert first.startswith("portrait.png: 1 face: with_mask ")
    assert second == "cat.jpg: no face found"
    assert (result.returncode, result.stderr) == (0, "")


def test_json_gives_one_object_per_photo(folder: Path) -> None:
    result = answer(folder, "--json", "portrait.png", "cat.jpg")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert list(first) == ["photo", "faces", "label"]
    assert (first["photo"], first["label"], len(first["faces"])) == ("portrait.png", "with_mask", 1)
    assert second == {"photo": "cat.jpg", "faces": [], "label": "no_face"}
    assert result.returncode == 0


def test_bad_files_among_good_ones_are_named_and_the_others_answered(folder: Path) -> None:
    result = answer(folder, "--json", "broken.jpg", "missing.jpg", "notes.txt", ".", "cat.jpg")
    assert [json.loads(line)["photo"] for line in result.stdout.splitlines()] == ["cat.jpg"]
    assert result.stderr.splitlines() == [
        "Error: broken.jpg: the photo is damaged or incomplete; send it again",
        "Error: missing.jpg: No such file or directory",
        "Error: notes.txt: the file is not a photo; send a JPEG, PNG or WebP",
        "Error: .: Is a directory",
    ]
    assert result.returncode == 1


def test_a_bundle_without_face_finding_says_its_label(folder: Path) -> None:
    Image.new("RGB", (20, 20), "red").save(folder / "red.png")
    assert answer(folder, "red.png", bundle="fruit").stdout == "red.png: tomato 100.0%\n"


def test_a_missing_bundle_is_one_line(folder: Path) -> None:
    result = answer(folder, "cat.jpg", bundle="nowhere")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: MODEL_PATH={folder / 'nowhere'} is not a folder")
    assert (result.returncode, result.stdout) == (1, "")


def test_no_photo_at_all_is_a_usage_error(folder: Path) -> None:
    result = answer(folder)
    assert result.returncode == 2
    assert "PHOTO" in result.stderr


def test_a_reader_that_stops_reading_causes_no_traceback(folder: Path) -> None:
    answering = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-m', 'model'] + ['cat.jpg'] * 20,"
    answering += " stdout=subprocess.PIPE, stderr=subprocess.PIPE); p.stdout.close(); print(p.stderr.read().decode())"
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", answering],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root), "MODEL_PATH": str(folder / "bundle")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Traceback" not in result.stdout


def test_none_of_the_labels_is_said_with_their_names(folder: Path) -> None:
    assert answer(folder, "lime.png", bundle="told").stdout == "lime.png: none of: tomato, plum\n"


def test_why_draws_where_the_network_looked(folder: Path) -> None:
    result = answer(folder, "--why", "why.png", "red.png", bundle="told")
    assert (result.returncode, result.stderr) == (0, "")
    with Image.open(folder / "why.png") as drawn, Image.open(folder / "red.png") as photo:
        assert drawn.size == photo.size
        assert drawn.convert("RGB").tobytes() != photo.convert("RGB").tobytes()


@pytest.mark.parametrize(
    ("arguments", "bundle", "problem"),
    [
        (("--why", "out.png", "red.png"), "fruit", "Error: out.png: this model does not tell where it looks."),
        (("--why", "out.png", "red.png", "cat.jpg"), "told", "Error: --why draws one picture: give one photo."),
        (("--why", "out.unknown", "red.png"), "told", "Error: out.unknown: unknown file extension: .unknown."),
        (("--why", "nowhere/out.png", "red.png"), "told", "Error: nowhere/out.png: No such file or directory."),
    ],
)
def test_why_says_in_a_sentence_what_it_cannot_draw(
    folder: Path, arguments: tuple[str, ...], bundle: str, problem: str
) -> None:
    result = answer(folder, *arguments, bundle=bundle)
    assert result.returncode == 1
    assert result.stderr.strip() == problem
    assert not (folder / "out.png").exists()
