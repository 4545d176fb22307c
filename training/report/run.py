"""The page of a run, `report.html` in its folder: how the bundle does, how it was trained, on what, in what time.

It shows held-out photos, so it is not part of the bundle: keep it private.
"""

import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from matplotlib.figure import Figure

from model.bundle import Manifest
from training.callbacks.csv_logger import HISTORY, read_history
from training.callbacks.loss_plot import Course
from training.callbacks.text import duration
from training.evaluate.metrics import Measured
from training.report.evaluation import sections_of
from training.report.html import INK, SERIES, Plot, Section, Table, Text, Tile, Tiles, figure, write_page
from training.run_folder import OPTIONS, REPORT


class Laps:
    """How long the parts of a run take, in seconds, by their names."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.began = self._last = time.monotonic()

    def end(self, part: str) -> None:
        """The part that began where the one before it ended."""
        now = time.monotonic()
        self.seconds[part], self._last = now - self._last, now


def write_run_report(
    folder: Path, course: Course, measured: Measured, manifest: Manifest, seconds: Mapping[str, float]
) -> Path:
    """Write the page.

    Args:
        folder: of the run, with its history and its options.
        course: of the training.
        measured: on the held-out photos, see `training.evaluate.held_out`.
        manifest: of the bundle.
        seconds: that each part of the run took, by the part's name.
    """
    rows = read_history(folder / HISTORY)
    options = yaml.safe_load((folder / OPTIONS).read_text("utf-8"))
    in_short, *others = sections_of(measured, manifest)
    sections = [
        in_short,
        Section("How it was trained", _training(course, rows)),
        *others,
        Section("Training data", _data(manifest)),
        Section("Duration", _timings(seconds, rows)),
        Section("Options", _options(options)),
    ]
    lead = (
        f"The training in {folder}. Figures are of photos held out of it, as the bot answers them; shares come with "
        "their 95% interval, the lighter part of each bar."
    )
    file = folder / REPORT
    write_page(file, f"How “{manifest.name}” was trained", lead, sections)
    return file


def _training(course: Course, rows: Sequence[Mapping[str, str]]) -> list[Plot | Table | Text]:
    if not rows:
        return []
    best = min(range(len(rows)), key=lambda place: float(rows[place]["valid_loss"]))
    return [
        Plot(_losses(course), "The loss of training photos, smoothed, and of held-out ones."),
        Plot(_rates(course.rates), "The learning rate of the head."),
        Text(
            f"The held-out loss was lowest after epoch {rows[best]['epoch']}, at {float(rows[best]['valid_loss']):.4f}."
        ),
        Table(list(rows[0]), [[_short(value) for value in row.values()] for row in rows]),
    ]


def _losses(course: Course) -> Figure:
    drawing = figure(7.6, 3.4)
    axes = drawing.axes[0]
    axes.plot(range(1, len(course.losses) + 1), course.losses, color=SERIES[0], linewidth=1.5, label="training")
    axes.plot(course.ends, course.valid, "o-", color=SERIES[1], linewidth=1.5, markersize=4, label="held out")
    axes.set(xlabel="step", ylabel="loss")
    axes.grid(color=INK, alpha=0.1)
    axes.legend(frameon=False, labelcolor=INK)
    return drawing


def _rates(rates: Sequence[float]) -> Figure:
    drawing = figure(7.6, 2.2)
    axes = drawing.axes[0]
    axes.plot(range(1, len(rates) + 1), rates, color=SERIES[2], linewidth=1.5)
    axes.set(xlabel="step", ylabel="learning rate")
    axes.set_ylim(bottom=0)
    axes.grid(color=INK, alpha=0.1)
    return drawing


def _data(manifest: Manifest) -> list[Tiles | Table | Text]:
    data = manifest.data
    counts = data["photos"]
    tiles = [
        Tile("pictures", str(sum(counts.values())), f"of {data['groups']} different photos"),
        Tile("held out", str(data["held_out"]), "with every copy of them"),
    ]
    left_out = [[reason, count] for reason, count in data["left_out"].items() if count]
    return [
        Tiles(tiles),
        Table(["label", "pictures"], [[label, count] for label, count in counts.items()]),
        *([Table(["left out because", "files"], left_out)] if left_out else []),
    ]


def _timings(seconds: Mapping[str, float], rows: Sequence[Mapping[str, str]]) -> list[Table | Text]:
    machine = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    total = ["in all", duration(sum(seconds.values()))]
    parts = [[part, duration(took)] for part, took in seconds.items()]
    return [
        Table(["", "time"], [*parts, total]),
        Text(
            f"On {platform.system()} {platform.machine()}, {machine}. Epochs took {', '.join(r['time'] for r in rows)}."
        ),
    ]


def _options(options: Mapping[str, Any]) -> list[Table | Text]:
    shown = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in options.items()}
    return [
        Text(f"Repeat this run: python -m training --config {OPTIONS}, the file next to this page."),
        Table(["option", "value"], [[name, str(value)] for name, value in shown.items()]),
    ]


def _short(value: str) -> str:
    """A number of a table with five digits; anything else as it is."""
    try:
        return value if value.isdecimal() else f"{float(value):.5g}"
    except ValueError:
        return value
