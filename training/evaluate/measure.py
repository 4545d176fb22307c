"""Measures a bundle on photos whose right answers are known, and writes what came out as a page and as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

from model import NO_FACE, NONE, Classifier
from training.data.annotations import KnownPhoto
from training.data.layouts import DataError
from training.evaluate.fairness import Marks
from training.evaluate.matching import answer
from training.evaluate.metrics import Measured
from training.report.evaluation import write_report

REPORT, FIGURES = "report.html", "report.json"


def known_labels(classifier: Classifier) -> tuple[str, ...]:
    """What a bundle can answer: its labels and, if it looks for faces, that there is none."""
    manifest = classifier.bundle.manifest
    labels = [label for label in manifest.labels if label != NO_FACE]
    if manifest.may_be_none and not manifest.faces.find and NONE not in labels:
        labels.append(NONE)
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
    return Measured(known_labels(classifier), answers, merged or {}, marks or {}, classifier.bundle.manifest.faces.find)


def save(measured: Measured, classifier: Classifier, out: Path) -> None:
    """Write `report.html` and `report.json` into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    bundle = classifier.bundle
    about = {"bundle": bundle.manifest.name, "model_sha256": bundle.manifest.files, "runtime": classifier.runtime.name}
    figures = json.dumps(about | measured.as_json(), indent=2, ensure_ascii=False)
    (out / FIGURES).write_text(figures + "\n", "utf-8", errors="replace")
    write_report(out / REPORT, measured, bundle.manifest)
