"""Saves checkpoints, and resumes training from them with the same result as an uninterrupted run.

Works with any fastai learner:

    learn.fit_one_cycle(6, cbs=[Checkpoints("runs/cats"), Resume("runs/cats")])

Run the same line again after a crash: it resumes from the last checkpoint and reaches the same weights, bit for bit, as long
as pictures are read by the process that trains (`num_workers=0`) on a processor that computes the same each
time. Given more epochs than a finished run had, it trains the ones that are missing. So do several processes together
(`learn.distrib_ctx()`), of which the first writes for all; from the end of an epoch, a different number may resume.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from fastai.callback.core import Callback
from fastai.callback.tracker import TrackerCallback
from fastai.learner import Recorder
from fastai.torch_core import get_model, to_device
from fastcore.foundation import L

from training.callbacks.atomic_write import write_whole
from training.callbacks.distributed import anywhere, is_first, of_all, processes, rank
from training.callbacks.random_state import go_on_in, order_of, random_state, set_order, set_random_state

LAST = "last.pth"
TRACKED = ("best", "wait")  # what fastai's trackers remember from epoch to epoch


class CheckpointError(ValueError):
    """Raised if a checkpoint cannot be resumed from; the message says why and what to do."""


class Checkpoints(Callback):
    """Writes `last.pth`, whole or not at all: weights, optimizer, position, random state, and what callbacks remember.

    Your own callback is included if it has `state_dict` and `load_state_dict`.

    Args:
        folder: where to.
        every: "epoch", or a number of steps; 0 for none.
        about: plain values, by name, that must be the same when the run is resumed.
        stop: asked after each step; once true, a checkpoint is written and `KeyboardInterrupt` raised.
    """

    order, run_valid = 70, False  # after everything that an epoch's end changes

    def __init__(
        self,
        folder: Path | str,
        every: str | int = "epoch",
        about: Mapping[str, Any] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ):
        super().__init__()
        self._file, self._every, self._about, self._stop = Path(folder) / LAST, every, dict(about or {}), stop

    def before_train(self) -> None:
        self._order = order_of(self.dls.train)

    def after_batch(self) -> None:
        stop = anywhere(self._stop(), self.loss.device)
        if self._every and (stop or (self._every != "epoch" and self.train_iter % int(self._every) == 0)):
            self._write(self.epoch, self.iter + 1)
        if stop:
            raise KeyboardInterrupt

    def after_epoch(self) -> None:
        stop = anywhere(self._stop(), self.loss.device)
        if self._every and (self._every == "epoch" or stop or self.epoch + 1 == self.n_epoch):
            self._write(self.epoch + 1, 0)
        if stop:
            raise KeyboardInterrupt

    def after_cancel_fit(self) -> None:
        """Another callback ended the training, at the end of an epoch or, because something broke, in its middle."""
        if self._every and len(self.recorder.values) == self.epoch + 1:
            self._write(self.epoch + 1, 0, enough=self.n_epoch)

    def _write(self, epoch: int, batch: int, enough: int = 0) -> None:
        first, *others = of_all(random_state())
        if not is_first():
            return
        optimizer = self.opt.state_dict()
        state = {
            "about": self._about,
            "epoch": epoch,
            "batch": batch,
            "enough": enough,  # was stopped early, being asked for so many epochs
            "train_iter": self.train_iter,
            "pct_train": self.pct_train,
            "model": get_model(self.model).state_dict(),
            "optimizer": {"state": list(optimizer["state"]), "hypers": [dict(group) for group in optimizer["hypers"]]},
            "callbacks": {cb.name: kept for cb in self.learn.cbs if (kept := _state_of(cb))},
            "random": first,
            "others": others,  # the random states of further processes
            "order": self._order if batch else order_of(self.dls.train),
        }
        write_whole(self._file, lambda file: torch.save(_plain(state), file))


class Resume(Callback):
    """Resumes from the checkpoint in a folder, if there is one, when the learner is fitted.

    Args:
        folder: where `Checkpoints` wrote to.
        about: see `Checkpoints`.

    Raises:
        CheckpointError: the file cannot be read, the run it belongs to was another one, or it was broken off within an
            epoch that another number of processes shared.
    """

    order = -5  # after fastai has set its counters, before anybody reads them

    def __init__(self, folder: Path | str, about: Mapping[str, Any] | None = None):
        super().__init__()
        self._kept = read_checkpoint(Path(folder), about or {})
        self._first: int = self._kept["epoch"] if self._kept else 0
        self._skipped: int = self._kept["batch"] if self._kept else 0
        shared, now = len(_random_states(self._kept)) if self._kept else 1, processes()
        if self._skipped and shared != now:
            raise CheckpointError(
                f"{folder} was interrupted within an epoch of a run with {shared} process(es), not {now}: resume with "
                f"{shared} until that epoch ends, or start a new run."
            )

    def before_fit(self) -> None:
        if self._kept:
            self._epochs = self.n_epoch
            self.learn.n_epoch = 0 if self._epochs <= self._kept["enough"] else max(0, self._epochs - self._first)
            self.learn.epoch, self.learn.train_iter = self._first, self._kept["train_iter"]

    def before_epoch(self) -> None:
        if self._first:
            self.learn.epoch += self._first
            self.learn.n_epoch = self._epochs
            if bar := getattr(getattr(self.learn, "progress", None), "mbar", None):
                bar.main_bar.total = self._epochs
        if self._kept:
            self._restore(self._kept)
            self._pct_train, self._kept = self._kept["pct_train"], None
        else:
            self._skipped = 0

    def before_train(self) -> None:
        if self._skipped:
            self.learn.pct_train = self._pct_train

    def before_batch(self) -> None:
        if self.training:
            self.learn.iter += self._skipped

    def after_fit(self) -> None:
        if self._kept:  # nothing was left to train
            self._restore(self._kept)
        self._kept, self._first, self._skipped = None, 0, 0

    def _restore(self, kept: dict[str, Any]) -> None:
        learn = self.learn
        get_model(learn.model).load_state_dict(kept["model"])
        optimizer = to_device(kept["optimizer"], next(learn.model.parameters()).device)
        learn.opt.load_state_dict({"state": optimizer["state"], "hypers": L(kept["optimizer"]["hypers"])})
        learn.train_iter = kept["train_iter"]
        for callback in learn.cbs:
            if callback.name in kept["callbacks"]:
                _set_state_of(callback, kept["callbacks"][callback.name])
        set_order(learn.dls.train, kept["order"])
        states = _random_states(kept)
        own = states[rank() % len(states)]
        set_random_state(own)
        if kept["batch"]:
            go_on_in(learn.dls.train, kept["batch"], own)


def read_checkpoint(folder: Path, about: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `Checkpoints` wrote, None if it wrote nothing. Reading it runs no code from the file.

    Raises:
        CheckpointError: see `Resume`.
    """
    file = folder / LAST
    if not file.is_file():
        return None
    try:
        kept: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        was = kept["about"]
    except Exception as error:  # every kind of damage raises its own
        raise CheckpointError(
            f"{file} is damaged or not a checkpoint ({type(error).__name__}): start a new run."
        ) from None
    for name, value in _plain(dict(about)).items():
        if was.get(name) != value:
            raise CheckpointError(
                f"{folder} was started with {name} {was.get(name)}, not {value}: resume with the same value, or start a new run."
            )
    return kept


