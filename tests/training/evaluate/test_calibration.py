"""The figures that a bundle states about itself are the ones statistics books give."""

import json
import math

import numpy as np
import pytest

from model.classifier import softmax
from training.evaluate.calibration import (
    Calibration,
    Share,
    at_threshold,
    calibrate,
    calibration_error,
    choose_threshold,
    error_by_chance,
    fit_temperature,
    measure,
    reliability,
)


def answers(count: int, labels: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are exactly as sure as they should be, and targets drawn from them."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, (count, labels))
    chances = softmax(logits)
    return logits, (chances.cumsum(axis=1) < random.random((count, 1))).sum(axis=1)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (10, 10, 0.7225, 1.0)],
)
def test_a_share_has_wilsons_interval(right: int, of: int, low: float, high: float) -> None:
    assert Share(right, of).interval == pytest.approx((low, high), abs=1e-4)


def test_more_photos_give_a_narrower_interval() -> None:
    widths = [np.diff(Share(9 * count, 10 * count).interval)[0] for count in (1, 10, 100)]
    assert widths == sorted(widths, reverse=True)


def test_a_share_of_nothing_is_said_to_be_none_and_is_valid_json() -> None:
    nothing = Share(0, 0)
    assert str(nothing) == "none" and nothing.interval == (0, 1) and math.isnan(nothing.value)
    assert json.loads(json.dumps(nothing.as_json(), allow_nan=False))["share"] is None


@pytest.mark.parametrize("too_sure", [0.5, 1.0, 2.0, 3.0])
def test_the_temperature_undoes_how_much_too_sure_a_network_is(too_sure: float) -> None:
    logits, targets = answers(20_000, labels=3)
    assert fit_temperature(logits * too_sure, targets) == pytest.approx(too_sure, rel=0.05)


def test_the_temperature_stays_within_bounds_where_every_answer_is_right_or_wrong() -> None:
    logits = np.array([[3.0, -3.0], [-3.0, 3.0]])
    assert fit_temperature(logits, np.array([0, 1])) == pytest.approx(0.2)
    assert fit_temperature(logits, np.array([1, 0])) == pytest.approx(5)


def test_true_probabilities_have_next_to_no_calibration_error() -> None:
    logits, targets = answers(20_000)
    assert calibration_error(softmax(logits), targets) < 0.015


def test_few_true_probabilities_show_an_error_that_is_chance() -> None:
    few, many = (softmax(answers(count)[0]).max(axis=1) for count in (200, 20_000))
    assert error_by_chance(few) > 3 * error_by_chance(many) > 0
    logits, targets = answers(2_000)
    assert calibration_error(softmax(logits), targets) == pytest.approx(
        error_by_chance(softmax(logits).max(axis=1)), abs=0.02
    )


def test_the_curve_goes_from_the_least_sure_to_the_surest_and_counts_every_answer_once() -> None:
    logits, targets = answers(1_003)
    probabilities = softmax(logits)
    curve = reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == targets)
    assert len(curve) == 15 and sum(part.right.of for part in curve) == 1_003
    assert [part.confidence for part in curve] == sorted(part.confidence for part in curve)
    assert len(reliability(np.array([0.9, 0.8]), np.array([True, False]))) == 1


def test_answers_that_are_always_half_right_and_fully_sure_are_off_by_a_half() -> None:
    sure = np.tile([[1.0, 0.0]], (100, 1))
    assert calibration_error(sure, np.arange(100) % 2) == pytest.approx(0.5)


def test_the_threshold_is_the_lowest_from_which_enough_answers_are_right() -> None:
    confidence = np.repeat([0.6, 0.7, 0.8, 0.9], 100)
    targets = np.zeros(400, dtype=int)
    targets[:150] = 1  # all of those at 0.6 and half of those at 0.7 are wrong
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    chosen = at_threshold(probabilities, targets, choose_threshold(probabilities, targets, wanted=0.99))
    assert 0.7 < chosen.sure_from <= 0.8
    assert (chosen.coverage.right, chosen.coverage.of) == (200, 400)
    assert (chosen.accuracy.right, chosen.accuracy.of) == (200, 200)


def test_a_network_that_is_never_right_enough_is_sure_from_95_percent_only() -> None:
    probabilities = np.tile([[0.9, 0.1]], (50, 1))
    assert choose_threshold(probabilities, np.ones(50, dtype=int)) == 0.95
    assert at_threshold(probabilities, np.ones(50, dtype=int), 0.95).coverage.right == 0


def test_the_confusion_gives_accuracy_recall_and_precision() -> None:
    logits = np.array([[2.0, 0], [2.0, 0], [2.0, 0], [0, 2.0]])
    figures = measure(logits, np.array([0, 0, 1, 1]), ["cat", "dog"], Calibration(1.0, 0.8))
    assert figures.confusion.tolist() == [[2, 0], [1, 1]]
    assert (figures.accuracy.right, figures.accuracy.of) == (3, 4)
    assert figures.recall("dog") == Share(1, 2) and figures.precision("dog") == Share(1, 1)
    assert figures.recall("cat") == Share(2, 2) and figures.precision("cat") == Share(2, 3)


def test_figures_are_valid_json_also_when_a_label_is_never_answered() -> None:
    figures = measure(np.array([[2.0, 0], [2.0, 0]]), np.array([0, 1]), ["cat", "dog"], Calibration(1.0, 0.8))
    held_out = json.loads(json.dumps(figures.as_json(), allow_nan=False))["held_out"]
    assert held_out["accuracy"]["share"] == 0.5
    assert held_out["precision"]["dog"]["of"] == 0


def test_what_is_chosen_on_some_photos_is_kept_for_others() -> None:
    random = np.random.default_rng(0)
    targets = random.integers(0, 2, 2000)
    logits = random.normal(size=(2000, 2)) + 1.5 * np.eye(2)[targets]
    chosen = calibrate(logits[:1000] * 3, targets[:1000], ["cat", "dog"])
    figures = measure(logits[1000:] * 3, targets[1000:], ["cat", "dog"], chosen)
    assert chosen.temperature > 1.5  # three times too sure
    assert (figures.temperature, figures.threshold.sure_from) == (chosen.temperature, chosen.sure_from)
    assert figures.calibration_error < 0.06
