"""Fits a linear head on features, in a second and without a library for it: multinomial logistic regression.

Regularized as worked best for features of the general backbone, less with more photos, see `benchmarks.teach`. Minimized by accelerated
gradient descent with restarts (Nesterov, 1983; O'Donoghue and Candes, 2015), in the directions in which the photos differ most.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from model.classifier import softmax
from model.unlike import FURTHEST, distances, limit_of

PENALTY = 1e-2  # on the squared weights of unit vectors, with one photo a label; with more, so many times less
DIRECTIONS = 256
STEPS, SMALL = 300, 1e-5  # of descent at most, and the gradient at which it ends
FOLDS = 5
TEMPERATURES = np.geomspace(0.1, 3, 41)
REMEMBERED = 512  # photos that tell what is none of the labels
LEAST = 5  # photos of a label to learn it from
MANY = 1000  # photos from which on what another classifier knows helps no more
CHUNK = 512  # photos whose features are held in full at a time


@dataclass(frozen=True)
class Head:
    """What was learned.

    Attributes:
        labels: in the order of the logits.
        weight: of shape (features, labels).
        bias: of shape (labels,).
        temperature: divides the logits.
        known: unit vectors of photos learned from, of shape (photos, features).
        sure_within: the distance to them from which a picture is not surely one of the labels.
        right: whether each photo's label was the most probable one for a head that had not learned from it.
        doubt: how probable that head thought each photo's own label is not.
    """

    labels: tuple[str, ...]
    weight: np.ndarray
    bias: np.ndarray
    temperature: float
    known: np.ndarray
    sure_within: float
    right: np.ndarray
    doubt: np.ndarray


def fit_head(features: np.ndarray, labels: Sequence[str], seed: int = 0, classifier: np.ndarray | None = None) -> Head:
    """Fits a head, and asks heads that were fitted without each photo about it.

    Args:
        features: unit vectors of shape (photos, features).
        labels: of each photo; two at least, and two photos of each.
        seed: of the folds.
        classifier: of other things by the same features, see `stretch_of`: used where cross-validation says that it helps.
    """
    names = tuple(dict.fromkeys(labels))
    targets = np.array([names.index(label) for label in labels])
    fitted = [_fit(features, targets, seed)]
    if classifier is not None and len(features) < MANY:
        fitted.append(_fit(features, targets, seed, stretch_of(classifier)))
    best = min(fitted, key=lambda one: one.loss)
    own = np.arange(len(features)), targets
    chosen = np.random.default_rng(seed).permutation(len(features))[:REMEMBERED]
    remembered = features[chosen].astype(np.float32)
    apart = np.concatenate(
        [distances(rows, remembered, places[:, None] != chosen) for places, rows in _chunks(features)]
    )
    return Head(
        names,
        best.weight,
        best.bias,
        best.temperature,
        features[chosen],
        min(limit_of(apart), FURTHEST),
        best.out_of_fold.argmax(1) == targets,
        1 - softmax(best.out_of_fold / best.temperature)[own],
    )


def stretch_of(classifier: np.ndarray) -> np.ndarray:
    """What makes features longer in the directions by which a classifier tells other things apart, for a regularized head.

    This is a prior for the weights: what tells a thousand things apart probably tells these apart too (Raina, Ng and Koller,
    "Constructing informative priors using transfer learning", ICML 2006).

    Args:
        classifier: its weights, of shape (classes, features), with a mean of 0 over the classes.

    Returns:
        A symmetric matrix of shape (features, features), to multiply features with; the square root of half the sum of the
        identity and the weights' covariance, scaled to a mean variance of 1.
    """
    rows = classifier.astype(np.float32)
    width = rows.shape[1]
    rows *= np.sqrt(width / np.square(rows).sum())
    few = len(rows) < width
    variances, vectors = np.linalg.eigh(rows @ rows.T if few else rows.T @ rows)
    kept = variances > variances.max() * 1e-6
    variances, vectors = variances[kept], vectors[:, kept]
    directions = rows.T @ (vectors / np.sqrt(variances)) if few else vectors
    stretch = np.eye(width, dtype=np.float32) + (directions * (np.sqrt(1 + variances) - 1)) @ directions.T
    return np.asarray(stretch / np.sqrt(2), np.float32)


def interval(right: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share by Wilson (1927), which holds for few photos and near 100% too."""
    z, share = 1.96, right / of
    middle, reach = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - reach) / (1 + z * z / of), (middle + reach) / (1 + z * z / of)


