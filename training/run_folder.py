"""The folder of a run, where everything about it lies but the bundle: checkpoints, logs, pictures, options."""

import time
from pathlib import Path

from training.callbacks.checkpoint import LAST

RUNS = Path("runs")
OPTIONS = "options.yaml"
HELD_OUT = "held_out.txt"
REPORT = "report.html"


class RunError(ValueError):
    """A run that cannot be begun or gone on with; the message says why and what to do."""


def new_run(folder: Path | None) -> Path:
    """The folder for a new run, by default named after the time. It is not made yet.

    Raises:
        RunError: a run was begun there before.
    """
    if folder is None:
        name = time.strftime("%Y-%m-%d-%H%M%S")
        folder = next(free for number in range(1, 100) if not (free := RUNS / _numbered(name, number)).exists())
    if (folder / LAST).exists():
        raise RunError(f"{folder} holds a run: go on with it by --resume, or name another folder for a new one.")
    return folder


def last_run(folder: Path | None) -> Path:
    """The folder of the run to go on with, by default the one that was begun last.

    Raises:
        RunError: there is none.
    """
    if folder is not None:
        if not (folder / OPTIONS).is_file():
            raise RunError(f"{folder} holds no run that could be gone on with: it has no {OPTIONS}.")
        return folder
    begun = sorted(RUNS.glob(f"*/{OPTIONS}"), key=lambda file: (file.stat().st_mtime_ns, file))
    if not begun:
        raise RunError(f"There is no run in {RUNS} to go on with: name its folder by --run.")
    return begun[-1].parent


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"
