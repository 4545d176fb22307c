"""Any fastai classifier becomes a bundle that answers as the learner does; anything else is refused in one sentence."""

import copy
import pickle
import sys
from pathlib import Path, WindowsPath
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from fastai.data.block import CategoryBlock, MultiCategoryBlock, RegressionBlock
from fastai.learner import load_learner
from fastai.losses import (
    BCEWithLogitsLossFlat,
    FocalLossFlat,
    LabelSmoothingCrossEntropy,
    LabelSmoothingCrossEntropyFlat,
)
from fastai.vision.core import PILImageBW
from fastai.vision.data import ImageBlock, MaskBlock
from fastai.vision.learner import vision_learner
from torch import nn

from model.bundle import Bundle, FaceSearch, sha256
from model.classifier import softmax
from model.runtimes import open_runtime
from model.runtimes.fastai import learner_labels
from model.runtimes.onnx import OnnxRuntime
from tests.training.learners import make_learner, open_photos, save_photos, sharpen, tiny_network
from training.export import onnx as onnx_file
from training.export.bundle import Export, ExportRefused, export_learner


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    save_photos(folder)
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    return folder


def exported(learner: Any, folder: Path, photos: Path, **options: Any) -> Export:
    images = open_photos(sorted(photos.rglob("*.png")))
    options = {"faces": FaceSearch(find=False), "name": "test", **options}
    return export_learner(learner, folder, photos=images, **options)


def answers(folder: Path, photos: Path, runtime: str) -> np.ndarray:
    return softmax(
        open_runtime(Bundle.open(folder), runtime).outputs(open_photos(sorted(photos.rglob("*.png")))).logits
    )


# Learners


@pytest.mark.parametrize("arch", ["test_resnet", "mobilenetv3_small_050"])
def test_a_vision_learner_on_a_timm_network_is_exported(arch: str, photos: Path, bundle: Path) -> None:
    learner = vision_learner(make_learner(photos).dls, arch, pretrained=False)
    assert exported(learner, bundle, photos).problem is None


def test_a_vision_learner_on_a_torchvision_network_is_exported(photos: Path, bundle: Path) -> None:
    from torchvision.models import squeezenet1_1

    learner = vision_learner(make_learner(photos).dls, squeezenet1_1, pretrained=False)
    assert exported(learner, bundle, photos).problem is None


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0])),
        LabelSmoothingCrossEntropy(),
        LabelSmoothingCrossEntropyFlat(),
        FocalLossFlat(),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_every_loss_that_trains_one_label_is_accepted(loss: Any, photos: Path, bundle: Path) -> None:
    assert exported(make_learner(photos, loss=loss), bundle, photos).problem is None


def test_many_labels_keep_the_order_of_the_logits(tmp_path: Path, bundle: Path) -> None:
    labels = ["zebra", "ant", "cat", "dog"]
    save_photos(tmp_path / "photos", labels)
    learner = make_learner(tmp_path / "photos")
    export = exported(learner, bundle, tmp_path / "photos")
    assert export.manifest.labels == ["ant", "cat", "dog", "zebra"] == learner_labels(learner)


@pytest.mark.parametrize(
    ("get_y", "labels"),
    [(lambda file: int(file.stem) % 3, ["0", "1", "2"]), (lambda file: file.stem < "4", ["False", "True"])],
)
def test_labels_that_are_no_texts_become_texts(get_y: Any, labels: list[str], photos: Path, bundle: Path) -> None:
    assert exported(make_learner(photos, get_y=get_y), bundle, photos).manifest.labels == labels


def test_the_manifest_names_the_files_by_their_hash_and_the_versions(photos: Path, bundle: Path) -> None:
    export = exported(
        make_learner(photos),
        bundle,
        photos,
        temperature=1.5,
        sure_from=0.7,
        data={"photos": 8},
        figures={"accuracy": 0.5},
    )
    manifest = Bundle.open(bundle).manifest
    assert manifest == export.manifest
    assert manifest.files == {name: sha256(bundle / name) for name in ("model.pkl", "model.onnx")}
    assert set(manifest.versions) == {"python", "fastai", "torch", "timm", "onnxruntime"}
    assert (manifest.temperature, manifest.sure_from) == (1.5, 0.7)
    assert (manifest.data, manifest.figures) == ({"photos": 8}, {"accuracy": 0.5})