@dataclass(frozen=True)
class _Fitted:
    """A linear layer, and logits by layers that were fitted without each photo, with their loss at the best temperature."""

    weight: np.ndarray
    bias: np.ndarray
    out_of_fold: np.ndarray
    temperature: float
    loss: float


def _fit(features: np.ndarray, targets: np.ndarray, seed: int, stretch: np.ndarray | None = None) -> _Fitted:
    center = features.mean(0, dtype=np.float32)
    directions = _directions(features, center, stretch)
    reduced = np.concatenate([(rows - center) @ directions for _, rows in _chunks(features)])
    labels = targets.max() + 1
    weight, bias = _descend(reduced, targets, labels)
    asked = np.zeros((len(features), labels), np.float32)
    for held in _folds(targets, seed):
        rest = np.setdiff1d(np.arange(len(features)), held)
        fold_weight, fold_bias = _descend(reduced[rest], targets[rest], labels)
        asked[held] = reduced[held] @ fold_weight + fold_bias
    own = np.arange(len(features)), targets
    losses = [-np.log(softmax(asked / heat)[own] + 1e-9).mean() for heat in TEMPERATURES]
    best = int(np.argmin(losses))
    full = directions @ weight
    return _Fitted(full, bias - center @ full, asked, float(TEMPERATURES[best]), float(losses[best]))


def _chunks(features: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places and float32 features of some photos after the others: all at once would take five times what is kept of them."""
    for start in range(0, len(features), CHUNK):
        rows = features[start : start + CHUNK].astype(np.float32)
        yield np.arange(start, start + len(rows)), rows


def _directions(features: np.ndarray, center: np.ndarray, stretch: np.ndarray | None) -> np.ndarray:
    """Columns that reduce centered features, stretched, to where they differ most: all directions, or the first `DIRECTIONS`."""
    if few := len(features) < features.shape[1]:
        centered = features.astype(np.float32) - center
        centered = centered if stretch is None else centered @ stretch
        values, vectors = np.linalg.eigh(centered @ centered.T)
    else:
        square = np.zeros((len(center), len(center)), np.float32)
        for _, rows in _chunks(features):
            square += (rows - center).T @ (rows - center)
        values, vectors = np.linalg.eigh(square if stretch is None else stretch @ square @ stretch)
    best = values.argsort()[::-1][:DIRECTIONS]
    best = best[values[best] > values.max() * 1e-6]
    directions = centered.T @ (vectors[:, best] / np.sqrt(values[best])) if few else vectors[:, best]
    return np.asarray(directions if stretch is None else stretch @ directions, np.float32)


def _descend(inputs: np.ndarray, targets: np.ndarray, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of shape (inputs, labels), and biases."""
    rows = np.hstack([inputs, np.full((len(inputs), 1), 0.3, np.float32)])  # the last weight makes the bias
    wanted = np.eye(labels, dtype=np.float32)[targets]
    penalty = np.float32(PENALTY * labels / len(rows))
    slope = np.float32(0.5 * np.linalg.eigvalsh(rows.T @ rows)[-1] / len(rows) + penalty)
    weight: np.ndarray = np.zeros((rows.shape[1], labels), np.float32)
    ahead = weight
    momentum = 1.0
    for _ in range(STEPS):
        told = rows @ ahead
        np.exp(told - told.max(1, keepdims=True), out=told)  # a softmax in float32, which is enough here, and faster
        told /= told.sum(1, keepdims=True)
        told -= wanted
        gradient = rows.T @ told / len(rows) + penalty * ahead
        if np.abs(gradient).max() < SMALL:
            break
        moved = ahead - gradient / slope
        if float(((ahead - moved) * (moved - weight)).sum()) > 0:
            momentum = 1.0  # it went too far: start anew from here
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + np.float32((momentum - 1) / following) * (moved - weight)
        weight, momentum = moved, following
    return weight[:-1], weight[-1] * np.float32(0.3)


def _folds(targets: np.ndarray, seed: int) -> list[np.ndarray]:
    """Places of photos that are asked about together, with about the same share of each label in each fold."""
    chance = np.random.default_rng(seed)
    fold = np.empty(len(targets), int)
    start = 0
    for label in np.unique(targets):
        places = chance.permutation(np.flatnonzero(targets == label))
        fold[places] = (start + np.arange(len(places))) % FOLDS
        start += len(places)
    return [np.flatnonzero(fold == number) for number in range(FOLDS) if (fold == number).any()]
