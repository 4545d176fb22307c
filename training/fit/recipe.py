"""The recipe: how a learner is fine-tuned. Writes no files of its own."""

from collections.abc import Sequence
from contextlib import ExitStack

import torch
from fastai.callback.channelslast import ChannelsLast
from fastai.callback.core import Callback
from fastai.learner import Learner

from training.callbacks.best_model import StopOnNaN
from training.callbacks.csv_logger import PlainRows
from training.callbacks.half_precision import HalfPrecision
from training.callbacks.schedule import FineTune
from training.fit.settings import RecipeError, Settings

BODY_SLOWER = 5  # times; fastai's 100 leaves a body that was trained on ImageNet next to as it was


def train(
    learner: Learner, settings: Settings, callbacks: Sequence[Callback] = (), bar: bool = True, flat: bool = False
) -> None:
    """Fine-tune: one epoch with the body frozen, then `epochs` with all of it, as fastai's `fine_tune` in one fit.

    Args:
        callbacks: what else happens on the way.
        bar: show progress bars, instead of plain lines.
        flat: keep the learning rate of the second part, for callbacks that lower it.

    Raises:
        RecipeError: the loss became NaN.
    """
    nan = StopOnNaN()
    steps = [FineTune(settings.lr, lr_mult=BODY_SLOWER, flat=flat), HalfPrecision(), nan, *callbacks]
    with ExitStack() as quiet:
        if not bar:
            quiet.enter_context(learner.no_bar())
            quiet.enter_context(learner.no_logging())
            steps.append(PlainRows())
        learner.fit(1 + settings.epochs, cbs=steps)
    if nan.problem:
        raise RecipeError(f"{nan.problem} Try --lr {settings.lr / 5:g}.")
    learner.remove_cbs([cb for cb in learner.cbs if isinstance(cb, ChannelsLast)])
    learner.model.to(memory_format=torch.contiguous_format)
