"""The recipe, end to end: a linear head on a frozen backbone, fine-tuned from there, and the one that validation prefers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from click.testing import Result
from onnx import load as load_onnx
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

from model.bundle import CARD, MANIFEST, NONE, ONNX, PICKLE, Bundle
from model.classifier import Classifier
from model.runtimes import open_runtime
from tests.training.shapes import LABELS, patchy, save_shapes, shape_photo
from training.__main__ import app
from training.fit.trained import Trained
from training.run_folder import HELD_OUT


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backbone that has learned nothing: even so, its features tell red circles from blue squares."""
    file = tmp_path_factory.mktemp("weights") / "test_resnet.safetensors"
    torch.manual_seed(0)
    save_file(timm.create_model("test_resnet").state_dict(), file)
    return file


def train(folder: Path, weights: Path, *options: str) -> Result:
    arguments = ["--data", folder / "photos", "--out", folder / "bundle", "--run", folder / "run"]
    arguments += ["--cache", folder / "cache", "--weights", weights, "--arch", "test_resnet", "--size", "64"]
    result = CliRunner().invoke(app, [*map(str, arguments), "--no-tensorboard", "--faces", "no", *options])
    assert result.exit_code == 0, result.output
    return result


def manifest(folder: Path) -> dict[str, object]:
    return json.loads((folder / "bundle" / MANIFEST).read_text("utf-8"))  # type: ignore[no-any-return]


def right(folder: Path, each: int = 20) -> float:
    classifier = Classifier.open(folder / "bundle")
    photos = [(label, shape_photo(label, seed)) for label in LABELS for seed in range(1000, 1000 + each)]
    return float(np.mean([classifier.predict(photo).label == label for label, photo in photos]))


def test_few_photos_are_all_learned_from_and_cross_validation_measures(tmp_path: Path, weights: Path) -> None:
    save_shapes(tmp_path / "photos", each=8)
    result = train(tmp_path, weights)
    assert "Few photos: all 16 are learned from, and cross-validation measures." in result.output
    assert right(tmp_path) > 0.9
    written = manifest(tmp_path)
    assert written["data"]["measured_on"] == "all photos by cross-validation"  # type: ignore[index]
    assert written["figures"]["held_out"]["accuracy"]["of"] == 16  # type: ignore[index]
    assert written["figures"]["end_to_end"]["overall"]["photos_or_faces"] == 16  # type: ignore[index]
    card = (tmp_path / "bundle" / CARD).read_text("utf-8")
    assert "Measured by cross-validation" in card and "skin" not in card
    assert "skin" not in (tmp_path / "run" / "report.html").read_text("utf-8")
    for file in (PICKLE, ONNX):
        content = (tmp_path / "bundle" / file).read_bytes()
        assert not any(str(folder).encode() in content for folder in (tmp_path, weights.parent)), "folders stay private"


def test_what_was_never_learned_is_none_of_the_labels_in_both_runtimes(tmp_path: Path, weights: Path) -> None:
    save_shapes(tmp_path / "photos", each=12)
    train(tmp_path, weights)
    assert manifest(tmp_path)["unlike_from"]
    photos = [shape_photo(label, 500) for label in LABELS]
    noise = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3), np.uint8)
    pictures = photos + [Image.fromarray(picture) for picture in noise]
    bundle = Bundle.open(tmp_path / "bundle")
    onnx, fastai = (open_runtime(bundle, runtime).outputs(pictures) for runtime in ("onnx", "fastai"))
    for one, other in ((onnx.logits, fastai.logits), (onnx.unlike, fastai.unlike), (onnx.maps, fastai.maps)):
        assert one is not None and other is not None
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    classifier = Classifier.open(tmp_path / "bundle")
    assert [classifier.predict(picture).label for picture in pictures] == [*LABELS, NONE, NONE]
    assert classifier.predict(photos[0]).looks
    steps = {node.op_type for node in load_onnx(tmp_path / "bundle" / ONNX).graph.node}
    assert "Shape" not in steps, "a network that asks for sizes takes seven times as long to export"


def test_a_folder_of_other_things_teaches_to_refuse_them(tmp_path: Path, weights: Path) -> None:
    save_shapes(tmp_path / "photos", each=12)
    (tmp_path / "photos" / NONE).mkdir()
    chance = np.random.default_rng(0)
    for number in range(12):
        patchy(chance, (120, 120), 0, 60).save(tmp_path / "photos" / NONE / f"{number}.png")
    result = train(tmp_path, weights)
    assert "none of these, and answered so" in result.output
    classifier = Classifier.open(tmp_path / "bundle")
    assert classifier.bundle.manifest.answers == list(LABELS)
    assert classifier.predict(patchy(chance, (120, 120), 0, 60)).label == NONE
    assert right(tmp_path) > 0.9


