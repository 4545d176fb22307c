"""`python -m training.evaluate BUNDLE --data DIR`: how right a bundle is on photos whose right answers are known."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from model import BundleError, Classifier
from training.requirements import needs_training_packages


def main(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder, such as model/face_masks.", show_default=False)],
    data: Annotated[
        list[Path],
        typer.Option(
            help="A folder with one folder of photos per label (no_face for photos of nobody), or with whole photographs that "
            "--boxes describes. May be given several times.",
            show_default=False,
        ),
    ],
    boxes: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CSV",
            help="Every face of the whole photographs, with the columns photo, left, top, right, bottom (pixels), label.",
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Groups to compare: a column photo, one column per grouping, and left, top, right, bottom where a photo shows several faces.",
        ),
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL,LABEL", help="Also report these labels as one. May be given several times."),
    ] = None,
    only: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Evaluate only photos whose names begin with a line of this file."),
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="File names to leave out. May be given several times.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where report.html and report.json go.")] = Path("report"),
) -> None:
    """Evaluate a bundle on labeled photos, and write a report."""
    with needs_training_packages():  # here: they load PyTorch, which help shall not wait for
        from training.data.annotations import read_beginnings, read_photos
        from training.data.layouts import DataError
        from training.evaluate.fairness import read_groups
        from training.evaluate.measure import FIGURES, REPORT, known_labels, measure_bundle, merged_labels, save
        from training.report.terminal import as_text
    try:
        if not bundle.is_dir():
            raise DataError(f"{bundle} is not a folder; name a bundle's folder, such as model/face_masks.")
        if out.exists() and not out.is_dir():
            raise DataError(f"--out {out} is a file; name a folder for the report.")
        classifier = Classifier.open(bundle)
        labels = known_labels(classifier)
        merged = merged_labels(merge or [], labels)
        marks = read_groups(groups) if groups else {}
        photos = read_photos(data, labels, boxes or [], read_beginnings(only) if only else None, skip or [])
        measured = measure_bundle(classifier, photos, merged, marks)
        print(as_text(measured))
        save(measured, classifier, out)
    except (BundleError, DataError, OSError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(f"Interrupted: nothing was written to {out}.")
    print(f"\nWith pictures: {out / REPORT}. For programs: {out / FIGURES}.")


if __name__ == "__main__":
    typer.run(main)
