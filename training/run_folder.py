"""The folder of a run, where everything about it lies but the bundle: checkpoints, logs, pictures, options."""

import time
from pathlib import Path

RUNS = Path("runs")
OPTIONS = "options.yaml"
HELD_OUT = "held_out.txt"
REPORT = "report.html"


class RunError(ValueError):
    """Raised if a run cannot be started or resumed; the message says why and what to do."""


def new_run(folder: Path | None) -> Path:
    """The folder for a new run, by default named after the time. It is not made yet.

    Raises:
        RunError: a run was begun there before.
    """
    from training.callbacks.checkpoint import LAST  # here: it loads PyTorch, which help shall not wait for

    if folder is None:
        name = time.strftime("%Y-%m-%d-%H%M%S")
        folder = next(free for number in range(1, 100) if not (free := RUNS / _numbered(name, number)).exists())
    if (folder / LAST).exists():
        raise RunError(f"{folder} already holds a run: resume it with --resume, or choose another folder.")
    return folder


def last_run(folder: Path | None) -> Path:
    """Returns the folder of the run to resume, by default the latest.

    Raises:
        RunError: there is none.
    """
    if folder is not None:
        if not (folder / OPTIONS).is_file():
            raise RunError(f"{folder} holds no run to resume: it has no {OPTIONS}.")
        return folder
    begun = sorted(RUNS.glob(f"*/{OPTIONS}"), key=lambda file: (file.stat().st_mtime_ns, file))
    if not begun:
        raise RunError(f"There is no run in {RUNS} to resume: give its folder with --run.")
    return begun[-1].parent


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"
