"""`python -m training` turns folders of photos into a bundle that answers, and says in one line what is in the way."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from model.bundle import ANSWERS, CARD, MANIFEST, ONNX, PICKLE, Bundle
from model.classifier import Classifier
from tests.training.shapes import LABELS, portrait, save_portraits, save_shapes, shape_photo
from training.__main__ import app
from training.report.pictures import CONFUSION, SAMPLES
from training.run_folder import HELD_OUT

ROOT = Path(__file__).parents[2]
QUICK = ["--no-pretrained", "--arch", "test_resnet", "--size", "64", "--batch-size", "4", "--lr", "0.02"]


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """The command as a person types it, in another folder than the repository's."""
    return subprocess.Popen(
        [sys.executable, "-m", "training", *QUICK, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def said(*arguments: str | Path) -> str:
    """The only line of a run that ends with an error."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    return result.output.strip().splitlines()[-1]


def content(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


@dataclass(frozen=True)
class Run:
    folder: Path
    output: str

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One real training, of the shapes and a file that is no photo."""
    folder = tmp_path_factory.mktemp("run")
    save_shapes(folder / "photos")
    (folder / "photos" / "circle" / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    process = start(
        folder, "--data", "photos", "--epochs", "8", "--faces", "no", "--name", "Shapes", "--words", "circle=disc"
    )
    output, _ = process.communicate(timeout=560)
    assert process.returncode == 0, output
    return Run(folder, output)


def test_a_training_leaves_a_whole_bundle_and_nothing_else(run: Run) -> None:
    assert set(content(run.bundle)) == {PICKLE, ONNX, MANIFEST, ANSWERS, CARD, CONFUSION}
    assert {file.name for file in run.folder.iterdir()} == {"photos", "bundle", "runs"}
    [kept] = (run.folder / "runs").glob("*/options.yaml")
    assert (kept.parent / SAMPLES).read_bytes().startswith(b"\x89PNG")
    held_out = (kept.parent / HELD_OUT).read_text("utf-8").split()
    assert len(held_out) == 4 and all((run.folder / "photos" / name).is_file() for name in held_out)


def test_it_shows_every_epoch_the_confusion_and_what_it_wrote(run: Run) -> None:
    assert re.search(r"epoch +train_loss +valid_loss +error_rate", run.output)
    assert len(re.findall(r"^ +\d+ +\d\.\d{4} +\d", run.output, re.MULTILINE)) == 1 + 8
    assert re.search(r"true \\ answered +circle +square\ncircle +\d", run.output)
    assert "Both models agree" in run.output and "MODEL_PATH=bundle python -m bot --local" in run.output


def test_a_file_that_is_no_photo_is_named_and_left_out(run: Run) -> None:
    assert f"Left out {Path('photos/circle/broken.jpg')}: the photo is damaged or incomplete" in run.output
    assert "24 photos: 12 circle, 12 square" in run.output


def test_the_manifest_says_what_was_learned_from_and_how_good_it_is(run: Run) -> None:
    manifest = json.loads((run.bundle / MANIFEST).read_text("utf-8"))
    assert (manifest["name"], manifest["labels"], manifest["faces"]["find"]) == ("Shapes", list(LABELS), False)
    assert manifest["mirror"] == {"half_until": 0.85, "none_from": 0.95}
    assert manifest["data"]["photos"] == {"circle": 12, "square": 12}
    held_out = manifest["figures"]["held_out"]
    assert held_out["accuracy"]["of"] == manifest["data"]["held_out"] == np.sum(held_out["confusion"])
    card = (run.bundle / CARD).read_text("utf-8")
    assert card.startswith("# Shapes\n") and CONFUSION in card and "| arch | test_resnet |" in card


def test_the_bot_calls_labels_what_words_says(run: Run) -> None:
    bundle = Bundle.open(run.bundle)
    assert [bundle.words(label, "en").name for label in LABELS] == ["disc", "square"]


def test_the_bundle_is_right_on_new_photos_and_the_same_with_both_runtimes(run: Run) -> None:
    onnx, fastai = (Classifier.open(run.bundle, runtime) for runtime in ("onnx", "fastai"))
    photos = [(label, shape_photo(label, seed)) for seed in range(1000, 1025) for label in LABELS]
    for _, photo in photos[:10]:
        one, other = (classifier.predict(photo).whole for classifier in (onnx, fastai))
        assert one and other and one.label == other.label
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-3)
    assert sum(onnx.predict(photo).label == label for label, photo in photos) >= 38  # by chance 25


def test_stopping_a_training_leaves_the_old_bundle_and_the_kept_pictures_as_they_were(run: Run, tmp_path: Path) -> None:
    folder = shutil.copytree(run.folder, tmp_path / "run")
    bundle, pictures = content(folder / "bundle"), sorted((folder / "runs").rglob("*.jpg"))
    made = [file.stat().st_mtime_ns for file in pictures]
    process = start(folder, "--data", "photos", "--epochs", "5000", "--faces", "no")
    assert process.stdout
    for line in process.stdout:
        if re.match(r" +3 +\d", line):  # the fourth epoch is done
            break
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    last = output.strip().splitlines()[-1]
    assert re.fullmatch(
        r"Interrupted: nothing was written to bundle. Resume it with: python -m training --resume --run runs/\S+",
        last,
    )
    assert process.returncode == 1 and "Traceback" not in output
    assert content(folder / "bundle") == bundle
    assert {file.name for file in folder.iterdir()} == {"photos", "bundle", "runs"}
    assert pictures and [file.stat().st_mtime_ns for file in pictures] == made


def test_photos_of_faces_give_a_bundle_that_finds_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_portraits(tmp_path / "photos")
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / ANSWERS).write_text('[plain.en]\nname = "bare"\n', "utf-8")
    result = CliRunner().invoke(app, ["--data", "photos", "--out", "bundle", "--epochs", "1", *QUICK])
    assert result.exit_code == 0, result.output
    assert "Faces are classified" in result.output and "(To override this: --faces no.)" in result.output
    assert f"Kept {Path('bundle') / ANSWERS}, which was there.\nAdded to it: striped." in result.output
    classifier = Classifier.open(tmp_path / "bundle")
    assert classifier.bundle.manifest.faces.find
    assert classifier.bundle.words("plain", "en").name == "bare"
    assert len(classifier.predict(portrait(99, striped=False)).faces) == 1
    assert classifier.predict(shape_photo("circle", 1)).label == "no_face"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--data", "nowhere"],
            "Error: nowhere is not a folder; name a folder that holds one folder of photos per label.",
        ),
        (["--data", "empty"], "Error: No photos found: put them in one folder per label"),
        (["--data", "photos/circle"], "Error: All photos have the same label, 'circle'"),
        (
            ["--data", "photos", "--arch", "resnet_of_mine"],
            "Error: --arch resnet_of_mine: unknown to both timm and torchvision.",
        ),
        (["--data", "photos", "--arch", "fasterrcnn_resnet50_fpn"], "Error: --arch fasterrcnn_resnet50_fpn: unknown"),
        (
            ["--data", "photos", "--arch", "vit_tiny_patch16_224"],
            "Error: vit_tiny_patch16_224 does not take pictures of 32 x 32 pixels",
        ),
        (["--data", "photos", "--weights", "none.pth"], "Error: --weights none.pth: there is no such file."),
        (
            ["--data", "photos", "--pretrained", "--weights", "photos/circle/00.jpg"],
            "Error: The weights of test_resnet cannot be loaded",
        ),
        (["--data", "photos", "--words", "star=sun"], "Error: --words names star, but the labels are circle, square."),
        (["--data", "photos", "--hold-out", "photos"], "Error: --hold-out needs --group-by"),
        (
            ["--data", "photos", "--monitor", "accuracy"],
            "Error: --monitor accuracy: unknown column; the columns are train_loss, valid_loss, error_rate.",
        ),
        (
            ["--data", "photos", "--metric", "none_of_mine:f"],
            "Error: --metric none_of_mine:f: there is no module none_of_mine",
        ),
        (
            ["--data", "photos", "--eval-data", "others"],
            "Error: --eval-data others: these labels are not in the training data: star.",
        ),
        (
            ["--data", "photos", "--eval-data", "others", "--eval-labels", "others.csv"],
            "Error: --eval-data others: these labels are not in the training data: moon.",
        ),
        ([], "Error: --data is missing: give a folder"),
        (["--data", "photos", "--out", "file"], "Error: file is a file; name a folder for the bundle"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_in_the_way_is_said_in_one_line(
    arguments: list[str], line: str, tmp_path: Path, shape_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(shape_files, "photos")
    shutil.copytree("photos", "others")
    Path("others/square").rename("others/star")
    Path("others.csv").write_text("file,label\nothers/star/00.jpg,moon\nothers/star/01.jpg,circle\n")
    Path("empty").mkdir()
    Path("file").touch()
    options = ["--no-pretrained", "--arch", "test_resnet", "--size", "32", "--faces", "no"]
    assert said(*options, *arguments, "--cache", shape_files.parent / "cache").startswith(line)
    assert not Path("bundle").exists()


@pytest.fixture(scope="module")
def shape_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes") / "photos"
    save_shapes(folder, each=4)
    return folder


def test_a_pattern_that_is_none_is_refused_before_anything_is_read() -> None:
    result = CliRunner().invoke(app, ["--data", "photos", "--group-by", "(["])
    assert result.exit_code == 2 and "is not a valid regular expression" in result.output


@pytest.mark.parametrize(
    ("command", "package", "options"),
    [
        ("training", "torch", ["--data"]),
        ("training", "matplotlib", ["--data"]),
        ("training.evaluate", "matplotlib", ["--data", "."]),
        ("training.export", "torch", []),
        ("training.clean", "sklearn", []),
    ],
)
def test_without_the_packages_of_training_a_command_says_how_to_install_them(
    command: str, package: str, options: list[str], tmp_path: Path
) -> None:
    arguments = [*options, str(tmp_path)]
    code = f"import runpy, sys; sys.modules[{package!r}] = None; sys.argv[1:] = {arguments}; "
    code += f"runpy.run_module({command!r}, run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"needs {package}, which is not installed: install with make .venv/.ready-train" in ended.stderr
    assert "\n" not in ended.stderr.strip()


@pytest.mark.parametrize("command", ["training", "training.evaluate", "training.export", "training.clean"])
def test_help_does_not_wait_for_pytorch(command: str) -> None:
    code = "import runpy, sys; sys.modules['torch'] = None; sys.argv[1:] = ['--help']; "
    code += f"runpy.run_module({command!r}, run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and "Usage" in ended.stdout, ended.stderr
