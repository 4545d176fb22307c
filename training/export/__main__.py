"""`python -m training.export LEARNER.pkl [--out DIR]`: a bundle from any fastai image classifier."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from model.bundle import ANSWERS, Bundle, BundleError, FaceSearch

try:
    from training.export.bundle import Export, bundle_name, export_learner
    from training.export.bundle_folder import staged, write_answers
    from training.export.load import ExportRefused, check_classifier, open_learner
    from training.export.sample_photos import drawn, found_in
except ModuleNotFoundError as error:  # after `make run` alone
    if (error.name or "").partition(".")[0] not in ("torch", "fastai", "fasttransform", "cloudpickle"):
        raise
    sys.exit("Error: Exporting needs PyTorch and fastai, which are not installed: install with make .venv/.ready-train")


def main(
    learner: Annotated[
        Path,
        typer.Argument(
            metavar="LEARNER.pkl",
            help="A file written by learn.export. Opening it runs its code: use only files you trust.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The bundle's folder; an existing bundle there is replaced.")] = Path(
        "bundle"
    ),
    name: Annotated[str | None, typer.Option(help="The bundle's name; by default, its labels.")] = None,
    faces: Annotated[
        bool, typer.Option(help="Find faces first and classify each. Only for learners trained on cropped faces.")
    ] = False,
    photos: Annotated[
        Path | None,
        typer.Option(
            help="A folder of photos to check the export with, instead of drawn pictures.", file_okay=False, exists=True
        ),
    ] = None,
    words: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL=NAME,...",
            help="Names that the bot uses for the labels, such as False=dog,True=cat.",
        ),
    ] = None,
) -> None:
    """Turn an exported fastai image classifier into a bundle for the bot."""
    try:
        samples = found_in(photos) if photos else drawn()
        opened = open_learner(learner)
        labels = check_classifier(opened)
        names = _words(words, labels)
        print("Exporting, and checking that the ONNX model matches ...", flush=True)
        with staged(out) as folder:
            export = export_learner(
                opened,
                folder,
                photos=list(samples.values()),
                photo_names=list(samples),
                faces=FaceSearch(find=faces),
                name=name or bundle_name([names.get(label, label) for label in labels]),
            )
            notes = write_answers(folder, export.manifest.answers, keep=out / ANSWERS, words=names)
            _must_open(folder, out)
    except (ExportRefused, BundleError, OSError) as error:
        sys.exit(f"Error: {error}")
    print(_report(export, out, len(samples)))
    print("".join(f"{note}\n" for note in [*notes, *_unnamed(Bundle.open(out))]), end="")


def _words(given: str | None, labels: list[str]) -> dict[str, str]:
    """What to call labels, from "False=dog,True=cat"."""
    pairs = [pair.partition("=") for pair in given.split(",")] if given else []
    words = {label.strip(): name.strip() for label, _, name in pairs}
    if not all(words.values()):
        raise ExportRefused(f"--words {given} cannot be read: write it as --words {labels[0]}=NAME,{labels[1]}=NAME.")
    if unknown := [label for label in words if label not in labels]:
        raise ExportRefused(f"--words names {', '.join(unknown)}, but the labels are {', '.join(labels)}.")
    return words


def _unnamed(bundle: Bundle) -> list[str]:
    """A warning, where the bot would say "Looks like this: True"."""
    bare = [label for label in bundle.manifest.answers if label in ("True", "False") or label.isdigit()]
    bare = [label for label in bare if bundle.words(label, "en").name == label]
    if not bare:
        return []
    example = ",".join(f"{label}=NAME" for label in bare[:2])
    return [
        f"Warning: the bot will say {', '.join(bare)}. Say what they mean in {bundle.folder / ANSWERS}, or export "
        f"again into a new folder with --words {example}."
    ]


def _must_open(folder: Path, out: Path) -> None:
    try:
        Bundle.open(folder)
    except BundleError as error:
        raise ExportRefused(str(error).replace(str(folder), str(out))) from None


def _report(export: Export, out: Path, checked: int) -> str:
    lines = [f"Wrote {out}: {', '.join(export.manifest.files)}, manifest.json, {ANSWERS}."]
    if export.problem:
        lines.append(f"{export.problem} The bundle runs with fastai.")
        path = (
            f"PYTHONPATH={os.environ['PYTHONPATH']} " if os.environ.get("PYTHONPATH") else ""
        )  # for code of their own
        serve = f"{path}MODEL_RUNTIME=fastai MODEL_PATH={out} python -m bot --local"
    else:
        lines.append(
            f"Both models agree on {checked} pictures; the largest difference of a probability is {export.difference:.1e}."
        )
        serve = f"MODEL_PATH={out} python -m bot --local"
    return "\n".join([*lines, f"Edit {out / ANSWERS} to say what the bot answers. Serve it: {serve}"])


if __name__ == "__main__":
    typer.run(main)
