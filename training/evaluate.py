"""`python -m training.evaluate BUNDLE --data DIR`: how right a bundle is on photos whose right answers are known."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from model import NO_FACE, BundleError, Classifier
from training.audit import Marks, read_groups
from training.folders import DataError
from training.known import KnownPhoto, read_beginnings, read_photos
from training.measured import Measured
from training.outcomes import answer
from training.report import write_report
from training.summary import as_text

REPORT, FIGURES = "report.html", "report.json"


def main(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder, such as model.", show_default=False)],
    data: Annotated[
        list[Path],
        typer.Option(
            help="Holds one folder of photos per label (no_face for photos of nobody), or whole photographs that --boxes "
            "describes. May be given several times.",
            show_default=False,
        ),
    ],
    boxes: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CSV", help="Every face of the whole photographs: photo, left, top, right, bottom (pixels), label."
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Groups to compare: photo, perhaps a face's box, and a column per grouping."),
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL,LABEL", help="Count these labels as one in further figures. May be given several times."
        ),
    ] = None,
    only: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Measure only photos whose names begin with a line of this file."),
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="File names to leave out. May be given several times.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where report.html and report.json go.")] = Path("report"),
) -> None:
    """Measure a bundle, and write a report with pictures."""
    try:
        if not bundle.is_dir():
            raise DataError(f"{bundle} is not a folder; name a bundle's folder, such as model.")
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


def known_labels(classifier: Classifier) -> tuple[str, ...]:
    """What a bundle can answer: its labels and, if it looks for faces, that there is none."""
    manifest = classifier.bundle.manifest
    labels = [label for label in manifest.labels if label != NO_FACE]
    return (*labels, NO_FACE) if manifest.faces.find or NO_FACE in manifest.labels else tuple(labels)


def merged_labels(merge: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
    """Each label of "a,b" with the name that stands for all of them, "a or b".

    Raises:
        DataError: one of them is unknown, or stands there twice.
    """
    merged: dict[str, str] = {}
    for together in merge:
        names = [name.strip() for name in together.split(",")]
        for name in names:
            if name not in labels:
                raise DataError(
                    f"--merge {together}: the bundle does not know {name!r}; it answers {', '.join(labels)}."
                )
            if name in merged:
                raise DataError(f"--merge {together}: {name!r} is merged already.")
            merged[name] = " or ".join(names)
    return merged


def measure_bundle(
    classifier: Classifier,
    photos: Sequence[KnownPhoto],
    merged: dict[str, str] | None = None,
    marks: Marks | None = None,
) -> Measured:
    """Answer the photos end to end, and measure the answers.

    Raises:
        DataError: none of the photos can be read.
    """
    answers = answer(classifier, photos)
    if not answers.outcomes:
        why = next(iter(answers.unreadable.items()), None)
        raise DataError(f"None of the photos can be measured on: {f'{why[0]}: {why[1]}' if why else 'no faces'}.")
    return Measured(known_labels(classifier), answers, merged or {}, marks or {})


def save(measured: Measured, classifier: Classifier, out: Path) -> None:
    """Write `report.html` and `report.json` into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    bundle = classifier.bundle
    about = {"bundle": bundle.manifest.name, "model_sha256": bundle.manifest.files, "runtime": classifier.runtime.name}
    figures = json.dumps(about | measured.as_json(), indent=2, ensure_ascii=False)
    (out / FIGURES).write_text(figures + "\n", "utf-8")
    write_report(out / REPORT, measured, bundle.manifest)


if __name__ == "__main__":
    typer.run(main)
