"""Holds that a bundle's two model files give the same answers, by running both as serving does."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from model.bundle import ONNX, PICKLE, Bundle, BundleError
from model.classifier import BATCH, softmax
from model.runtimes import Runtime, open_runtime
from training.callbacks.text import one_line
from training.export.load import ExportRefused

TOLERANCE = 1e-3  # of a probability


def check_learner_runs(bundle: Bundle, photo: Image.Image) -> None:
    """Raises `ExportRefused` unless `model.pkl` gives one logit per label for a photo."""
    _probabilities(_open(bundle, "fastai"), bundle, [photo], PICKLE)


def largest_difference(bundle: Bundle, photos: Sequence[Image.Image], names: Sequence[str] = ()) -> float:
    """The largest difference of any probability between `model.onnx` and `model.pkl`.

    Raises:
        ExportRefused: a photo gets another label, or a probability that differs by more than `TOLERANCE`.
    """
    onnx, learner = _open(bundle, "onnx"), _open(bundle, "fastai")
    largest = 0.0
    for start, batch in _batches(photos):
        ours = _probabilities(onnx, bundle, batch, ONNX)
        theirs = _probabilities(learner, bundle, batch, PICKLE)
        differences = np.abs(ours - theirs).max(axis=1)
        for row in range(len(batch)):
            if problem := _disagreement(ours[row], theirs[row], bundle.manifest.labels):
                raise ExportRefused(
                    f"{ONNX} and the learner disagree on {_photo(start + row, photos, names)}: {problem}."
                )
        largest = max(largest, float(differences.max()))
    return largest


def _disagreement(ours: np.ndarray, theirs: np.ndarray, labels: Sequence[str]) -> str | None:
    ours_best, theirs_best = int(ours.argmax()), int(theirs.argmax())
    difference = float(np.abs(ours - theirs).max())
    tie = theirs[theirs_best] - theirs[ours_best] <= TOLERANCE
    if difference <= TOLERANCE and (ours_best == theirs_best or tie):
        return None  # a comparison with NaN is false, so NaN disagrees
    return (
        f"{labels[ours_best]} with {ours[ours_best]:.4f} instead of {labels[theirs_best]} with {theirs[theirs_best]:.4f} "
        f"(probabilities differ by {difference:.4f}; at most {TOLERANCE} is accepted)"
    )


def _batches(photos: Sequence[Image.Image]) -> Iterator[tuple[int, Sequence[Image.Image]]]:
    """The first photo alone, as a bot sends it, then as many at once as serving takes."""
    yield 0, photos[:1]
    for start in range(1, len(photos), BATCH):
        yield start, photos[start : start + BATCH]


def _open(bundle: Bundle, choice: str) -> Runtime:
    try:
        return open_runtime(bundle, choice)
    except BundleError as error:
        raise ExportRefused(str(error)) from None


def _probabilities(runtime: Runtime, bundle: Bundle, photos: Sequence[Image.Image], file: str) -> np.ndarray:
    try:
        logits = runtime.outputs(photos).logits
    except Exception as error:  # whatever the learner's own code raises
        raise ExportRefused(
            f"{file} fails on a photo of {photos[0].width} x {photos[0].height} pixels: {one_line(error)}"
        ) from None
    if logits.shape != (len(photos), len(bundle.manifest.labels)):
        raise ExportRefused(
            f"{file} gives an output of shape {logits.shape} for {len(photos)} photos and "
            f"{len(bundle.manifest.labels)} labels: it is not a classifier with one label per photo."
        )
    return softmax(logits / bundle.manifest.temperature)


def _photo(index: int, photos: Sequence[Image.Image], names: Sequence[str]) -> str:
    name = f" ({names[index]})" if names else ""
    return f"photo {index + 1} of {len(photos)}{name}, {photos[index].width} x {photos[index].height} pixels"
