"""Keeps the best weights, and stops a training that has gone wrong."""

import math
from pathlib import Path
from typing import Any

import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.callback.tracker import TrackerCallback
from fastai.torch_core import distrib_barrier, get_model

from training.callbacks.atomic_write import write_whole
from training.callbacks.distributed import anywhere, is_first

BEST = "best.pth"


class KeepBest(TrackerCallback):
    """Writes the weights to `best.pth` whenever the monitored value is better than before, and loads them at the end.

    As fastai's `SaveModelCallback`, but a file is written whole or not at all, and not between the rows of figures.

    Args:
        folder: where to.
        monitor: a column of the table, such as `valid_loss`; the lower the better if it is a loss or an error.
        kwargs: of fastai's `TrackerCallback`.
    """

    order = TrackerCallback.order + 1

    def __init__(self, folder: Path | str, monitor: str = "valid_loss", **kwargs: Any):
        super().__init__(monitor=monitor, **kwargs)
        self._file = Path(folder) / BEST

    def after_epoch(self) -> None:
        super().after_epoch()
        if self.new_best and is_first():
            write_whole(self._file, lambda file: torch.save(get_model(self.model).state_dict(), file))

    def after_fit(self) -> None:
        distrib_barrier()  # the first of several processes has written it by then
        if self.best is not None and math.isfinite(self.best):
            weights = torch.load(self._file, map_location="cpu", weights_only=True)
            get_model(self.model).load_state_dict(weights)
        super().after_fit()


class StopOnNaN(Callback):
    """Stops when the loss becomes NaN in any process, and says when.

    `problem` holds the sentence afterwards, None if all went well.
    """

    order = -9  # before anybody uses that loss

    def before_fit(self) -> None:
        self.problem: str | None = None

    def after_batch(self) -> None:
        if anywhere(not torch.isfinite(self.loss), self.loss.device):
            self.problem = (
                f"The loss became NaN in epoch {self.epoch} at step {self.iter + 1} of {self.n_iter}: "
                "the learning rate is too high, or a photo or a metric is broken."
            )
            raise CancelFitException
