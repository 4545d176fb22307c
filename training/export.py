"""Turns a fastai learner into a bundle: `python -m training.export LEARNER.pkl [--out DIR]`.

Writes the learner's own file, the same network for ONNX Runtime, and the manifest; and holds that both answer alike.
Where a learner does something to photos that only fastai can do, the bundle has no ONNX file and runs with fastai.
"""

import copy
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Annotated, Any

import typer
from PIL import Image
from torch import nn

from model.bundle import ANSWERS, ONNX, PICKLE, Bundle, BundleError, FaceSearch, Input, Manifest, write_manifest
from training.agreement import check_learner_runs, largest_difference
from training.bundle import staged, write_answers
from training.learners import ExportRefused, check_classifier, open_learner
from training.onnx_file import NotConvertible, write_onnx
from training.pickling import write_learner
from training.rules import NotServable, read_rules
from training.sample_photos import drawn, found_in

__all__ = ["Export", "ExportRefused", "export_learner"]


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
    data: dict[str, Any] | None = None,
    figures: dict[str, Any] | None = None,
    photo_names: Sequence[str] = (),
) -> Export:
    """Write `model.pkl`, `model.onnx` and `manifest.json`, and check that both models agree on every photo.

    Args:
        learner: a fastai learner that gives one label per photo, trained or loaded. It is left as it is.
        folder: an existing folder; see `training.bundle.staged`.
        photos: RGB images of any size to check with, at least one.
        faces: whether faces are found first.
        name: what the bundle is called.
        mirror: whether the learner was shown mirror images, which have the same answers.
        temperature: what logits are divided by.
        sure_from: the probability from which the bot is sure.
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
        mirror=mirror,
        temperature=temperature,
        sure_from=sure_from,
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


def _write_network(learner: Any, file: Path, photos: Sequence[Image.Image]) -> tuple[Input | None, str | None]:
    """The input rule, as far as it is known, and why there is no ONNX file, if there is none."""
    sizes = {(photo.height, photo.width) for photo in photos}
    try:
        rules = read_rules(learner, size=sizes.pop() if len(sizes) == 1 else None)
    except NotServable as error:
        return None, f"No {ONNX}: {error}."
    try:
        network = copy.deepcopy(learner.model).cpu().float()
        write_onnx(nn.Sequential(rules.front, network).eval(), (rules.input.height, rules.input.width), file)
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


def main(
    learner: Annotated[
        Path,
        typer.Argument(
            metavar="LEARNER.pkl", help="A file written by learn.export. Opening it runs its code: know its origin."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The bundle's folder; an existing bundle there is replaced.")] = Path(
        "bundle"
    ),
    name: Annotated[str | None, typer.Option(help="What the bundle is called; by default, after its labels.")] = None,
    faces: Annotated[
        bool, typer.Option(help="Find faces first, and answer each. Only for learners trained on cut-out faces.")
    ] = False,
    photos: Annotated[
        Path | None,
        typer.Option(
            help="A folder of photos to check the export with, instead of drawn pictures.", file_okay=False, exists=True
        ),
    ] = None,
) -> None:
    """Turn an exported fastai image classifier into a bundle for the bot."""
    try:
        samples = found_in(photos) if photos else drawn()
        opened = open_learner(learner)
        print("Exporting, and checking that both models agree ...", flush=True)
        with staged(out) as folder:
            export = export_learner(
                opened,
                folder,
                photos=list(samples.values()),
                photo_names=list(samples),
                faces=FaceSearch(find=faces),
                name=name or _name(check_classifier(opened)),
            )
            write_answers(folder, export.manifest.answers, keep=out / ANSWERS)
            _must_open(folder, out)
    except (ExportRefused, BundleError, OSError) as error:
        sys.exit(f"Error: {error}")
    print(_report(export, out, len(samples)))


def _name(labels: Sequence[str]) -> str:
    if len(labels) > 4:
        return f"{len(labels)} labels from {labels[0]} to {labels[-1]}".replace("_", " ")
    return " or ".join(labels).replace("_", " ")


def _must_open(folder: Path, out: Path) -> None:
    try:
        Bundle.open(folder)
    except BundleError as error:
        raise ExportRefused(str(error).replace(str(folder), str(out))) from None


def _report(export: Export, out: Path, checked: int) -> str:
    lines = [f"Wrote {out}: {', '.join(export.manifest.files)}, manifest.json, {ANSWERS}."]
    if export.problem:
        lines.append(f"{export.problem} The bundle runs with fastai.")
        serve = f"MODEL_RUNTIME=fastai MODEL_PATH={out} python -m bot --local"
    else:
        lines.append(
            f"Both models agree on {checked} pictures; the largest difference of a probability is {export.difference:.1e}."
        )
        serve = f"MODEL_PATH={out} python -m bot --local"
    return "\n".join([*lines, f"Edit {out / ANSWERS} to say what the bot answers. Serve it: {serve}"])


if __name__ == "__main__":
    typer.run(main)