def test_the_network_is_one_file_and_takes_any_number_of_photos(photos: Path, bundle: Path) -> None:
    exported(make_learner(photos), bundle, photos)
    assert sorted(path.name for path in bundle.iterdir()) == ["manifest.json", "model.onnx", "model.pkl"]
    onnx.checker.check_model(bundle / "model.onnx")
    runtime = OnnxRuntime(Bundle.open(bundle))
    pictures = open_photos(sorted(photos.rglob("*.png")))
    assert [runtime.outputs(pictures[:count]).logits.shape for count in (1, 2, 7)] == [(1, 2), (2, 2), (7, 2)]


def test_the_learner_is_left_as_it_was(photos: Path, bundle: Path) -> None:
    learner = make_learner(photos)
    learner.model.train()
    learner.model[1].eval()
    modes = [module.training for module in learner.model.modules()]
    weights = copy.deepcopy(learner.model.state_dict())
    dls, path = learner.dls, learner.path
    exported(learner, bundle, photos)
    assert [module.training for module in learner.model.modules()] == modes
    assert all(torch.equal(value, weights[name]) for name, value in learner.model.state_dict().items())
    assert learner.dls is dls and learner.path == learner.dls.path == path
    assert len(learner.dls.train_ds) > 0


def test_the_exported_learner_is_one_that_load_learner_opens(photos: Path, bundle: Path) -> None:
    exported(make_learner(photos, get_y=lambda file: file.parent.name), bundle, photos)
    learner = load_learner(bundle / "model.pkl")
    label, index, probabilities = learner.predict(next(photos.rglob("*.png")))
    assert label == learner.dls.vocab[int(index)]
    assert float(probabilities.sum()) == pytest.approx(1)


def test_the_exported_learner_does_not_tell_where_it_was_made(photos: Path, bundle: Path) -> None:
    learner = make_learner(photos, get_y=lambda file: file.parent.name)
    learner.path = learner.dls.path = photos
    exported(learner, bundle, photos)
    content = (bundle / "model.pkl").read_bytes()
    for place in (photos, Path(__file__).parents[3], Path(sys.prefix)):
        assert str(place).encode() not in content
    assert photos.name.encode() not in content


# What cannot be served


def refused(learner: Any, bundle: Path, photos: Path) -> str:
    with pytest.raises(ExportRefused) as refusal:
        exported(learner, bundle, photos)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_several_labels_per_photo_are_refused(photos: Path, bundle: Path) -> None:
    learner = make_learner(
        photos,
        blocks=(ImageBlock, MultiCategoryBlock),
        get_y=lambda file: [file.parent.name],
        loss=BCEWithLogitsLossFlat(),
    )
    assert "several labels per photo" in refused(learner, bundle, photos)


def test_regression_is_refused(photos: Path, bundle: Path) -> None:
    learner = make_learner(
        photos, blocks=(ImageBlock, RegressionBlock), get_y=lambda file: float(file.stem), outputs=1, loss=nn.MSELoss()
    )
    assert "not a classifier with one label per photo" in refused(learner, bundle, photos)


def test_segmentation_is_refused(tmp_path: Path, bundle: Path) -> None:
    save_photos(tmp_path / "photos", size=(32, 32))
    learner = make_learner(
        tmp_path / "photos",
        blocks=(ImageBlock, MaskBlock(codes=["sky", "sea"])),
        get_y=lambda file: file,
        network=nn.Conv2d(3, 2, 1),
    )
    assert "segmentation" in refused(learner, bundle, tmp_path / "photos")


def test_a_sigmoid_loss_on_one_label_is_refused(photos: Path, bundle: Path) -> None:
    assert "binary cross-entropy" in refused(make_learner(photos, loss=BCEWithLogitsLossFlat()), bundle, photos)


def test_one_output_for_yes_or_no_is_refused(photos: Path, bundle: Path) -> None:
    learner = make_learner(photos, outputs=1, loss=nn.BCEWithLogitsLoss())
    assert "one output for yes or no" in refused(learner, bundle, photos)


def test_grey_pictures_are_refused(photos: Path, bundle: Path) -> None:
    learner = make_learner(
        photos, blocks=(ImageBlock(PILImageBW), CategoryBlock), network=nn.Sequential(nn.Conv2d(1, 2, 32), nn.Flatten())
    )
    assert "grey" in refused(learner, bundle, photos)


