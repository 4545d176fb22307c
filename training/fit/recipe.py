"""The recipe: how a learner is trained, from the linear head to the network that validation prefers. Writes no files.

features of the frozen backbone -> a linear head -> fine-tuned from there -> the better one, or the one between
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import torch
from fastai.callback.channelslast import ChannelsLast
from fastai.callback.core import Callback
from fastai.learner import Learner
from torch import Tensor

from training.callbacks.best_model import StopOnNaN
from training.callbacks.csv_logger import PlainRows
from training.callbacks.frozen_layers import FrozenBatchNorm, FrozenEarlyLayers
from training.callbacks.half_precision import HalfPrecision
from training.callbacks.schedule import FineTune
from training.fit.settings import RecipeError, Settings

SHARES = (0.0, 0.5, 1.0)  # of the fine-tuned weights


def fine_tune(
    learner: Learner, settings: Settings, callbacks: Sequence[Callback] = (), bar: bool = True, flat: bool = False
) -> None:
    """Trains all of the network, as fastai's `fine_tune` in one fit; with the head alone for one epoch before, unless it
    has learned already.

    Args:
        callbacks: what else happens on the way.
        bar: show progress bars, instead of plain lines.
        flat: keep the learning rate of the second part, for callbacks that lower it.

    Raises:
        RecipeError: the loss became NaN.
    """
    nan, head_first = StopOnNaN(), 0 if settings.gentle else 1
    schedule = FineTune(settings.lr, freeze_epochs=head_first, lr_mult=settings.body_slower, flat=flat)
    steps = [
        schedule,
        HalfPrecision(),
        nan,
        *([FrozenBatchNorm(), FrozenEarlyLayers()] if settings.gentle else []),
        *callbacks,
    ]
    with ExitStack() as quiet:
        if not bar:
            quiet.enter_context(learner.no_bar())
            quiet.enter_context(learner.no_logging())
            steps.append(PlainRows())
        learner.fit(head_first + settings.epochs, cbs=steps)
    if nan.problem:
        raise RecipeError(f"{nan.problem} Try --lr {settings.lr / 5:g}.")


def for_inference(learner: Learner) -> None:
    """Undoes what is for training alone."""
    learner.remove_cbs([cb for cb in learner.cbs if isinstance(cb, ChannelsLast)])
    learner.model.to(memory_format=torch.contiguous_format)


def weights_of(learner: Learner) -> dict[str, Tensor]:
    """A copy of them."""
    return {name: value.detach().clone() for name, value in learner.model.state_dict().items()}


def keep_better(learner: Learner, before: dict[str, Tensor], loss: Callable[[], float]) -> float:
    """Gives a fine-tuned learner the weights of before, its own, or those halfway, whichever has the lowest loss.

    Weights between those of a linear probe and those fine-tuned from it are often better than both: Wortsman et al.,
    "Robust fine-tuning of zero-shot models", CVPR 2022.

    Args:
        learner: fine-tuned.
        before: weights it started from.
        loss: of the learner as it is, on photos it has not learned from.

    Returns:
        The share of the fine-tuned weights, one of `SHARES`.
    """
    after = weights_of(learner)

    def mix(share: float) -> None:
        learner.model.load_state_dict(
            {
                name: before[name].lerp(value, share) if value.is_floating_point() else value
                for name, value in after.items()
            }
        )

    losses = {}
    for share in SHARES:
        mix(share)
        losses[share] = loss()
    best = min(losses, key=lambda share: losses[share])
    mix(best)
    return best
