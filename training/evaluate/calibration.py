"""Figures about answers to held-out photos: accuracy with its interval, calibration, when to say "not sure".

Knows only logits of shape (photos, labels) and targets of shape (photos,), as NumPy arrays.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from model.classifier import no_faces, softmax

FEWEST_IN_BIN = 50  # answers
SURE_ACCURACY = 0.99  # of the answers given as sure, so many should be right


@dataclass(frozen=True)
class Share:
    """`right` of `of`, with the 95% interval by Wilson (1927), which holds for few photos and near 100% too."""

    right: int
    of: int

    @property
    def value(self) -> float:
        return self.right / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        interval = binomtest(self.right, self.of).proportion_ci(0.95, method="wilson")
        return float(interval.low), float(interval.high)

    def __str__(self) -> str:
        if not self.of:
            return "none"
        low, high = self.interval
        return f"{self.value:.1%} ({low:.1%} to {high:.1%} of {self.of})"

    def as_json(self) -> dict[str, Any]:
        share = round(self.value, 4) if self.of else None  # JSON knows no NaN
        return {"share": share, "interval_95": [round(end, 4) for end in self.interval], **asdict(self)}


@dataclass(frozen=True)
class Threshold:
    """The probability from which an answer is called sure, and what that buys on held-out photos."""

    sure_from: float
    coverage: Share
    accuracy: Share


def recall(confusion: np.ndarray, place: int) -> Share:
    """Of a label at that place of a confusion matrix of shape (labels, labels), rows being the right answers."""
    return Share(int(confusion[place, place]), int(confusion[place].sum()))


def precision(confusion: np.ndarray, place: int) -> Share:
    """See `recall`."""
    return recall(confusion.T, place)


@dataclass(frozen=True)
class Figures:
    """What is known about answers to held-out photos."""

    labels: list[str]
    confusion: np.ndarray
    temperature: float
    calibration_error: float
    threshold: Threshold

    @property
    def accuracy(self) -> Share:
        return Share(int(np.trace(self.confusion)), int(self.confusion.sum()))

    def recall(self, label: str) -> Share:
        return recall(self.confusion, self.labels.index(label))

    def precision(self, label: str) -> Share:
        return precision(self.confusion, self.labels.index(label))

    def as_json(self) -> dict[str, Any]:
        return {
            "held_out": {
                "accuracy": self.accuracy.as_json(),
                "recall": {label: self.recall(label).as_json() for label in self.labels},
                "precision": {label: self.precision(label).as_json() for label in self.labels},
                "confusion": self.confusion.tolist(),
                "calibration_error": round(self.calibration_error, 4),
                "sure": {
                    "from": self.threshold.sure_from,
                    "coverage": self.threshold.coverage.as_json(),
                    "accuracy": self.threshold.accuracy.as_json(),
                },
            }
        }


@dataclass(frozen=True)
class Calibration:
    """What is chosen on photos that figures are not reported on: the temperature, and when an answer is called sure."""

    temperature: float
    sure_from: float


def calibrate(
    logits: np.ndarray,
    targets: np.ndarray,
    labels: Sequence[str],
    told: Sequence[str] | None = None,
    no_face_from: float = 1.0,
) -> Calibration:
    """Chooses the temperature and the threshold; arguments as of `measure`."""
    _, heard, truth = _told(logits, targets, labels, told, no_face_from)
    temperature = fit_temperature(heard, truth)
    return Calibration(temperature, choose_threshold(softmax(heard / temperature), truth))


def measure(
    logits: np.ndarray,
    targets: np.ndarray,
    labels: Sequence[str],
    calibration: Calibration,
    told: Sequence[str] | None = None,
    no_face_from: float = 1.0,
) -> Figures:
    """Figures for a network's answers.

    Args:
        logits: of shape (photos, labels).
        targets: indices of the right labels, of shape (photos,).
        labels: the network's outputs.
        calibration: chosen on other photos, see `calibrate`.
        told: those of them that people are told (see `Manifest.answers`); all by default. The calibration speaks of photos
            whose right answer and whose answer are both told.
        no_face_from: the probability of the other labels from which none is told, see `FaceSearch`.
    """
    answers, heard, truth = _told(logits, targets, labels, told, no_face_from)
    probabilities = softmax(heard / calibration.temperature)
    return Figures(
        labels=list(labels),
        confusion=confusion_matrix(targets, answers, labels=range(len(labels))),
        temperature=calibration.temperature,
        calibration_error=calibration_error(probabilities, truth),
        threshold=at_threshold(probabilities, truth, calibration.sure_from),
    )


def _told(
    logits: np.ndarray, targets: np.ndarray, labels: Sequence[str], told: Sequence[str] | None, no_face_from: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers to all photos; and, where both the answer and the right one are told, logits and targets of these labels."""
    columns = np.array([index for index, label in enumerate(labels) if told is None or label in told])
    nobody = no_faces(logits, columns.tolist(), no_face_from)
    answers = np.where(nobody, logits.argmax(axis=1), columns[logits[:, columns].argmax(axis=1)])
    kept = np.isin(targets, columns) & ~nobody
    return answers, logits[kept][:, columns], np.searchsorted(columns, targets[kept])


