"""Which callbacks a run of the command has, by its options."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastai.callback.core import Callback
from fastai.callback.tracker import EarlyStoppingCallback, ReduceLROnPlateau
from fastai.learner import Learner

from training.callbacks.best_model import KeepBest
from training.callbacks.checkpoint import Checkpoints, Resume
from training.callbacks.csv_logger import History
from training.callbacks.loss_plot import SaveCurves
from training.callbacks.metrics import SecondSet, load_metric, own_metrics
from training.fit.settings import RecipeError
from training.options import Options


def watchers(
    learner: Learner,
    options: Options,
    folder: Path,
    about: Mapping[str, Any],
    stop: Callable[[], bool],
    second_set: Any = None,
) -> list[Callback]:
    """Callbacks for `recipe.train`; metrics are added to the learner.

    Args:
        learner: what will be trained.
        options: of the run.
        folder: of the run.
        about: see `Checkpoints`.
        stop: see `Checkpoints`.
        second_set: a loader of the photos of `--eval-data`.

    Raises:
        MetricError: a custom metric cannot be used.
        RecipeError: the column to monitor does not exist.
        CheckpointError: the run cannot be resumed.
    """
    functions, labels = [load_metric(name) for name in options.metric], len(learner.dls.vocab)
    chosen: list[Callback] = [SecondSet(second_set, functions, labels)] if second_set else []
    learner.metrics = [*learner.metrics, *own_metrics(functions, labels), *(one for cb in chosen for one in cb.metrics)]
    _check_monitored(learner, options.monitor)
    better: dict[str, Any] = {"monitor": options.monitor, "min_delta": options.min_change}
    every = 0 if options.save_every == "no" else options.save_every
    chosen += [KeepBest(folder, options.monitor), History(folder), SaveCurves(folder)]
    chosen.append(Checkpoints(folder, every, about, stop))
    if options.tensorboard:
        from training.callbacks.tensorboard import Board  # takes seconds to import

        chosen.append(Board(folder))
    if options.plateau:
        factor, least = options.plateau_factor, options.plateau_min
        chosen.append(ReduceLROnPlateau(**better, patience=options.plateau, factor=factor, min_lr=least))
    if options.patience:
        chosen.append(EarlyStoppingCallback(**better, patience=options.patience))
    if options.resume:
        chosen.append(Resume(folder, about))
    return chosen


def _check_monitored(learner: Learner, monitor: str) -> None:
    columns = ["train_loss", "valid_loss", *(metric.name for metric in learner.metrics)]
    if monitor not in columns:
        raise RecipeError(f"--monitor {monitor}: unknown column; the columns are {', '.join(columns)}.")
