"""Shows each epoch as a plain line, and keeps it as a row of a CSV file."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastai.callback.core import Callback

from training.callbacks.atomic_write import write_whole
from training.callbacks.distributed import is_first

HISTORY = "history.csv"


class PlainRows(Callback):
    """Prints the table line by line, for terminals without a progress bar and for logs."""

    order = 61

    def before_fit(self) -> None:
        if is_first():
            print_row(self.recorder.metric_names)

    def after_epoch(self) -> None:
        if is_first():
            print_row(self.recorder.log)


class History(Callback):
    """Appends a row per epoch to `history.csv`: what the table shows, and the learning rate.

    When a run is resumed, the rows of repeated epochs are replaced; fastai's `CSVLogger` starts again with a header.
    """

    order = 65

    def __init__(self, folder: Path | str):
        super().__init__()
        self._file = Path(folder) / HISTORY

    def before_fit(self) -> None:
        rows = [row for row in read_history(self._file) if int(row["epoch"]) < self.epoch]
        self._columns = [*self.recorder.metric_names[:-1], "lr", self.recorder.metric_names[-1]]
        if is_first():
            text = io.StringIO()
            writer = csv.DictWriter(text, self._columns, restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            write_whole(self._file, lambda file: file.write(text.getvalue().encode()))

    def after_epoch(self) -> None:
        if is_first():
            log = list(self.recorder.log)
            with self._file.open("a", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow([*log[:-1], self.opt.hypers[-1]["lr"], log[-1]])


def read_history(file: Path) -> list[dict[str, str]]:
    """The whole rows of `history.csv` by their columns' names; none if there is no such file."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as opened:
        return [row for row in csv.DictReader(opened) if all(value is not None for value in row.values())]


def print_row(row: Sequence[Any]) -> None:
    """One epoch's figures on a line of its own."""
    print(
        "  ".join(f"{value:.4f}".rjust(10) if isinstance(value, float) else str(value).rjust(10) for value in row),
        flush=True,
    )
