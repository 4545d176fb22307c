"""Pictures of a training: losses and learning rate over its steps, and how a learning rate was found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastai.callback.core import Callback
from fastai.torch_core import rank_distrib
from matplotlib.figure import Figure

from training.callbacks.files import write_whole

CURVES = "curves.png"
TRAIN, VALID, RATE = "#9db4cf", "#1f4e8c", "#d08a2e"


class SaveCurves(Callback):
    """Draws the losses and the learning rate into `curves.png` when the training ends."""

    order = 65

    def __init__(self, folder: Path | str):
        super().__init__()
        self._file = Path(folder) / CURVES

    def after_fit(self) -> None:
        record = self.recorder
        if record.values and not rank_distrib():
            column = list(record.metric_names[1:]).index("valid_loss")
            valid = [row[column] for row in record.values]
            save(draw_curves([float(loss) for loss in record.losses], record.iters, valid, record.lrs), self._file)


def draw_curves(losses: Sequence[float], ends: Sequence[int], valid: Sequence[float], rates: Sequence[float]) -> Figure:
    """Losses and rates of each step, and the loss of the held-out photos at the steps where epochs ended."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(1, len(losses) + 1), losses, color=TRAIN, label="training (smoothed)")
    axes.plot(ends, valid, color=VALID, marker="o", markersize=4, label="held out")
    axes.set(xlabel="step", ylabel="loss")
    axes.grid(alpha=0.25)
    other = axes.twinx()
    other.plot(range(1, len(rates) + 1), rates, color=RATE, linestyle=":", label="learning rate")
    other.set(ylabel="learning rate")
    other.set_ylim(bottom=0)
    lines = [*axes.get_lines(), *other.get_lines()]
    axes.legend(lines, [str(line.get_label()) for line in lines], frameon=False)
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
