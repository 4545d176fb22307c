"""Pictures of a training: losses and learning rate over its steps, and how a learning rate was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from fastai.callback.core import Callback
from fastai.learner import Recorder
from matplotlib.figure import Figure

from training.callbacks.atomic_write import write_whole
from training.callbacks.distributed import is_first

CURVES = "curves.png"
TRAIN, VALID, RATE = "#9db4cf", "#1f4e8c", "#d08a2e"


@dataclass(frozen=True)
class Course:
    """What a fastai recorder saw: losses and learning rates of each step, the steps at which epochs ended, and the losses
    of the held-out photos there."""

    losses: list[float]
    rates: list[float]
    ends: list[int]
    valid: list[float]

    @classmethod
    def of(cls, record: Recorder) -> Self:
        """To be read before the learner predicts anything: that clears the recorder."""
        column = list(record.metric_names[1:]).index("valid_loss")
        valid = [float(row[column]) for row in record.values]
        return cls([float(loss) for loss in record.losses], list(record.lrs), list(record.iters), valid)


class SaveCurves(Callback):
    """Draws the losses and the learning rate into `curves.png` when the training ends."""

    order = 65

    def __init__(self, folder: Path | str):
        super().__init__()
        self._file = Path(folder) / CURVES

    def after_fit(self) -> None:
        if self.recorder.values and is_first():
            save(draw_curves(Course.of(self.recorder)), self._file)


def draw_curves(course: Course) -> Figure:
    """Losses and learning rate on one picture."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(1, len(course.losses) + 1), course.losses, color=TRAIN, label="training (smoothed)")
    axes.plot(course.ends, course.valid, color=VALID, marker="o", markersize=4, label="held out")
    axes.set(xlabel="step", ylabel="loss")
    axes.grid(alpha=0.25)
    other = axes.twinx()
    other.plot(range(1, len(course.rates) + 1), course.rates, color=RATE, linestyle=":", label="learning rate")
    other.set(ylabel="learning rate")
    other.set_ylim(bottom=0)
    lines = [*axes.get_lines(), *other.get_lines()]
    figure.legend(lines, [str(line.get_label()) for line in lines], frameon=False, loc="outside upper center", ncols=3)
    return figure


def draw_search(rates: Sequence[float], losses: Sequence[float], found: float) -> Figure:
    """The loss over the rates that a learning-rate finder tried, and the one it suggests."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(rates, losses, color=VALID)
    axes.axvline(found, color=RATE, linestyle=":", label=f"found: {found:.2g}")
    axes.set(xlabel="learning rate", ylabel="loss", xscale="log")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure


def save(figure: Figure, file: Path) -> None:
    """As a PNG, whole or not at all."""
    options: dict[str, Any] = {"format": "png", "dpi": 110}
    write_whole(file, lambda opened: figure.savefig(opened, **options))