def fit_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """The one number that logits are divided by so that stated probabilities are true.

    Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", 2017: it minimizes the negative
    log-likelihood, and changes no answer. Searched between 0.2 and 5.
    """

    def loss(temperature: float) -> float:
        rows = softmax(logits / temperature)[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(rows, 1e-12)).mean())

    candidates = np.geomspace(0.2, 5, 200)
    return round(float(min(candidates, key=loss)), 4)


def calibration_error(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Expected calibration error of answers, see `expected_error`."""
    return expected_error(reliability(probabilities.max(1), probabilities.argmax(1) == targets))


@dataclass(frozen=True)
class Bin:
    """Answers that are about equally sure: their mean confidence, and how many are right."""

    confidence: float
    right: Share

    def as_json(self) -> dict[str, Any]:
        return {"confidence": round(self.confidence, 4), "right": self.right.as_json()}


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> list[Bin]:
    """Points of the calibration curve, from the least sure answers to the surest, in bins of equally many answers, at
    most `bins` and of at least `FEWEST_IN_BIN`: smaller ones would show chance."""
    if not len(right):
        return []
    parts = np.array_split(np.argsort(confidence, kind="stable"), min(bins, max(1, len(right) // FEWEST_IN_BIN)))
    return [Bin(float(confidence[part].mean()), Share(int(right[part].sum()), len(part))) for part in parts]


def expected_error(curve: Sequence[Bin]) -> float:
    """Expected calibration error (Naeini, Cooper, Hauskrecht, 2015): the mean distance of confidence and accuracy."""
    count = sum(part.right.of for part in curve)
    return sum(abs(part.confidence - part.right.value) * part.right.of for part in curve) / count if count else math.nan


def error_by_chance(confidence: np.ndarray, draws: int = 100) -> float:
    """The calibration error that answers of these confidences would show on average if every stated probability were
    true: what few photos bring about by themselves."""
    random = np.random.default_rng(0)
    errors = [
        expected_error(reliability(confidence, random.random(len(confidence)) < confidence)) for _ in range(draws)
    ]
    return float(np.mean(errors))


def choose_threshold(probabilities: np.ndarray, targets: np.ndarray, wanted: float = SURE_ACCURACY) -> float:
    """The lowest probability, between 0.5 and 0.95, from which `wanted` of the answers are right."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == targets
    for candidate in np.arange(50, 96) / 100:
        sure = confidence >= candidate
        if sure.any() and right[sure].mean() >= wanted:
            break
    return round(float(candidate), 2)


def at_threshold(probabilities: np.ndarray, targets: np.ndarray, sure_from: float) -> Threshold:
    """What calling answers sure from that probability on buys."""
    sure, right = probabilities.max(1) >= sure_from, probabilities.argmax(1) == targets
    return Threshold(sure_from, Share(int(sure.sum()), len(targets)), Share(int(right[sure].sum()), int(sure.sum())))
