"""`python -m training.export LEARNER.pkl [--out DIR]`: a bundle from any fastai image classifier."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.bundle import ANSWERS, Bundle, BundleError, FaceSearch
from training.requirements import needs_training_packages

if TYPE_CHECKING:
    from training.export.bundle import Export


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
    with needs_training_packages():  # here: they load PyTorch, which help shall not wait for
        from training.export.bundle import bundle_name, export_learner
        from training.export.bundle_folder import staged, write_answers
        from training.export.load import ExportRefused, check_classifier, open_learner
        from training.export.sample_photos import drawn, found_in
        from training.export.words import read_words, unnamed
    try:
        samples = found_in(photos) if photos else drawn()
        opened = open_learner(learner)
        labels = check_classifier(opened)
        names = read_words(words, labels)
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
            try:
                Bundle.open(folder)
            except BundleError as error:
                raise ExportRefused(str(error).replace(str(folder), str(out))) from None
    except (ExportRefused, BundleError, OSError) as error:
        sys.exit(f"Error: {error}")
    print(_report(export, out, len(samples)))
    print("".join(f"{note}\n" for note in [*notes, *unnamed(Bundle.open(out), "export again")]), end="")


def _report(export: "Export", out: Path, checked: int) -> str:
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
