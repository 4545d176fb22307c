"""Turns a fastai learner into a bundle.

Writes the learner's own file, the same network for ONNX Runtime, and the manifest; and holds that both answer alike.
Where a learner does something to photos that only fastai can do, the bundle has no ONNX file and runs with fastai.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from fastai.learner import Learner
from fastai.torch_core import get_model
from PIL import Image
from torch import nn

from model.bundle import ANSWERS, ONNX, PICKLE, Bundle, FaceSearch, Input, Manifest, Mirror, write_manifest
from model.runtimes.fastai import Explained
from training.export.bundle_folder import write_answers
from training.export.load import ExportRefused, check_classifier
from training.export.onnx import NotConvertible, write_onnx
from training.export.parity import check_learner_runs, largest_difference
from training.export.pickle import write_learner
from training.export.sample_photos import drawn
from training.export.transforms import NotServable, read_rules

__all__ = ["Export", "ExportRefused", "bundle_name", "export_classifier", "export_learner"]

LONGEST_NAME = 80  # characters


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        manifest: the bundle's manifest.
        problem: why there is no ONNX file, in one sentence; None when there is one.
        difference: the largest difference of a probability between both files; None without an ONNX file.
    """

    manifest: Manifest
    problem: str | None
    difference: float | None


def export_learner(
    learner: Any,
    folder: Path,
    *,
    photos: Sequence[Image.Image],
    faces: FaceSearch,
    name: str,
    mirror: bool = False,
    temperature: float = 1.0,
    sure_from: float = 0.8,
    unlike_from: float | None = None,
    sure_within: float | None = None,
    none_from: float | None = None,
    data: dict[str, Any] | None = None,
    figures: dict[str, Any] | None = None,
    photo_names: Sequence[str] = (),
) -> Export:
    """Write `model.pkl`, `model.onnx` and `manifest.json`, and check that both models agree on every photo.

    Args:
        learner: a fastai learner that gives one label per photo, trained or loaded. It is left as it is.
        folder: an existing folder; see `training.export.bundle_folder.staged`.
        photos: RGB images of any size to check with, at least one.
        faces: whether faces are found first.
        name: what the bundle is called.
        mirror: whether the learner was shown mirror images, which have the same answers.
        temperature: what logits are divided by.
        sure_from: the probability from which the bot is sure.
        unlike_from, none_from: from which distance, and from which probability of that label, a photo is `none`.
        sure_within: up to which distance an answer may be a sure one.
        data, figures: for the manifest.
        photo_names: what to call the photos in messages.

    Raises:
        ExportRefused: it is no such learner, it does not run, or the two models disagree.
    """
    if not photos:
        raise ExportRefused("There are no photos to check the export with.")
    labels = check_classifier(learner)
    rule, problem = _write_network(learner, folder / ONNX, photos)
    write_learner(learner, folder / PICKLE)
    manifest = Manifest(
        name=name,
        labels=labels,
        input=rule,
        faces=faces,
        mirror=Mirror() if mirror else None,
        temperature=temperature,
        sure_from=sure_from,
        unlike_from=unlike_from,
        sure_within=sure_within,
        none_from=none_from,
        files={},
        versions=_versions(),
        data=data or {},
        figures=figures or {},
    )
    write_manifest(folder, manifest)
    bundle = Bundle.open(folder)
    check_learner_runs(bundle, photos[0])
    difference = None if problem else largest_difference(bundle, photos, photo_names)
    return Export(bundle.manifest, problem, difference)


def export_classifier(learner: Learner, folder: Path) -> None:
    """Write a bundle of any fastai image classifier, which classifies whole photos; it is checked on drawn pictures.

    Args:
        learner: may still be in training, in several processes.
        folder: an existing folder.

    Raises:
        ExportRefused: see `export_learner`.
    """
    plain = Learner(learner.dls, get_model(learner.model), loss_func=learner.loss_func)  # without callbacks
    name = bundle_name(learner.dls.vocab) if hasattr(learner.dls, "vocab") else "Pictures"
    export = export_learner(plain, folder, photos=list(drawn().values()), faces=FaceSearch(find=False), name=name)
    write_answers(folder, export.manifest.answers, keep=folder / ANSWERS)


def bundle_name(labels: Sequence[str]) -> str:
    """What to call a bundle of these labels."""
    name = " or ".join(labels) if len(labels) <= 4 else f"{len(labels)} labels from {labels[0]} to {labels[-1]}"
    return name.replace("_", " ") if len(name) <= LONGEST_NAME else f"{len(labels)} labels"


def _write_network(learner: Any, file: Path, photos: Sequence[Image.Image]) -> tuple[Input | None, str | None]:
    """The input rule, as far as it is known, and why there is no ONNX file, if there is none."""
    sizes = {(photo.height, photo.width) for photo in photos}
    try:
        rules = read_rules(learner, size=sizes.pop() if len(sizes) == 1 else None)
    except NotServable as error:
        return None, f"No {ONNX}: {error}."
    try:
        network = Explained(copy.deepcopy(learner.model).cpu().float())
        size = rules.input.height, rules.input.width
        write_onnx(nn.Sequential(rules.front, network).eval(), size, file, network.names)
    except NotConvertible as error:
        return rules.input, f"No {ONNX}: PyTorch cannot convert this network ({error})."
    return rules.input, None


def _versions() -> dict[str, str]:
    versions = {"python": python_version()}
    for package in ("fastai", "torch", "timm", "onnxruntime"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # timm is needed by its own networks only
            continue
    return versions