def test_photos_whose_mirror_images_were_not_looked_at_are_measured_too(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_shapes(tmp_path / "photos", each=8)
    monkeypatch.setattr("training.fit.trained.MANY", 1)
    train(tmp_path, weights)
    assert manifest(tmp_path)["figures"]["end_to_end"]["overall"]["photos_or_faces"] == 16  # type: ignore[index]


def test_a_split_of_ones_own_is_kept_and_its_test_photos_measure(tmp_path: Path, weights: Path) -> None:
    for part, each, first in (("train", 10, 0), ("val", 4, 100), ("test", 5, 200)):
        for label in LABELS:
            (tmp_path / "photos" / part / label).mkdir(parents=True)
            for seed in range(first, first + each):
                shape_photo(label, seed).save(tmp_path / "photos" / part / label / f"{seed}.png")
    result = train(tmp_path, weights)
    assert "As your folders split them: 20 photos to learn from, 8 to choose on, 10 to measure on." in result.output
    held_out = (tmp_path / "run" / HELD_OUT).read_text("utf-8").split()
    assert sorted(held_out) == sorted(f"{label}/{seed}.png" for label in LABELS for seed in range(200, 205))
    assert manifest(tmp_path)["data"]["measured_on"] == "the test photos"  # type: ignore[index]
    assert manifest(tmp_path)["figures"]["held_out"]["accuracy"]["of"] == 10  # type: ignore[index]


def test_fine_tuning_goes_on_from_the_head_and_validation_decides(tmp_path: Path, weights: Path) -> None:
    save_shapes(tmp_path / "photos", each=12)
    result = train(tmp_path, weights, "--epochs", "2", "--test", "0.2")
    assert "Fine-tuning for 2 epochs" in result.output
    assert len(re.findall(r"^ +\d+ +\d\.\d{4} +\d", result.output, re.MULTILINE)) == 2
    assert re.search("Validation prefers the fine-tuned network|Fine-tuning did not help", result.output)
    assert right(tmp_path) > 0.9


def test_the_same_command_gives_the_same_bundle(tmp_path: Path, weights: Path) -> None:
    save_shapes(tmp_path / "photos", each=8)
    train(tmp_path, weights, "--epochs", "1", "--test", "0.2")
    first = manifest(tmp_path)
    for file in (tmp_path / "run").iterdir():
        file.unlink() if file.is_file() else None
    train(tmp_path, weights, "--epochs", "1", "--test", "0.2")
    assert manifest(tmp_path)["files"]["model.onnx"] == first["files"]["model.onnx"]  # type: ignore[index]


def test_a_minute_is_kept_and_fast_does_not_fine_tune(tmp_path: Path, weights: Path) -> None:
    save_shapes(tmp_path / "photos", each=6)
    result = train(tmp_path, weights, "--quality", "fast", "--test", "0.2", "--minutes", "5")
    assert "Fine-tuning" not in result.output and right(tmp_path) > 0.9


def test_however_short_the_time_some_photos_of_each_label_are_learned_from(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_shapes(tmp_path / "photos", each=30)
    monkeypatch.setattr(Trained, "_left", lambda self: 0.0)
    result = train(tmp_path, weights, "--test", "0.2", "--minutes", "1")
    assert "Time was short: learning from 40 of 48 photos." in result.output
    assert right(tmp_path) > 0.9


def test_a_resumed_run_has_as_many_epochs_as_there_was_time_for_when_it_began(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_shapes(tmp_path / "photos", each=8)
    options = ("--epochs", "3", "--test", "0.2", "--minutes", "5")
    with monkeypatch.context() as short:
        short.setattr(Trained, "_epochs_in_time", lambda self, look, whole: 1)
        train(tmp_path, weights, *options)
    result = train(tmp_path, weights, *options, "--resume")
    assert "Fine-tuning goes on; epochs in all: 1." in result.output
    assert len((tmp_path / "run" / "history.csv").read_text("utf-8").splitlines()) == 2


def test_the_books_recipe_can_be_asked_for(tmp_path: Path, weights: Path) -> None:
    save_shapes(tmp_path / "photos", each=8)
    result = train(tmp_path, weights, "--recipe", "fastai", "--epochs", "1")
    assert len(re.findall(r"^ +\d+ +\d\.\d{4} +\d", result.output, re.MULTILINE)) == 2  # the head alone comes first
    assert manifest(tmp_path)["data"]["measured_on"] == "the test photos"  # type: ignore[index]


@pytest.mark.parametrize("arch", ["repvit_m0_9", "tiny_vit_5m_224", "mobilenetv4_conv_medium", "convnextv2_nano"])
def test_backbones_worth_trying_go_through_training_export_and_serving(arch: str, tmp_path: Path) -> None:
    save_shapes(tmp_path / "photos", each=4)
    file = tmp_path / "weights.safetensors"
    save_file({name: value.contiguous() for name, value in timm.create_model(arch).state_dict().items()}, file)
    result = train(tmp_path, file, "--arch", arch, "--size", "64")
    assert "Both models agree" in result.output
    assert set(
        Classifier.open(tmp_path / "bundle", "onnx").predict(shape_photo("circle", 1)).whole.probabilities
    ) == set(  # type: ignore[union-attr]
        LABELS
    )
