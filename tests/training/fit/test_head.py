"""The linear head learns from frozen features, regularized by folds that keep copies together."""

import numpy as np
import pytest

from training.fit.head import fit_head, label_weights


def blobs(photos: int, labels: int, seed: int = 0, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Features of shape (photos, 2, 16) around a center per label, and targets; both views are alike."""
    random = np.random.default_rng(seed)
    centers = np.random.default_rng(99).normal(size=(labels, 16)) * 2
    targets = np.arange(photos) % labels
    own = centers[targets] + random.normal(size=(photos, 16)) * noise
    return np.stack([own, own + random.normal(size=own.shape) * 0.1], axis=1).astype(np.float32), targets


@pytest.mark.parametrize("labels", [2, 5])
def test_it_is_right_about_photos_it_has_not_seen(labels: int) -> None:
    features, targets = blobs(60, labels)
    head = fit_head(features, targets, range(60))
    asked, truth = blobs(200, labels, seed=1)
    assert (head.logits(asked[:, 0]).argmax(1) == truth).mean() > 0.95
    assert head.weight.shape == (labels, 16) and head.bias.shape == (labels,)


def test_out_of_fold_logits_are_as_right_as_the_head_is_on_new_photos() -> None:
    features, targets = blobs(300, 3, noise=4.0)
    head = fit_head(features, targets, range(300))
    asked, truth = blobs(3000, 3, seed=1, noise=4.0)
    new = (head.logits(asked[:, 0]).argmax(1) == truth).mean()
    assert head.out_of_fold is not None and head.out_of_fold.shape == (300, 2, 3)
    assert 0.5 < new < 0.95
    assert (head.out_of_fold[:, 0].argmax(1) == targets).mean() == pytest.approx(new, abs=0.07)


def test_a_copy_never_answers_for_its_twin() -> None:
    random = np.random.default_rng(0)
    once = random.normal(size=(60, 1, 200)).astype(np.float32)  # nothing to learn: labels are drawn
    targets = np.tile(np.repeat([0, 1], 30), 2)
    twice = np.concatenate([once, once])
    apart = fit_head(twice, targets, range(120)).out_of_fold
    together = fit_head(twice, targets, [*range(60), *range(60)]).out_of_fold
    assert apart is not None and together is not None
    assert (apart[:, 0].argmax(1) == targets).mean() > 0.9  # each had its twin among what was learned
    assert (together[:, 0].argmax(1) == targets).mean() < 0.7


def test_one_photo_of_a_label_leaves_nothing_to_ask() -> None:
    features, targets = blobs(12, 2)
    targets = np.array([0] * 11 + [1])
    assert fit_head(features, targets, range(12)).out_of_fold is None


def test_the_same_photos_give_the_same_head() -> None:
    features, targets = blobs(50, 4)
    one, other = fit_head(features, targets, range(50)), fit_head(features, targets, range(50))
    assert (one.weight == other.weight).all() and one.strength == other.strength


def test_the_scale_of_features_does_not_matter() -> None:
    features, targets = blobs(80, 3, noise=3.0)
    one, other = fit_head(features, targets, range(80)), fit_head(features * 1000, targets, range(80))
    assert one.strength == other.strength
    assert one.logits(features[:, 0]) == pytest.approx(other.logits(features[:, 0] * 1000), abs=1e-2)


def test_rare_labels_weigh_more_but_not_as_much_as_if_all_were_equal() -> None:
    many, few = label_weights(np.array([1600, 100]))
    assert few / many == pytest.approx(2.0) and (many + few) / 2 == pytest.approx(1.0)


def test_what_another_classifier_tells_apart_helps_where_photos_are_few() -> None:
    random = np.random.default_rng(5)
    told_by, other = random.normal(size=(2, 100))

    def photos(each: int) -> tuple[np.ndarray, np.ndarray]:
        signs = np.repeat([1, -1], each)
        own = random.normal(size=(2 * each, 100)) + 2.0 * signs[:, None] * told_by / np.linalg.norm(told_by)
        return own[:, None].astype(np.float32), (signs < 0).astype(int)

    features, targets = photos(6)
    asked, truth = photos(1000)

    def right(classifier: np.ndarray | None) -> float:
        head = fit_head(features, targets, range(12), classifier=classifier)
        return float((head.logits(asked[:, 0]).argmax(1) == truth).mean())

    assert right(np.stack([told_by, -told_by])) > right(None) + 0.05
    assert right(np.stack([other, -other])) > right(None) - 0.02
