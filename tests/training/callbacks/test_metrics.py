"""A function of one's own sees all the answers of an epoch at once, and its numbers are columns like any other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastai.metrics import accuracy

from tests.training.callbacks.learners import make_learner
from training.callbacks.best_model import BEST, KeepBest
from training.callbacks.csv_logger import History, PlainRows, read_history
from training.callbacks.metrics import MetricError, SecondSet, load_metric, own_metrics

Seen = list[tuple[np.ndarray, np.ndarray]]


def watching(seen: Seen) -> Callable[[np.ndarray, np.ndarray], dict[str, float]]:
    def both(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        seen.append((probabilities, labels))
        return {"right": (probabilities.argmax(1) == labels).mean(), "photos": len(labels)}

    return both


def test_it_gets_the_whole_set_as_arrays_and_gives_columns(tmp_path: Path) -> None:
    learner, seen = make_learner(), Seen()
    learner.metrics = [accuracy, *own_metrics([watching(seen), lambda p, y: p.max()], labels=2)]
    seen.clear()  # the made-up answers
    with learner.no_bar(), learner.no_logging():
        learner.fit(2, cbs=[KeepBest(tmp_path, "right"), History(tmp_path)])
    assert len(seen) == 2, "once an epoch"
    for probabilities, labels in seen:
        assert isinstance(probabilities, np.ndarray) and isinstance(labels, np.ndarray)
        assert (probabilities.shape, labels.shape) == ((8, 2), (8,))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    rows = read_history(tmp_path / "history.csv")
    assert [row["right"] for row in rows] == [row["accuracy"] for row in rows]
    assert [float(row["photos"]) for row in rows] == [8, 8]
    assert float(rows[1]["<lambda>"]) == pytest.approx(seen[1][0].max())
    assert (tmp_path / BEST).is_file()


def test_a_second_set_is_measured_after_each_epoch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learner, seen = make_learner(), Seen()
    second = SecondSet(learner.dls.train, [watching(seen)], labels=2)
    learner.metrics = [accuracy, *second.metrics]
    with learner.no_bar(), learner.no_logging():
        learner.fit(2, cbs=[second, History(tmp_path), PlainRows()])
    row = read_history(tmp_path / "history.csv")[1]
    assert float(row["eval_photos"]) == 32
    assert float(row["eval_right"]) == pytest.approx(1 - float(row["eval_error_rate"]))
    loss, right = learner.validate(0)[:2]  # fastai's own, on the same set
    assert float(row["eval_loss"]) == pytest.approx(loss, rel=1e-4)
    assert float(row["eval_right"]) == pytest.approx(right)
    assert capsys.readouterr().out.splitlines()[0].split()[-3:-1] == ["eval_right", "eval_photos"]


def test_one_that_fails_later_does_not_end_the_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fragile(probabilities: np.ndarray, labels: np.ndarray) -> float:
        if len(labels) == 8:
            raise ZeroDivisionError("no photo\nof that kind")
        return 1.0

    learner = make_learner()
    learner.metrics = own_metrics([fragile], labels=2)
    with learner.no_bar(), learner.no_logging():
        learner.fit(2, cbs=History(tmp_path))
    assert [row["fragile"] for row in read_history(tmp_path / "history.csv")] == ["nan", "nan"]
    assert "The metric fragile failed: ZeroDivisionError: no photo of that kind" in capsys.readouterr().err


def no_number(probabilities: np.ndarray, labels: np.ndarray) -> Any:
    return "high"


def broken(probabilities: np.ndarray, labels: np.ndarray) -> Any:
    return probabilities[:, 7]


@pytest.mark.parametrize("function", [no_number, broken])
def test_one_that_cannot_work_is_said_before_the_training(function: Callable[..., Any]) -> None:
    with pytest.raises(MetricError, match=f"The metric {function.__name__} does not work: [A-Z]"):
        own_metrics([function], labels=3)


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(MetricError, match="Two metrics are called no_name: rename one"):
        own_metrics([lambda p, y: {"no_name": 1}, lambda p, y: {"no_name": 2}], labels=2)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no_such_module_of_mine:f", "there is no module no_such_module_of_mine"),
        ("math:no_such", "math has no no_such"),
        ("math:pi", "is not a function"),
    ],
)
def test_what_is_not_found_is_named(name: str, line: str) -> None:
    with pytest.raises(MetricError, match=line):
        load_metric(name)


def test_a_function_is_found_by_its_name() -> None:
    assert load_metric("numpy:average") is np.average
