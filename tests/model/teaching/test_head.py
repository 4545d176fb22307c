"""A head that is taught uses what another classifier tells apart where that helps, and only there."""

import numpy as np
import pytest

from model.teaching.head import fit_head, stretch_of

WIDTH = 60


def taught(each: int, seed: int, told_by: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Unit vectors that noise fills, with a little of the direction for one label and against it for the other."""
    random = np.random.default_rng(seed)
    signs = np.repeat([1, -1], each)
    features = random.normal(size=(2 * each, WIDTH)) + 2.0 * signs[:, None] * told_by / np.linalg.norm(told_by)
    return features / np.linalg.norm(features, axis=1, keepdims=True), [
        "for" if sign > 0 else "against" for sign in signs
    ]


def right(classifier: np.ndarray | None, told_by: np.ndarray, each: int) -> float:
    """The share of new photos that heads answer right which were taught so many photos of each label, five times."""
    asked, truth = taught(500, 99, told_by)
    shares = []
    for seed in range(5):
        head = fit_head(*taught(each, seed, told_by), classifier=classifier)
        best = (asked @ head.weight + head.bias).argmax(1)
        shares.append(np.mean([head.labels[place] == label for place, label in zip(best, truth, strict=True)]))
    return float(np.mean(shares))


def test_what_a_classifier_tells_apart_helps_to_tell_the_same_apart() -> None:
    told_by = np.random.default_rng(1).normal(size=WIDTH)
    knowing = np.stack([told_by, -told_by])
    assert right(knowing, told_by, 5) > right(None, told_by, 5) + 0.05


def test_what_a_classifier_tells_apart_does_no_harm_where_it_is_something_else() -> None:
    random = np.random.default_rng(1)
    told_by, other = random.normal(size=(2, WIDTH))
    assert right(np.stack([other, -other]), told_by, 20) > right(None, told_by, 20) - 0.03


@pytest.mark.parametrize("classes", [7, 90])
def test_stretching_is_the_root_of_the_weights_covariance(classes: int) -> None:
    weights = np.random.default_rng(0).normal(size=(classes, WIDTH))
    weights -= weights.mean(0)
    covariance = weights.T @ weights
    covariance *= WIDTH / np.trace(covariance)
    stretch = stretch_of(weights)
    assert stretch @ stretch == pytest.approx((np.eye(WIDTH) + covariance) / 2, abs=1e-4)
    assert stretch == pytest.approx(stretch.T, abs=1e-6)