def test_a_network_with_more_outputs_than_labels_is_refused(photos: Path, bundle: Path) -> None:
    assert "(1, 5)" in refused(make_learner(photos, outputs=5), bundle, photos)


def test_a_single_label_is_refused(tmp_path: Path, bundle: Path) -> None:
    save_photos(tmp_path / "photos", ["cat"])
    assert "two labels" in refused(make_learner(tmp_path / "photos"), bundle, tmp_path / "photos")


class Undecided(nn.Module):
    """Runs in PyTorch, but its way depends on the pixels, which no exporter can write down."""

    def __init__(self) -> None:
        super().__init__()
        self.network = tiny_network(2)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        rows = [self.network(picture[None] * (2 if float(picture.mean()) > 0.1 else 1)) for picture in pictures]
        return torch.cat(rows)


def test_a_network_that_cannot_be_converted_runs_with_fastai(photos: Path, bundle: Path) -> None:
    export = exported(make_learner(photos, network=Undecided()), bundle, photos)
    assert export.problem is not None and "cannot convert" in export.problem
    assert open_runtime(Bundle.open(bundle)).name == "fastai"


# The check


def test_an_export_that_answers_otherwise_than_the_learner_is_refused(
    photos: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = open_photos(sorted(photos.rglob("*.png")))
    learner = sharpen(make_learner(photos), images)
    honest = onnx_file.write_onnx

    class Darker(nn.Module):
        def __init__(self, network: nn.Module) -> None:
            super().__init__()
            self.network = network

        def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
            outputs: tuple[torch.Tensor, ...] = self.network(pictures * 0.9)
            return outputs

    monkeypatch.setattr(
        "training.export.bundle.write_onnx",
        lambda network, size, file, outputs: honest(Darker(network).eval(), size, file, outputs),
    )
    message = refused(learner, bundle, photos)
    assert "photo 1 of 8" in message and "90 x 70" in message and "differ by" in message


def test_a_wrong_mean_is_noticed(photos: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model.runtimes import onnx as runtimes

    honest = runtimes.to_array
    monkeypatch.setattr(runtimes, "to_array", lambda image, rule: honest(image, rule) + np.float32(0.2))
    images = open_photos(sorted(photos.rglob("*.png")))
    assert "disagree" in refused(sharpen(make_learner(photos), images), bundle, photos)


def test_two_labels_that_are_equally_probable_are_no_disagreement() -> None:
    from training.export.parity import _disagreement

    ours, theirs = np.array([0.5004, 0.4996]), np.array([0.4998, 0.5002])
    assert _disagreement(ours, theirs, ["cat", "dog"]) is None
    assert _disagreement(np.array([0.52, 0.48]), theirs, ["cat", "dog"]) is not None
    assert _disagreement(np.array([np.nan, np.nan]), theirs, ["cat", "dog"]) is not None


def test_an_export_without_photos_is_refused(photos: Path, bundle: Path) -> None:
    with pytest.raises(ExportRefused, match="no photos"):
        export_learner(make_learner(photos), bundle, photos=[], faces=FaceSearch(find=False), name="test")


# The command


@pytest.fixture(scope="module")
def learner_file(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("notebook") / "export.pkl"
    make_learner(photos).export(file)
    return file


def run(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The command's exit status, output and errors."""
    import typer

    from training.export.__main__ import main

    app = typer.Typer()
    app.command()(main)
    status = 0
    try:
        app([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_the_command_writes_a_bundle_and_says_how_to_serve_it(
    learner_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(learner_file, "--out", tmp_path / "pets", "--name", "Pets", capsys=capsys)
    assert status == 0
    assert f"MODEL_PATH={tmp_path / 'pets'} python -m bot --local" in out
    assert "largest difference" in out
    bundle = Bundle.open(tmp_path / "pets")
    assert bundle.manifest.name == "Pets"
    assert not bundle.manifest.faces.find
    assert bundle.words("cat", "fr").name == "cat"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pets"]


def test_the_command_checks_on_a_persons_own_photos(
    learner_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_photos(tmp_path / "photos")
    (tmp_path / "photos" / "notes.txt").write_text("no photo")
    status, out, err = run(
        learner_file, "--out", tmp_path / "pets", "--photos", tmp_path / "photos", "--faces", capsys=capsys
    )
    assert status == 0
    assert "on 8 pictures" in out
    assert "notes.txt" in err
    assert Bundle.open(tmp_path / "pets").manifest.faces.find


def test_a_learner_dropped_into_a_bundle_is_exported_in_place(
    learner_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pets = tmp_path / "pets"
    run(learner_file, "--out", pets, capsys=capsys)
    (pets / "answers.toml").write_text('[cat.en]\nname = "puss"\n')
    before = (pets / "model.onnx").read_bytes()
    learner = load_learner(learner_file)
    with torch.no_grad():
        learner.model[-1].weight *= 2
    learner.export((pets / "model.pkl").absolute())
    status, _, err = run(pets / "model.pkl", "--out", pets, capsys=capsys)
    assert (status, err) == (0, "")
    bundle = Bundle.open(pets)
    assert (pets / "model.onnx").read_bytes() != before
    assert bundle.words("cat", "en").name == "puss"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pets"]


class Elsewhere:
    """Stands for what only the machine has on which the learner was made: it is called when the learner is loaded."""

    def __init__(self, call: Any, *arguments: Any):
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> Any:
        return self.call, self.arguments


def broken_learner(file: Path, photos: Path, **attributes: Any) -> Path:
    learner = make_learner(photos)
    for name, value in attributes.items():
        setattr(learner, name, value)
    learner.export(file.absolute())
    return file


def test_what_a_notebook_defined_itself_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_cat(file: Path) -> bool:
        return file.stem == "cat"

    is_cat.__module__, is_cat.__qualname__ = "__main__", "is_cat"
    with monkeypatch.context() as notebook:
        notebook.setattr(sys.modules["__main__"], "is_cat", is_cat, raising=False)
        torch.save({"label": is_cat}, tmp_path / "export.pkl", pickle_module=pickle)
    status, _, err = run(tmp_path / "export.pkl", "--out", tmp_path / "pets", capsys=capsys)
    assert status == 1
    assert "needs is_cat, which was defined in the notebook itself" in err and "\n" not in err.strip()
    assert not (tmp_path / "pets").exists()


def test_a_learner_made_on_windows_is_exported(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = broken_learner(tmp_path / "export.pkl", photos, source=Elsewhere(WindowsPath, "C:\\photos"))
    with pytest.raises(NotImplementedError):
        load_learner(file)
    status, _, err = run(file, "--out", tmp_path / "pets", capsys=capsys)
    assert (status, err) == (0, "")
    assert open_runtime(Bundle.open(tmp_path / "pets"), "fastai").name == "fastai"


def test_a_missing_module_is_named(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = broken_learner(tmp_path / "export.pkl", photos, extra=Elsewhere(__import__, "pet_labels"))
    status, _, err = run(file, "--out", tmp_path / "pets", capsys=capsys)
    assert status == 1
    assert "pet_labels" in err and "not installed" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a learner"),
        (b"hello, I am no pickle", "not a learner"),
        ({"weight": torch.zeros(2)}, "learn.export"),
        (None, "There is no file"),
    ],
    ids=["empty", "text", "weights", "missing"],
)
def test_a_file_that_is_no_learner_is_refused(
    content: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "export.pkl"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content:
        torch.save(content, file)
    status, _, err = run(file, "--out", tmp_path / "pets", capsys=capsys)
    assert status == 1
    assert said in err and "Traceback" not in err and "\n" not in err.strip()
    assert not (tmp_path / "pets").exists()


def test_a_refused_export_leaves_the_old_bundle_as_it_was(
    learner_file: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pets = tmp_path / "pets"
    run(learner_file, "--out", pets, capsys=capsys)
    before = {path.name: path.read_bytes() for path in pets.iterdir()}
    file = tmp_path / "export.pkl"
    make_learner(photos, outputs=5).export(file.absolute())
    status, _, err = run(file, "--out", pets, capsys=capsys)
    assert status == 1 and "(1, 5)" in err
    assert {path.name: path.read_bytes() for path in pets.iterdir()} == before


def test_the_onnx_file_does_not_say_where_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newer_exporter: None
) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2)).eval()
    here = str(Path(torch.__file__).parent).encode()
    onnx_file.write_onnx(network, (8, 8), tmp_path / "clean.onnx")
    assert here not in (tmp_path / "clean.onnx").read_bytes()
    monkeypatch.setattr(onnx_file, "_strip", lambda file: None)
    onnx_file.write_onnx(network, (8, 8), tmp_path / "as_written.onnx")
    assert here in (tmp_path / "as_written.onnx").read_bytes()  # else there is nothing to remove any more
