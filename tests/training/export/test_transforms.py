"""Whatever a learner does to photos on its validation side, its bundle does the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastai.data.transforms import Normalize
from fastai.vision.augment import (
    AffineCoordTfm,
    CropPad,
    FlipItem,
    RandomCrop,
    RandomErasing,
    RandomResizedCrop,
    RandomResizedCropGPU,
    RatioResize,
    Resize,
    aug_transforms,
)
from fastai.vision.core import PILImage, imagenet_stats
from PIL import Image
from PIL.Image import Resampling

from model.bundle import Bundle, FaceSearch
from model.classifier import softmax
from model.runtimes import open_runtime
from model.runtimes.fastai import learner_logits
from tests.training.learners import make_learner, open_photos, save_photos, sharpen
from training.export.bundle import Export, export_learner

IMAGENET = Normalize.from_stats(*imagenet_stats, cuda=False)
OWN = Normalize.from_stats([0.2, 0.3, 0.4], [0.15, 0.2, 0.6], cuda=False)
GREY = Normalize.from_stats([0.4], [0.3], cuda=False)


def tilted(photo: PILImage) -> PILImage:
    return photo.rotate(3)


RULES: dict[str, tuple[Any, Any]] = {
    "crop": (Resize(32), None),
    "crop with imagenet stats": (Resize(32), IMAGENET),
    "squish with own stats": (Resize(32, method="squish"), OWN),
    "one mean for all channels": (Resize(32, method="squish"), GREY),
    "pad with black": (Resize(32, method="pad", pad_mode="zeros"), IMAGENET),
    "pad with the border": (Resize(32, method="pad", pad_mode="border"), IMAGENET),
    "pad with a reflection": (Resize(32, method="pad", pad_mode="reflection"), IMAGENET),
    "wide crop": (Resize((24, 48)), IMAGENET),
    "tall squish": (Resize((48, 24), method="squish"), IMAGENET),
    "wide pad": (Resize((24, 48), method="pad"), IMAGENET),
    "random resized crop": (RandomResizedCrop(32, min_scale=0.5), IMAGENET),
    "tall random resized crop": (RandomResizedCrop((48, 24), min_scale=0.5), OWN),
    "random resized crop without a rim": (RandomResizedCrop(32, val_xtra=0), None),
    "crop or pad without scaling": (CropPad(80), IMAGENET),
    "crop or reflect without scaling": (CropPad((40, 96), pad_mode="reflection"), None),
    "random crop": (RandomCrop(64), IMAGENET),
    "resize, then random crop": ([Resize(48), RandomCrop(32)], IMAGENET),
    "augmentation": (Resize(32), [*aug_transforms(), IMAGENET]),
    "augmentation that flips upside down": (Resize(32), [*aug_transforms(flip_vert=True, max_warp=0), IMAGENET]),
    "item flips and erasing": ([Resize(32), FlipItem()], [IMAGENET, RandomErasing(p=1.0)]),
    "presizing": (Resize(46), [*aug_transforms(size=32, min_scale=0.75), IMAGENET]),
    "presizing that shrinks a lot": (Resize(150), [*aug_transforms(size=32, min_scale=0.75), OWN]),
    "presizing a wide picture": (Resize((60, 90)), [*aug_transforms(size=32, min_scale=0.75), IMAGENET]),
    "augmentation with a size": (Resize(46), [*aug_transforms(size=32), IMAGENET]),
    "augmentation with a wide size": (Resize((80, 120)), [*aug_transforms(size=(16, 24)), IMAGENET]),
    "augmentation that enlarges": (Resize(20), [*aug_transforms(size=32), IMAGENET]),
    "augmentation without aligned corners": (Resize(150), [*aug_transforms(size=32, align_corners=False), OWN]),
    "batch crop of a part": (Resize(64), [RandomResizedCropGPU(32, valid_scale=0.8), IMAGENET]),
    "random resized crop, then batch crop": (RandomResizedCrop(64), [*aug_transforms(size=32, min_scale=0.5), OWN]),
}

NOT_SERVABLE: dict[str, tuple[Any, Any, str]] = {
    "function of a notebook": ([Resize(32), tilted], None, "tilted"),
    "bicubic": (Resize(32, resamples=(Resampling.BICUBIC, Resampling.NEAREST)), None, "bicubic"),
    "two resizes": ([Resize(64), RandomResizedCrop(32)], None, "twice"),
    "crop that pads after a resize": ([Resize(32), RandomCrop(40)], None, "RandomCrop pads"),
    "ratio resize": (RatioResize(32), None, "RatioResize"),
    "nearest": (Resize(46), AffineCoordTfm(size=32, mode="nearest"), "nearest"),
    "zeros at the border": (Resize(46), AffineCoordTfm(size=64, pad_mode="zeros"), "zeros"),
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return save_photos(tmp_path_factory.mktemp("photos"))


def exported(learner: Any, folder: Path, photos: list[Image.Image]) -> Export:
    return export_learner(learner, folder, photos=photos, faces=FaceSearch(find=False), name="test")


@pytest.mark.parametrize("rule", RULES)
def test_onnx_learner_and_get_preds_agree(rule: str, photos: list[Path], tmp_path: Path) -> None:
    images = open_photos(photos)
    learner = sharpen(make_learner(photos[0].parents[1], *RULES[rule]), images)
    export = exported(learner, tmp_path, images)
    assert export.problem is None
    assert export.difference is not None and export.difference <= 1e-3
    served = softmax(open_runtime(Bundle.open(tmp_path), "onnx").outputs(images).logits)
    assert np.ptp(served, axis=0).min() > 0.2, "the photos must get different answers, or this test shows nothing"
    np.testing.assert_allclose(served, softmax(learner_logits(learner, images)), atol=1e-3)
    expected, _ = learner.get_preds(dl=learner.dls.test_dl(photos, num_workers=0))
    np.testing.assert_allclose(served, expected.numpy(), atol=1e-3)


@pytest.mark.parametrize("rule", NOT_SERVABLE)
def test_what_only_fastai_can_do_is_named_and_left_to_fastai(rule: str, photos: list[Path], tmp_path: Path) -> None:
    item, batch, named = NOT_SERVABLE[rule]
    learner = make_learner(save_and_parent(tmp_path / "photos"), item, batch)
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    export = exported(learner, bundle, open_photos(photos))
    assert export.problem is not None and named in export.problem
    assert export.difference is None
    assert sorted(path.name for path in bundle.iterdir()) == ["manifest.json", "model.pkl"]
    runtime = open_runtime(Bundle.open(bundle))
    assert runtime.name == "fastai"
    assert runtime.outputs(open_photos(photos[:1])).logits.shape == (1, 2)


def save_and_parent(folder: Path) -> Path:
    save_photos(folder, size=(90, 90))
    return folder


def test_a_learner_that_resizes_nothing_takes_the_size_of_the_photos(tmp_path: Path) -> None:
    files = save_photos(tmp_path / "photos", size=(40, 32))
    images = open_photos(files)
    learner = sharpen(make_learner(tmp_path / "photos", [], IMAGENET), images)
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    export = exported(learner, bundle, images)
    assert export.problem is None
    assert export.manifest.input is not None
    assert (export.manifest.input.height, export.manifest.input.width) == (32, 40)


def test_a_learner_that_resizes_nothing_has_no_onnx_file_when_photos_differ(photos: list[Path], tmp_path: Path) -> None:
    learner = make_learner(save_and_parent(tmp_path / "photos"), [], IMAGENET)
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    export = exported(learner, bundle, open_photos(photos))
    assert export.problem is not None and "one size" in export.problem


def test_pixels_that_are_not_divided_by_255_are_served_so(photos: list[Path], tmp_path: Path) -> None:
    images = open_photos(photos)
    learner = make_learner(photos[0].parents[1], Resize(32), IMAGENET)
    for loader in learner.dls.loaders:
        loader.after_batch.fs[0].div = 100.0
    export = exported(sharpen(learner, images), tmp_path, images)
    assert export.problem is None
    served = open_runtime(Bundle.open(tmp_path), "onnx").outputs(images).logits
    np.testing.assert_allclose(served, learner_logits(learner, images), atol=1e-3)


@pytest.mark.timeout(300)
def test_the_newer_exporter_takes_layers_in_front_of_the_network(
    photos: list[Path], tmp_path: Path, newer_exporter: None
) -> None:
    images = open_photos(photos)
    batch = [*aug_transforms(size=32, min_scale=0.75), IMAGENET]
    learner = sharpen(make_learner(photos[0].parents[1], RandomResizedCrop(150), batch), images)
    export = exported(learner, tmp_path, images)
    assert export.problem is None
