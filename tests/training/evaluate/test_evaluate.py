"""`python -m training.evaluate` counts what a bundle answers to photos whose right answers are known."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner

from model import Classifier
from model.faces.finder import FaceFinder
from tests.bundles import make_bundle
from tests.masks import bare, beside, cat, masked
from training.data.annotations import KnownFace, KnownPhoto
from training.evaluate.__main__ import main
from training.evaluate.measure import measure_bundle

RED, BLUE = (200, 40, 40), (40, 40, 200)


def face(color: tuple[int, int, int]) -> Image.Image:
    """A portrait in the light of that colour: the bundle answers "warm" to a red one and "cold" to a blue one."""
    photo = bare().crop((100, 0, 360, 260))
    return Image.blend(photo, Image.new("RGB", photo.size, color), 0.4)


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(main)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def report(folder: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    return figures


def counts(share: dict[str, Any]) -> tuple[int, int]:
    return share["right"], share["of"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("evaluated") / "bundle", labels=("warm", "cold"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four portraits in `warm` of which one is blue and one shows a cat, one in `cold`, two photos of nobody."""
    folder = tmp_path_factory.mktemp("known") / "photos"
    pictures = {
        "warm/one.png": face(RED),
        "warm/two.png": face(RED),
        "warm/blue.png": face(BLUE),
        "warm/cat.png": cat(),
        "cold/one.png": face(BLUE),
        "no_face/cat.png": cat(),
        "no_face/somebody.png": face(RED),
    }
    for name, picture in pictures.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        picture.save(folder / name, compress_level=1)
    (folder / "warm" / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    return folder


@pytest.fixture(scope="module")
def folders_report(bundle: Path, photos: Path) -> tuple[str, dict[str, Any], str]:
    """What is printed, the figures and the page about the photos in class folders."""
    out = photos.parent / "report"
    result = run(bundle, "--data", photos, "--out", out)
    assert result.exit_code == 0, result.output
    return result.output, report(out), (out / "report.html").read_text("utf-8")


def test_faces_found_and_right_answers_are_counted(folders_report: tuple[str, dict[str, Any], str]) -> None:
    overall = folders_report[1]["overall"]
    assert counts(overall["found"]) == (4, 5)  # the cat in "warm" has no face
    assert counts(overall["right_of_found"]) == (3, 4)
    assert counts(overall["right"]) == (4, 7)
    assert counts(overall["nobody_taken_for_a_face"]) == (1, 2)


def test_the_confusion_counts_what_is_answered_to_every_label(folders_report: tuple[str, dict[str, Any], str]) -> None:
    figures = folders_report[1]
    assert figures["labels"] == ["warm", "cold", "no_face"]
    assert figures["confusion"] == [[2, 1, 1], [0, 1, 0], [1, 0, 1]]
    assert counts(figures["recall"]["warm"]) == (2, 4)
    assert counts(figures["precision"]["warm"]) == (2, 3)


def test_the_terminal_shows_the_same_and_names_what_could_not_be_read(
    folders_report: tuple[str, dict[str, Any], str],
) -> None:
    printed = folders_report[0]
    assert re.search(r"^photos: 7$", printed, re.MULTILINE)
    assert re.search(r"right, of those found +75\.0% \(.* of 4\)", printed)
    assert "broken.jpg: the photo is damaged or incomplete" in printed


def test_the_page_shows_the_mistakes_as_pictures(folders_report: tuple[str, dict[str, Any], str]) -> None:
    page = folders_report[2]
    assert page.count("data:image/jpeg;base64,") == 3  # a blue one, somebody who should be nobody, the face not found
    assert "Worst mistakes" in page and "Faces not found" in page and "broken.jpg" in page
    assert "Whole photographs" not in page


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people in one photo and one in another; a face too small to count, one that is not there, one unmarked."""
    folder = tmp_path_factory.mktemp("street") / "street"
    folder.mkdir()
    both, alone = beside(face(RED), face(BLUE)), beside(face(BLUE), face(BLUE))
    both.save(folder / "0001-both.png", compress_level=1)
    alone.save(folder / "0002-one.png", compress_level=1)
    boxes = [FaceFinder().find(both.crop((260 * side, 0, 260 + 260 * side, 260)))[0].box for side in (0, 1)]
    left = ",".join(str(round(value)) for value in (boxes[0].left, boxes[0].top, boxes[0].right, boxes[0].bottom))
    right = ",".join(
        str(round(value)) for value in (boxes[1].left + 260, boxes[1].top, boxes[1].right + 260, boxes[1].bottom)
    )
    (folder / "faces.csv").write_text(
        "photo,left,top,right,bottom,label\n"
        f"0001-both.png,{left},warm\n0001-both.png,{right},warm\n"
        "0001-both.png,5,5,60,60,cold\n0001-both.png,240,5,250,15,cold\n"
        f"0002-one.png,{left},cold\n"
    )
    return folder


def test_in_whole_photographs_faces_are_matched_by_their_boxes(bundle: Path, street: Path, tmp_path: Path) -> None:
    result = run(bundle, "--data", street, "--boxes", street / "faces.csv", "--merge", "warm,cold", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    whole = report(tmp_path)["photographs"]
    assert whole["photographs"] == 2
    assert counts(whole["found"]) == (3, 4)  # the one of 10 px does not count
    assert counts(whole["right_of_found"]) == (2, 3)
    assert counts(whole["right_of_found_merged"]) == (3, 3)
    assert whole["faces_where_none_is_marked"] == 1
    assert counts(whole["one_face_photographs"]["right"]) == (1, 1)
    assert "False detections" in (tmp_path / "report.html").read_text("utf-8")


def test_folders_and_photographs_can_be_measured_together_or_in_part(
    bundle: Path, street: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "held_out.txt").write_text("0001-\none\n\n")
    options = ["--data", street, "--data", photos, "--boxes", street / "faces.csv", "--only", tmp_path / "held_out.txt"]
    result = run(bundle, *options, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    folders = {part["part"]: part["photos_or_faces"] for part in report(tmp_path)["folders"]}
    assert folders == {"street": 3, "photos": 2}


def test_groups_of_ones_own_are_compared(bundle: Path, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text("photo,hair\none.png,short\ntwo.png,short\nblue.png,long\n")
    result = run(bundle, "--data", photos, "--groups", tmp_path / "groups.csv", "--out", tmp_path, "--skip", "broken*")
    assert result.exit_code == 0, result.output
    hair = next(grouping for grouping in report(tmp_path)["audit"] if grouping["by"] == "hair")
    assert {group["group"]: counts(group["right"]) for group in hair["groups"]} == {"long": (0, 1), "short": (3, 3)}
    assert "By hair, answers are right most often for short (100.0%)" in result.output
    assert report(tmp_path)["unreadable"] == {}


def test_a_bundle_that_answers_whole_photos_is_measured_without_faces(photos: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", labels=("warm", "cold"), find_faces=False)
    Image.new("RGB", (80, 80), "red").save(_inside(tmp_path / "colors" / "warm" / "red.png"))
    Image.new("RGB", (80, 80), "red").save(_inside(tmp_path / "colors" / "cold" / "red.png"))
    result = run(bundle, "--data", tmp_path / "colors", "--out", tmp_path / "report")
    assert result.exit_code == 0, result.output
    assert counts(report(tmp_path / "report")["overall"]["right"]) == (1, 2)
    assert report(tmp_path / "report")["labels"] == ["warm", "cold"]


def _inside(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["none"], "Error: none is not a folder; name a bundle's folder"),
        (["bundle", "--data", "nowhere"], "Error: nowhere is not a folder; name a folder that holds"),
        (["bundle", "--data", "empty"], "Error: No photos to measure on in empty"),
        (["bundle", "--data", "pets"], "Error: pets/dog/1.png is labeled 'dog', which the bundle does not know"),
        (
            ["bundle", "--data", "broken"],
            "Error: None of the photos can be measured on: broken/warm/1.jpg: the photo is",
        ),
        (["bundle", "--data", "pets", "--boxes", "none.csv"], "Error: none.csv cannot be read"),
        (["bundle", "--data", "pets", "--boxes", "other.csv"], "Error: gone.jpg stands in other.csv but in none"),
        (["bundle", "--data", "pets", "--boxes", "short.csv"], "Error: short.csv has no column 'top'"),
        (["bundle", "--data", "pets", "--boxes", "empty.csv"], "Error: empty.csv, line 2: the box is empty"),
        (["bundle", "--data", "pets", "--only", "blank.txt"], "Error: blank.txt is empty"),
        (
            ["bundle", "--data", "pets", "--merge", "warm,hot"],
            "Error: --merge warm,hot: the bundle does not know 'hot'",
        ),
        (["bundle", "--data", "pets", "--groups", "blank.txt"], "Error: blank.txt has no column 'photo'"),
        (["bundle", "--data", "warm", "--out", "blank.txt"], "Error: --out blank.txt is a file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_in_the_way_is_said_in_one_line(
    arguments: list[str], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_bundle(Path("bundle"), labels=("warm", "cold"))
    Path("empty").mkdir()
    Image.new("RGB", (40, 40)).save(_inside(Path("pets/dog/1.png")))
    Image.new("RGB", (40, 40)).save(_inside(Path("warm/warm/1.png")))
    _inside(Path("broken/warm/1.jpg")).write_bytes(b"\xff\xd8\xff no more")
    Path("other.csv").write_text("photo,left,top,right,bottom,label\ngone.jpg,1,1,9,9,warm\n")
    Path("short.csv").write_text("photo,left\ngone.jpg,1\n")
    Path("empty.csv").write_text("photo,left,top,right,bottom,label\n1.png,9,9,9,9,warm\n")
    Path("blank.txt").write_text("\n")
    result = run(*arguments, *([] if "--data" in arguments else ["--data", "pets"]))
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    assert result.output.strip().splitlines()[-1].startswith(line)
    assert not Path("report").exists()


def test_the_shipped_bundle_is_right_about_a_bare_and_a_masked_face(tmp_path: Path) -> None:
    photos = []
    for label, photo in (("without_mask", bare()), ("with_mask", masked())):
        photo.save(tmp_path / f"{label}.png", compress_level=1)
        photos.append(KnownPhoto(tmp_path / f"{label}.png", "portraits", (KnownFace(label),)))
    measured = measure_bundle(Classifier.open(), photos)
    assert measured.overall.right.right == 2
    assert all(outcome.traits.tone is not None for outcome in measured.answers.outcomes)
