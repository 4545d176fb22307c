"""Measures a bundle that was just made on the photos held out of its training, the way serving answers them, and writes
what came out into its manifest and its card."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from model import Classifier
from model.bundle import write_manifest
from training.data.annotations import KnownFace, KnownPhoto
from training.data.crops import Known, Sample
from training.evaluate.measure import measure_bundle, save
from training.evaluate.metrics import Measured
from training.report.model_card import write_card


def describe(
    folder: Path,
    report: Path,
    photos: Sequence[KnownPhoto],
    settings: Mapping[str, Any],
    notes: Mapping[str, str] | None = None,
) -> Measured:
    """Measure a bundle, and write its figures and its card.

    Args:
        folder: the bundle's, with manifest and answers.
        report: folder for the report, which shows people and so is no part of the bundle.
        photos: held out of the training.
        settings: of the training, for the card.
        notes: a person's own words for the card, see `read_notes`.

    Raises:
        BundleError: the bundle cannot be opened.
        DataError: none of the photos can be read any more.
    """
    classifier = Classifier.open(folder, "auto")
    measured = measure_bundle(classifier, photos)
    save(measured, classifier, report)
    manifest = classifier.bundle.manifest
    manifest.figures["end_to_end"] = measured.summary()
    write_manifest(folder, manifest)
    write_card(classifier.bundle, measured, settings, notes)
    return measured


def held_out_photos(samples: Iterable[Sample], photographs: Mapping[Path, Sequence[Known]]) -> list[KnownPhoto]:
    """The photos that held-out samples were made of, each once.

    Args:
        samples: the held-out ones.
        photographs: whole photographs that samples may be made of, with all their faces.
    """
    photos: dict[Path, KnownPhoto] = {}
    for sample in samples:
        file = Path(sample.source)
        if file in photographs:
            faces = tuple(KnownFace(label, box) for box, label in photographs[file])
            photos[file] = KnownPhoto(file, file.parent.resolve().name, faces, marked=True)
        else:
            photos[file] = KnownPhoto(file, file.parent.parent.resolve().name, (KnownFace(sample.label),))
    return list(photos.values())
