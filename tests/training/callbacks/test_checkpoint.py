"""A training that was broken off goes on to the very result it would have had, and its files are whole at any moment."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fastai.callback.core import Callback
from fastai.callback.tracker import EarlyStoppingCallback, ReduceLROnPlateau
from fastai.learner import Learner
from fastai.torch_core import set_seed
from fastai.vision.augment import RandTransform, Resize
from fastai.vision.core import PILImage
from PIL import Image
from torch import nn

from tests.training.learners import make_learner, save_photos, tiny_network
from training.callbacks.best_model import KeepBest, StopOnNaN
from training.callbacks.checkpoint import LAST, CheckpointError, Checkpoints, Resume, read_checkpoint
from training.callbacks.schedule import FineTune

STEPS = 3  # of an epoch: six photos, two a step


class Jitter(RandTransform):
    """Changes a training picture by chance, with the random numbers of Python, NumPy and PyTorch."""

    split_idx, order = 0, 2

    def encodes(self, x: PILImage) -> PILImage:
        light = random.random() + float(np.random.rand()) + float(torch.rand(()))
        return PILImage(Image.fromarray((np.asarray(x) * (light / 3)).astype(np.uint8)))


class BreakOff(Callback):
    """A power cut after so many steps."""

    order, run_valid = 90, False

    def __init__(self, after: int):
        super().__init__()
        self._after = after

    def after_batch(self) -> None:
        if self.train_iter == self._after:
            raise SystemExit


def body_and_head(network: nn.Sequential) -> list[list[nn.Parameter]]:
    return [list(network[:-1].parameters()), list(network[-1].parameters())]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    save_photos(folder, size=(40, 40))
    return folder


@pytest.fixture
def learner_of(photos: Path) -> Callable[[], Learner]:
    def make() -> Learner:
        """The same learner each time, whose training depends on chance in every way there is."""
        set_seed(7, reproducible=True)
        learner = make_learner(photos, [Resize(32), Jitter(p=1.0)], network=tiny_network(2))
        learner.splitter = body_and_head
        return learner

    return make


def fitted(learner: Learner, folder: Path, epochs: int = 3, every: str | int = "epoch", *more: Callback) -> Learner:
    callbacks = [FineTune(0.05, lr_mult=4), KeepBest(folder), Checkpoints(folder, every), Resume(folder), *more]
    with learner.no_bar(), learner.no_logging():
        learner.fit(epochs, cbs=callbacks)
    return learner


def assert_same(one: Path, other: Path) -> None:
    """Everything that the last checkpoints of two runs hold is the same, but for the time that epochs took."""
    kept, expected = read_checkpoint(one, {}), read_checkpoint(other, {})
    assert kept and expected
    assert_alike(kept, expected)


def assert_alike(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        one, other = list(one.values()), list(other.values())
    if isinstance(one, list | tuple):
        assert len(one) == len(other)
        for part, counterpart in zip(one, other, strict=True):
            assert_alike(part, counterpart)
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize("every", ["epoch", 2])
@pytest.mark.parametrize("after", [1, 4, 5, 8])
def test_a_training_broken_off_anywhere_goes_on_to_the_same_state(
    every: str | int, after: int, learner_of: Callable[[], Learner], tmp_path: Path
) -> None:
    whole = fitted(learner_of(), tmp_path / "whole", every=every)
    with pytest.raises(SystemExit):
        fitted(learner_of(), tmp_path / "broken", 3, every, BreakOff(after))
    resumed = fitted(learner_of(), tmp_path / "broken", every=every)
    assert_same(tmp_path / "broken", tmp_path / "whole")
    assert resumed.recorder.values == whole.recorder.values
    assert len(resumed.recorder.losses) == len(resumed.recorder.lrs) == 3 * STEPS
    assert_alike(resumed.model.state_dict(), whole.model.state_dict())  # the best ones


@pytest.mark.parametrize("lost", ["set_random_state", "set_order", "go_on_in"])
def test_without_the_random_state_it_would_be_another_result(
    lost: str, learner_of: Callable[[], Learner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted(learner_of(), tmp_path / "whole", 2, 1)
    with pytest.raises(SystemExit):
        fitted(learner_of(), tmp_path / "broken", 2, 1, BreakOff(STEPS + 1))
    monkeypatch.setattr(f"training.callbacks.checkpoint.{lost}", lambda *_: None)
    monkeypatch.setattr(f"training.callbacks.random_state.{lost}", lambda *_: None)
    fitted(learner_of(), tmp_path / "broken", 2, 1)
    with pytest.raises(AssertionError):
        assert_same(tmp_path / "broken", tmp_path / "whole")


def test_a_finished_run_goes_on_when_more_epochs_are_asked_for(
    learner_of: Callable[[], Learner], tmp_path: Path
) -> None:
    fitted(learner_of(), tmp_path, epochs=2)
    before = read_checkpoint(tmp_path, {})
    again = fitted(learner_of(), tmp_path, epochs=2)
    assert len(again.recorder.values) == 2 and len(again.recorder.losses) == 2 * STEPS
    assert before and torch.equal(read_checkpoint(tmp_path, {})["model"]["6.weight"], before["model"]["6.weight"])
    more = fitted(learner_of(), tmp_path, epochs=4)
    assert len(more.recorder.values) == 4 and len(more.recorder.losses) == 4 * STEPS
    rates = more.recorder.lrs
    assert rates[2 * STEPS :][0] < max(rates[2 * STEPS :]) > rates[-1], "the added epochs are a cycle of their own"


def test_one_fit_does_what_fine_tune_does(learner_of: Callable[[], Learner]) -> None:
    rates = dict[str, list[list[float]]]()
    for name in ("fine_tune", "one fit"):
        seen = rates.setdefault(name, [])
        learner = learner_of()
        watch = Callback(after_step=lambda self, seen=seen: seen.append([h["lr"] for h in self.opt.hypers]))  # type: ignore[misc]
        watch.order = 61
        with learner.no_bar(), learner.no_logging():
            if name == "one fit":
                learner.fit(3, cbs=[FineTune(0.05, lr_mult=4), watch])
            else:
                learner.fine_tune(2, 0.05, lr_mult=4, cbs=watch)
    one, two = (np.array(seen)[:, -1] for seen in rates.values())
    np.testing.assert_allclose(one, two, rtol=1e-5)
    np.testing.assert_allclose(*(np.array(seen)[STEPS:] for seen in rates.values()), rtol=1e-5)


def test_a_checkpoint_is_written_whole_or_not_at_all(
    learner_of: Callable[[], Learner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted(learner_of(), tmp_path, epochs=2)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    honest = torch.save

    def full_disk(state: Any, file: Any) -> None:
        honest(state, file)
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        fitted(learner_of(), tmp_path, epochs=4)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 half"])
def test_a_damaged_checkpoint_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / LAST).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"last\.pth is damaged or not a checkpoint"):
        Resume(tmp_path)


def test_a_run_of_other_settings_is_not_gone_on_with(learner_of: Callable[[], Learner], tmp_path: Path) -> None:
    learner = learner_of()
    with learner.no_bar(), learner.no_logging():
        learner.fit(1, cbs=Checkpoints(tmp_path, about={"size": 128}))
    Resume(tmp_path, about={"size": 128})
    with pytest.raises(CheckpointError, match="was started with size 128, not 96"):
        Resume(tmp_path, about={"size": 96})


def test_asked_to_stop_it_writes_where_it_stands(learner_of: Callable[[], Learner], tmp_path: Path) -> None:
    learner = learner_of()
    asked = iter([False, False, False, False, True])
    with learner.no_bar(), learner.no_logging(), pytest.raises(KeyboardInterrupt):
        learner.fit(3, cbs=Checkpoints(tmp_path, stop=lambda: next(asked)))
    kept = read_checkpoint(tmp_path, {})
    assert kept and (kept["epoch"], kept["batch"]) == (1, 1)


def test_within_an_epoch_only_as_many_processes_go_on(
    learner_of: Callable[[], Learner], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted(learner_of(), tmp_path / "whole", 1)
    with pytest.raises(SystemExit):
        fitted(learner_of(), tmp_path / "broken", 1, 2, BreakOff(2))
    monkeypatch.setenv("WORLD_SIZE", "2")
    Resume(tmp_path / "whole")
    with pytest.raises(CheckpointError, match=r"with 1 process\(es\), not 2: resume with 1"):
        Resume(tmp_path / "broken")


def test_patience_is_counted_across_a_break(learner_of: Callable[[], Learner], tmp_path: Path) -> None:
    def run(folder: Path, *more: Callback) -> Learner:
        plateau = ReduceLROnPlateau(min_delta=100, patience=2, factor=5)  # which no epoch reaches
        stop = EarlyStoppingCallback(min_delta=100, patience=5)
        callbacks = [FineTune(0.05, flat=True), plateau, stop, Checkpoints(folder), Resume(folder), *more]
        learner = learner_of()
        with learner.no_bar(), learner.no_logging():
            learner.fit(20, cbs=callbacks)
        return learner

    whole = run(tmp_path / "whole")
    assert len(whole.recorder.values) == 6
    with pytest.raises(SystemExit):
        run(tmp_path / "broken", BreakOff(4 * STEPS + 1))
    resumed = run(tmp_path / "broken")
    assert len(resumed.recorder.values) == 6
    assert resumed.recorder.lrs == whole.recorder.lrs
    assert resumed.recorder.lrs[-1] == pytest.approx(whole.recorder.lrs[2 * STEPS] / 5**2)
    assert_same(tmp_path / "broken", tmp_path / "whole")
    assert len(run(tmp_path / "whole").recorder.values) == 6, "what was stopped early is not trained further"


def test_a_loss_that_is_no_number_stops_the_training_and_leaves_the_good_checkpoint(
    learner_of: Callable[[], Learner], tmp_path: Path
) -> None:
    class Spoil(Callback):
        def before_batch(self) -> None:
            if self.training and self.train_iter == 4:
                self.learn.xb = (self.xb[0] * float("nan"),)

    stop = StopOnNaN()
    fitted(learner_of(), tmp_path, 3, "epoch", Spoil(), stop)
    assert stop.problem and "became NaN in epoch 1 at step 2 of 3" in stop.problem
    kept = read_checkpoint(tmp_path, {})
    assert kept and kept["epoch"] == 1
    assert all(torch.isfinite(value).all() for value in kept["model"].values())
