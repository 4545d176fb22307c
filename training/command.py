"""What `python -m training` does with its options: it trains, tells people, and turns known errors into one sentence."""

import sys
from pathlib import Path

import matplotlib

from model.bundle import BundleError
from training.callbacks.checkpoint import LAST, CheckpointError
from training.callbacks.distributed import is_first, processes
from training.callbacks.hub import HubError
from training.callbacks.messenger import AddressError
from training.callbacks.metrics import MetricError
from training.callbacks.stop_signal import sigterm_as_ctrl_c
from training.data.layouts import DataError
from training.export.bundle import ExportRefused
from training.fit.distributed import LostError, first_decides, in_company, silence_all_but_first
from training.fit.settings import RecipeError
from training.notifications import Telling, telling
from training.options import Options
from training.run import run
from training.run_folder import RunError, last_run, new_run

matplotlib.use("Agg")  # pictures go to files, also where there is a screen
matplotlib.rcParams["text.parse_math"] = False  # a label may have dollar signs
ERRORS = (
    DataError,
    RecipeError,
    RunError,
    CheckpointError,
    MetricError,
    ExportRefused,
    BundleError,
    AddressError,
    HubError,
    LostError,
    OSError,
)


def train(options: Options) -> None:
    """Trains, or ends the program with what is in the way."""
    silence_all_but_first()
    try:
        told = telling(options)
    except ERRORS as error:
        sys.exit(f"Error: {error}")
    with sigterm_as_ctrl_c(), told.notify:
        _run(options, told)


def _run(options: Options, told: Telling) -> None:
    try:
        with in_company():
            folder = first_decides(last_run(options.run) if options.resume else new_run(options.run))
    except ERRORS as error:
        sys.exit(f"Error: {error}")
    try:
        with in_company():
            run(options, folder, told)
    except LostError as error:
        sys.exit(f"Error: {error}{_how_to_go_on(folder)}")
    except ERRORS as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        said = f"Interrupted: nothing was written to {options.out}.{_how_to_go_on(folder)}"
        sys.exit(said if is_first() else 1)


def _how_to_go_on(folder: Path) -> str:
    if not (folder / LAST).is_file():
        return ""
    command = "accelerate launch" if processes() > 1 else "python"
    return f" Resume it with: {command} -m training --resume --run {folder}"
