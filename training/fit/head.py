"""The linear head on a frozen backbone's features: the first model of a run, learned in seconds.

Knows features of shape (photos, views, features) as NumPy arrays; nothing of pictures, networks or fastai.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold

from model.classifier import softmax
from model.teaching.head import stretch_of

STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)  # inverse strengths of regularization, of scaled features
MIDDLE = 0.01  # where cross-validation cannot choose
FOLDS, FOLDS_OF_MANY, MANY = 5, 3, 2000  # of the cross-validation; from MANY photos on, fewer
RARE = 0.25  # a photo weighs its label's count to the power of minus this


@dataclass(frozen=True)
class Head:
    """A linear layer, and what cross-validation says of it.

    Attributes:
        weight: of shape (labels, features).
        bias: of shape (labels,).
        strength: the inverse strength of regularization that cross-validation chose.
        out_of_fold: logits of shape (photos, views, labels), each by a head that has not seen that photo or a copy of it;
            None where a label has too few different photos for that.
    """

    weight: np.ndarray
    bias: np.ndarray
    strength: float
    out_of_fold: np.ndarray | None

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Of shape (photos, labels), for features of shape (photos, features)."""
        return np.asarray(features @ self.weight.T + self.bias)


def fit_head(
    features: np.ndarray,
    targets: np.ndarray,
    groups: Sequence[int],
    seed: int = 42,
    classifier: np.ndarray | None = None,
) -> Head:
    """Fits multinomial logistic regression, regularized as cross-validation says.

    A linear probe on frozen features beats a fine-tuned network where photos are few or unlike those in use (Kumar et al.,
    "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022).

    Args:
        features: of shape (photos, views, features); a view is the photo itself, first, or its mirror image.
        targets: indices of the labels, of shape (photos,); every label occurs.
        groups: photos of one group, such as copies, are never in different folds.
        seed: of the folds.
        classifier: of other things by the same features, see `stretch_of`: used where that helps in cross-validation.
    """
    folds = list(_folds(targets, groups, seed))
    head, loss = _regularized(features, targets, folds)
    if classifier is None or not folds:
        return head
    stretch = stretch_of(classifier)
    other, other_loss = _regularized(features @ stretch, targets, folds)
    return head if loss <= other_loss else replace(other, weight=other.weight @ stretch)


def _regularized(
    features: np.ndarray, targets: np.ndarray, folds: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[Head, float]:
    """The head with the strength that has the lowest loss in cross-validation, and that loss."""
    count, views, width = features.shape
    scale = float(np.sqrt(features.reshape(-1, width).var(axis=0).mean())) or 1.0
    scaled = (features / scale).astype(np.float32)
    weights = label_weights(np.bincount(targets))[targets]

    def fit(rows: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
        regression = LogisticRegression(C=strength / views, max_iter=500, tol=1e-3)
        inputs = scaled[rows].reshape(-1, width)
        regression.fit(inputs, np.repeat(targets[rows], views), np.repeat(weights[rows], views))
        return _rows_per_label(regression)

    best, lowest, out_of_fold = MIDDLE, np.inf, None
    for strength in STRENGTHS if folds else ():
        logits = np.zeros((count, views, targets.max() + 1), np.float32)
        for learned, asked in folds:
            weight, bias = fit(learned, strength)
            logits[asked] = scaled[asked] @ weight.T + bias
        loss = log_loss(targets, softmax(logits[:, 0]), labels=range(logits.shape[-1]))
        if loss >= lowest:
            break  # it falls and then rises: the rest is worse
        best, lowest, out_of_fold = strength, loss, logits
    weight, bias = fit(np.arange(count), best)
    return Head(weight / scale, bias, best, out_of_fold), lowest


def label_weights(counts: np.ndarray) -> np.ndarray:
    """How much a photo of each label weighs, 1 on average over the labels: more where photos are rare."""
    weights = np.maximum(counts, 1.0) ** -RARE
    return np.asarray(weights / weights.mean())


def _folds(targets: np.ndarray, groups: Sequence[int], seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of indices to learn from and to ask; none where a label would be missing from one of them."""
    fewest = min(
        len({groups[int(place)] for place in np.flatnonzero(targets == label)}) for label in np.unique(targets)
    )
    folds = min(FOLDS_OF_MANY if len(targets) >= MANY else FOLDS, fewest)
    if folds < 2:
        return []
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    pairs = list(splitter.split(targets, targets, groups))
    return pairs if all(len(np.unique(targets[learned])) == targets.max() + 1 for learned, _ in pairs) else []


def _rows_per_label(regression: LogisticRegression) -> tuple[np.ndarray, np.ndarray]:
    """Of two labels, scikit-learn keeps one row: the difference."""
    weight, bias = regression.coef_.astype(np.float32), regression.intercept_.astype(np.float32)
    if len(weight) == 1:
        return np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return weight, bias
