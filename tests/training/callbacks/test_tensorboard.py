"""TensorBoard's own reader finds what a training wrote, also when it was broken off and gone on with."""

from pathlib import Path

import pytest
from fastai.callback.core import Callback
from fastai.metrics import error_rate
from fastai.vision.augment import Resize
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.training.learners import make_learner, save_photos, tiny_network
from training.callbacks.checkpoint import Checkpoints, Resume
from training.callbacks.csv_logger import History, read_history
from training.callbacks.loss_plot import CURVES, SaveCurves
from training.callbacks.tensorboard import Board

STEPS = 3


class BreakOff(Callback):
    order = 90

    def after_batch(self) -> None:
        if self.training and self.train_iter == STEPS + 2:
            raise SystemExit


def fit(photos: Path, run: Path, *more: Callback) -> None:
    learner = make_learner(photos, Resize(32), network=tiny_network(2))
    learner.metrics = [error_rate]
    callbacks = [Board(run), History(run), SaveCurves(run), Checkpoints(run), Resume(run), *more]
    with learner.no_bar(), learner.no_logging():
        learner.fit(3, cbs=callbacks)


def test_tensorboard_shows_a_run_that_was_broken_off_as_one(tmp_path: Path) -> None:
    run, photos = tmp_path / "run", tmp_path / "photos"
    save_photos(photos, size=(40, 40))
    with pytest.raises(SystemExit):
        fit(photos, run, BreakOff())
    fit(photos, run)

    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    tags = events.Tags()
    assert {"train_loss", "valid_loss", "error_rate", "lr_0", "mom_0"} <= set(tags["scalars"])
    assert tags["images"] == ["Sample results"] and tags["graph"]
    assert events.Graph().node, "the network's graph"
    for tag in ("train_loss", "lr_0"):
        assert [event.step for event in events.Scalars(tag)] == list(range(1, 3 * STEPS + 1)), tag
    rows = read_history(run / "history.csv")
    assert [event.step for event in events.Scalars("valid_loss")] == [STEPS, 2 * STEPS, 3 * STEPS]
    for tag in ("valid_loss", "error_rate"):
        written = [float(row[tag]) for row in rows]
        assert [event.value for event in events.Scalars(tag)] == pytest.approx(written, rel=1e-5)
    assert [event.step for event in events.Images("Sample results")] == [STEPS, 2 * STEPS, 3 * STEPS]
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert (run / CURVES).read_bytes().startswith(b"\x89PNG")