def _random_states(kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One for each of the processes that were there."""
    return [kept["random"], *kept.get("others", ())]


def _state_of(callback: Callback) -> dict[str, Any] | None:
    if hasattr(type(callback), "state_dict"):  # asked of the class: a callback finds its model's methods on itself
        state: dict[str, Any] = callback.state_dict()
        return state
    if isinstance(callback, TrackerCallback):
        return {name: value for name, value in vars(callback).items() if name in TRACKED}
    if isinstance(callback, Recorder):
        smooth = callback.smooth_loss
        lists = {name: list(getattr(callback, name)) for name in ("lrs", "iters", "losses", "values")}
        return {**lists, "losses": [float(loss) for loss in callback.losses], "smooth": (smooth.count, smooth.val)}
    return None


def _set_state_of(callback: Callback, state: dict[str, Any]) -> None:
    if hasattr(type(callback), "load_state_dict"):
        callback.load_state_dict(state)
    elif isinstance(callback, Recorder):
        callback.lrs, callback.iters, callback.losses = state["lrs"], state["iters"], state["losses"]
        callback.values = [L(row) for row in state["values"]]
        callback.smooth_loss.count, callback.smooth_loss.val = state["smooth"]
    else:
        vars(callback).update(state)


def _plain(value: Any) -> Any:
    """Without the classes of fastai and NumPy, which a reader that runs no code refuses."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(_plain(inner) for inner in value)
    if isinstance(value, list | L):
        return [_plain(inner) for inner in value]
    if isinstance(value, torch.Tensor):
        return value.detach().as_subclass(torch.Tensor)
    return value.item() if hasattr(value, "item") else value
