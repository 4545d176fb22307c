"""Sends messages about a run: that it started, its progress, and how it ended."""

import os
import platform
import signal
import time
from io import BytesIO
from types import TracebackType
from typing import Self

import torch
from fastai.callback.core import Callback
from matplotlib.figure import Figure

from training.callbacks.distributed import is_first, processes
from training.callbacks.messenger import Messenger
from training.callbacks.stop_signal import deaf_to_sigterm
from training.callbacks.text import duration, one_line

TIMED_BATCHES = 10  # after a first one, which is slower


class Notify(Callback):
    """Sends messages about the fits that happen inside its `with` block:

        with Notify(Messenger(["tgram://TOKEN/CHAT"]), name="Cats", every=1, epochs=5) as notify:
            learn.fine_tune(4, cbs=notify)

    The first comes once a few batches were timed, and says how long the run will take; the last when the block is left,
    in whatever way, with the figures of the last epoch and a picture of the losses.

    Args:
        messenger: is closed at the end of the block.
        name: what the messages call the run.
        every: a message every N epochs; 0 for none.
        epochs: of all fits together; by default, of the first one.
        about: a line for the first message.
    """

    order = 70  # the recorder has its figures by then

    def __init__(
        self,
        messenger: Messenger,
        name: str = "Training",
        every: int = 0,
        epochs: int | None = None,
        about: str = "",
    ):
        super().__init__()
        self._about = about
        self._messenger, self._title, self._every, self._epochs = messenger, name, every, epochs
        self._begun = time.monotonic()
        self._earlier = self._done = self._trained_epochs = self._last_told = 0
        self._told_start = self._trained = False
        self._first, self._clock, self._timed = 0.0, 0.0, 0
        self._notes = list[str]()
        self._losses, self._valid = list[float](), list[tuple[int, float]]()
        self._figures: dict[str, float] = {}

    def note(self, text: str) -> None:
        """A line that the last message will hold."""
        self._notes.append(text)

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        took = f"after {duration(time.monotonic() - self._begun)}"
        outcome, reason = ("finished", "") if error is None else how_it_ended(error)
        lines = [reason, *self._notes, self._last_figures()]
        with deaf_to_sigterm():  # who ends a program may send it more than once
            if is_first():
                picture = losses_picture(self._losses, self._valid) if self._losses else None
                self._send(
                    f"{outcome} {took}", "\n".join(line for line in lines if line) or "Nothing was trained.", picture
                )
            self._messenger.close()

    def before_fit(self) -> None:
        self.run = not hasattr(self.learn, "lr_finder") and is_first()

    def before_train(self) -> None:
        self._timed, self._clock = 0, time.monotonic()
        self._first = self._first or self._clock
        self._epochs = self._epochs or self.n_epoch

    def after_batch(self) -> None:
        if not self.training:
            return
        self._trained = True
        self._losses.append(float(self.recorder.losses[-1]))
        if self._told_start:
            return
        self._timed += 1
        if self._timed == 1 and self.n_iter > 1:
            self._clock = time.monotonic()
        elif self._timed in (1 + TIMED_BATCHES, self.n_iter):
            self._say_started((time.monotonic() - self._clock) / max(1, self._timed - 1))

    def after_epoch(self) -> None:
        self._done = self._earlier + self.epoch + 1
        if not self._trained:  # an epoch that a resumed fit skips
            return
        self._trained = False
        self._trained_epochs += 1
        values = dict(zip(self.recorder.metric_names[1:], self.recorder.log[1:], strict=False))
        self._figures = {name: float(value) for name, value in values.items() if isinstance(value, (int, float))}
        if "valid_loss" in self._figures:
            self._valid.append((len(self._losses), self._figures["valid_loss"]))
        if self._every and self._done - self._last_told >= self._every:
            self._last_told = self._done
            epochs = max(self._epochs or 0, self._done)
            seconds = (time.monotonic() - self._first) / self._trained_epochs * (epochs - self._done)
            to_go = f"\nAbout {duration(seconds)} to go." if epochs > self._done else ""
            self._send(f"epoch {self._done} of {epochs}", self._last_figures() + to_go)

    def after_fit(self) -> None:
        self._earlier = self._done

    def _say_started(self, per_batch: float) -> None:
        self._told_start = True
        train, valid = self.dls.train, self.dls.valid
        # without gradients, a batch costs about a third
        left = (self._epochs or 1) - self._earlier - self.epoch
        seconds = per_batch * (len(train) + len(valid) / 3) * left
        self._send(
            "started",
            f"{self._about}\nOn {_machine()}.\n{len(train.dataset)} items to learn from, {len(valid.dataset)} held out; "
            f"{left} epoch{'s' if left != 1 else ''} to train, about {duration(seconds)}.",
        )

    def _last_figures(self) -> str:
        return ", ".join(f"{name} {value:.4g}" for name, value in self._figures.items())

    def _send(self, what: str, text: str, picture: bytes | None = None) -> None:
        self._messenger.send(f"{self._title}: {what}", text.strip(), picture)


def how_it_ended(error: BaseException) -> tuple[str, str]:
    """What to call an end by that exception, and the reason in a sentence or two."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "By Ctrl-C or SIGTERM."
    if isinstance(error, SystemExit):
        if isinstance(error.__context__, KeyboardInterrupt):
            return "interrupted", str(error.code)
        if not error.code:
            return "finished", ""
        if isinstance(error.code, int):
            stopped_by = error.code - 128
            known = stopped_by in {number.value for number in signal.Signals}
            return (
                ("interrupted", f"By {signal.Signals(stopped_by).name}.")
                if known
                else ("failed", f"Exit code {error.code}.")
            )
        return "failed", str(error.code)
    return "failed", f"{type(error).__name__}: {one_line(error)}"


def losses_picture(training: list[float], validation: list[tuple[int, float]]) -> bytes:
    """The losses by batch as a PNG; those of the validation set stand at the batch after which they were measured."""
    figure = Figure(figsize=(7, 4), dpi=110)
    axes = figure.subplots()
    axes.plot(range(1, len(training) + 1), training, label="training")
    if validation:
        axes.plot(*zip(*validation, strict=True), marker="o", label="validation")
    axes.set(xlabel="batches", ylabel="loss")
    axes.legend()
    file = BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    return file.getvalue()


def _machine() -> str:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} processor cores"
    together = f", {processes()} processes" if processes() > 1 else ""
    return f"{platform.node()}, {device}{together}"
