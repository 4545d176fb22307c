"""Measures a bundle that was just made on the photos held out of its training, the way serving answers them, and writes
what came out into its manifest and its card."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from model import Classifier, Prediction
from model.bundle import write_manifest
from model.image import Photo
from model.prediction import Outputs
from training.data.annotations import KnownFace, KnownPhoto
from training.data.crops import Known, Sample, content_of
from training.evaluate.measure import measure_bundle, save
from training.evaluate.metrics import Measured
from training.report.model_card import write_card


def describe(
    folder: Path,
    report: Path,
    photos: Sequence[KnownPhoto],
    settings: Mapping[str, Any],
    notes: Mapping[str, str] | None = None,
    out_of_fold: Mapping[str, Outputs] | None = None,
) -> Measured:
    """Measure a bundle, and write its figures and its card.

    Args:
        folder: the bundle's, with manifest and answers.
        report: folder for the report, which shows people and so is no part of the bundle.
        photos: held out of the training.
        settings: of the training, for the card.
        notes: a person's own words for the card, see `read_notes`.
        out_of_fold: where cross-validation measures, what the network says by `Sample.content`, see `Trained.by_content`.

    Raises:
        BundleError: the bundle cannot be opened.
        DataError: none of the photos can be read any more.
    """
    classifier = Classifier.open(folder, "auto")
    measured = measure_bundle(_Remembering(classifier, out_of_fold) if out_of_fold else classifier, photos)
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


class _Remembering(Classifier):
    """Answers photos that the bundle has learned from as the model of the fold would that has not seen them."""

    def __init__(self, classifier: Classifier, out_of_fold: Mapping[str, Outputs]):
        super().__init__(classifier.bundle, classifier.runtime)
        self._out_of_fold = out_of_fold

    def predict(self, photo: bytes | Image.Image | Photo) -> Prediction:
        if not isinstance(photo, bytes):
            return super().predict(photo)
        asked = copy.copy(self)
        asked.runtime = _Remembered(self._out_of_fold[content_of(photo)])
        return Classifier.predict(asked, photo)


class _Remembered:
    """A runtime for one photo: asked first for the picture's own logits, then perhaps for its mirror image's."""

    name = "cross-validation"

    def __init__(self, known: Outputs):
        self._unlike, views = known.unlike, known.logits
        self._views = iter([views[0], views[-1]])  # where mirror images were not looked at, the picture itself

    def outputs(self, images: Sequence[Image.Image]) -> Outputs:
        """The same for each face in the photo: only one of them is what its label speaks of."""
        unlike = None if self._unlike is None else np.repeat(self._unlike, len(images))
        return Outputs(np.repeat(next(self._views)[None], len(images), axis=0), unlike)
