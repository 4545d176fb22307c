"""Both ways of running a bundle answer alike, and each says in one sentence why it cannot run."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from fastai.data.transforms import Normalize
from fastai.vision.augment import CropPad, Resize, aug_transforms
from fastai.vision.core import PILImage, imagenet_stats
from PIL import Image

from model.bundle import MANIFEST, ONNX, PICKLE, Bundle, BundleError, FaceSearch, Input, Manifest, write_manifest
from model.classifier import Classifier
from model.runtimes import open_runtime
from model.runtimes.onnx import OnnxRuntime, resize, to_array
from tests.bundles import make_bundle
from tests.training.learners import make_learner, open_photos, save_photos, sharpen
from training.export.bundle import export_learner
from training.export.sample_photos import drawn

IMAGENET = Normalize.from_stats(*imagenet_stats, cuda=False)


def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, find_faces: bool, side: int) -> Path:
    images = open_photos(save_photos(tmp_path / "photos"))
    batch = [*aug_transforms(size=side * 2 // 3, min_scale=0.75), IMAGENET]
    learner = sharpen(make_learner(tmp_path / "photos", Resize(side), batch), images)
    (tmp_path / "bundle").mkdir()
    export = export_learner(learner, tmp_path / "bundle", photos=images, faces=FaceSearch(find=find_faces), name="test")
    assert export.problem is None
    return tmp_path / "bundle"


def test_both_runtimes_give_the_same_answer_for_whole_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = exported(tmp_path, monkeypatch, find_faces=False, side=48)
    onnx, fastai = Classifier.open(folder, "onnx"), Classifier.open(folder, "fastai")
    labels = set()
    for photo in drawn().values():
        ours, theirs = onnx.predict(photo), fastai.predict(photo)
        assert ours.label == theirs.label
        assert ours.whole and theirs.whole
        assert ours.whole.probabilities == pytest.approx(theirs.whole.probabilities, abs=1e-3)
        labels.add(ours.label)
    assert labels == {"cat", "dog"}


def test_both_runtimes_give_the_same_answer_for_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skimage import data

    portrait = Image.fromarray(data.astronaut())
    two = Image.new("RGB", (portrait.width * 2, portrait.height))
    two.paste(portrait, (0, 0))
    two.paste(portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (portrait.width, 0))
    folder = exported(tmp_path, monkeypatch, find_faces=True, side=48)
    onnx, fastai = Classifier.open(folder, "onnx").predict(two), Classifier.open(folder, "fastai").predict(two)
    assert len(onnx.faces) == len(fastai.faces) == 2
    for ours, theirs in zip(onnx.faces, fastai.faces, strict=True):
        assert (ours.box, ours.label, ours.sure) == (theirs.box, theirs.label, theirs.sure)
        assert ours.probabilities == pytest.approx(theirs.probabilities, abs=1e-3)


def test_the_environment_chooses_the_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = exported(tmp_path, monkeypatch, find_faces=False, side=48)
    monkeypatch.setenv("MODEL_PATH", str(folder))
    names = {}
    for choice in ("auto", "onnx", "fastai"):
        monkeypatch.setenv("MODEL_RUNTIME", choice)
        names[choice] = Classifier.open().runtime.name
    assert names == {"auto": "onnx", "onnx": "onnx", "fastai": "fastai"}


SIZES = [
    (90, 70),
    (70, 90),
    (180, 40),
    (40, 150),
    (320, 240),
    (32, 32),
    (21, 17),
    (67, 101),
    (641, 479),
    (999, 333),
]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("target", [(32, 32), (24, 48), (49, 23), (224, 224)], ids=str)
@pytest.mark.parametrize("method", ["squish", "crop", "pad"])
def test_pictures_are_resized_pixel_by_pixel_as_fastai_does(
    method: str, target: tuple[int, int], size: tuple[int, int]
) -> None:
    photo = drawn([size]).popitem()[1]
    height, width = target
    for pad in ("zeros", "border", "reflection") if method == "pad" else ("zeros",):
        ours = resize(photo, Input(height=height, width=width, resize=method, pad=pad))  # type: ignore[arg-type]
        theirs = Resize(target, method=method, pad_mode=pad)(PILImage.create(np.asarray(photo)), split_idx=1)
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("target", [(32, 32), (24, 149), (224, 224)], ids=str)
@pytest.mark.parametrize("pad", ["zeros", "border", "reflection"])
def test_pictures_are_cut_and_filled_as_fastai_does(pad: str, target: tuple[int, int], size: tuple[int, int]) -> None:
    photo = drawn([size]).popitem()[1]
    ours = resize(photo, Input(height=target[0], width=target[1], resize="crop_pad", pad=pad))  # type: ignore[arg-type]
    theirs = CropPad(target, pad_mode=pad)(PILImage.create(np.asarray(photo)))
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3000, 1)], ids=str)
@pytest.mark.parametrize("method", ["squish", "crop", "pad", "crop_pad"])
def test_a_picture_of_a_single_line_is_resized_too(method: str, size: tuple[int, int]) -> None:
    resized = resize(Image.new("RGB", size, (200, 100, 50)), Input(height=24, width=48, resize=method))  # type: ignore[arg-type]
    assert resized.size == (48, 24)
    assert resized.getpixel((24, 12)) == (200, 100, 50) or method == "pad"


def test_a_picture_becomes_normalized_numbers() -> None:
    picture = Image.new("RGB", (2, 2), (255, 0, 51))
    numbers = to_array(picture, Input(height=2, width=2, mean=(0.5, 0.5, 0.2), std=(0.5, 0.25, 1.0)))
    assert numbers.dtype == np.float32 and numbers.shape == (3, 2, 2)
    np.testing.assert_allclose(numbers[:, 0, 0], [1.0, -2.0, 0.0], atol=1e-6)


def test_an_unknown_runtime_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="MODEL_RUNTIME='tensorflow' is unknown"):
        open_runtime(Bundle.open(make_bundle(tmp_path)), "tensorflow")


def test_a_runtime_without_its_file_names_the_other(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no model\.pkl.*MODEL_RUNTIME=onnx"):
        open_runtime(Bundle.open(make_bundle(tmp_path)), "fastai")


def test_a_network_with_another_number_of_outputs_is_refused(tmp_path: Path) -> None:
    bundle = Bundle.open(make_bundle(tmp_path))
    bundle.manifest.labels.append("third")
    with pytest.raises(BundleError, match=r"2 outputs.*3 labels"):
        OnnxRuntime(bundle)


def test_a_network_file_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    bundle = Bundle.open(make_bundle(tmp_path))
    (tmp_path / "model.onnx").write_bytes(b"no network")
    write_manifest(tmp_path, bundle.manifest)
    with pytest.raises(BundleError, match="cannot be loaded") as refusal:
        open_runtime(Bundle.open(tmp_path))
    assert "\n" not in str(refusal.value)


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize(("name", "runtime"), [(PICKLE, "fastai"), (ONNX, "onnx")])
def test_a_file_that_was_replaced_after_its_hash_was_checked_is_not_run(
    tmp_path: Path, name: str, runtime: str
) -> None:
    trap = pickle.dumps(Trap(tmp_path / "sprung"))
    folder = make_bundle(tmp_path / "bundle")
    (folder / PICKLE).write_bytes(b"a learner")
    write_manifest(folder, Bundle.open(make_bundle(tmp_path / "other")).manifest)
    bundle = Bundle.open(folder)
    (folder / name).write_bytes(trap)
    with pytest.raises(BundleError, match="was replaced while the bundle was being opened"):
        open_runtime(bundle, runtime)
    assert not (tmp_path / "sprung").exists()


def test_a_network_that_reaches_for_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_bundle(tmp_path)
    network = onnx.load(folder / ONNX)
    onnx.save(
        network,
        folder / ONNX,
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
        convert_attribute=True,
    )
    assert (folder / "weights.bin").stat().st_size > 0
    write_manifest(folder, Manifest.model_validate_json((folder / MANIFEST).read_bytes()))
    monkeypatch.chdir(folder)
    with pytest.raises(BundleError, match="cannot be loaded"):
        open_runtime(Bundle.open(folder))
