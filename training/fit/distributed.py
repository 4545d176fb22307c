"""A training of several processes (`accelerate launch`), on one machine or several: fastai's and Accelerate's way.

Each process trains with its share of every batch; all of them have the same weights after each step. The first process
alone writes files, prints and sends messages. In a process that was started alone, nothing here does anything.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from accelerate.utils import DistributedDataParallelKwargs, broadcast_object_list
from fastai.callback.core import Callback
from fastai.distributed import DistributedDL, rank0_first, teardown_distrib
from fastai.learner import Learner, Recorder
from fastcore.foundation import L

from training.callbacks.distributed import is_first, of_all, processes

T = TypeVar("T")


class LostError(RuntimeError):
    """Raised if another process of this training has ended."""


def silence_all_but_first() -> None:
    """Let the first process speak for all."""
    if not is_first():
        sys.stdout = io.StringIO()


def first_decides(value: T) -> T:
    """The first process's value, in all of them."""
    if processes() == 1:
        return value
    rank0_first(lambda: None)  # makes the connection that the next line uses
    shared: list[T] = broadcast_object_list([value])
    return shared[0]


def first_one_first(act: Callable[[], T]) -> T:
    """Do something in the first process, then, with what it left on the disk, in the others."""
    result: T = rank0_first(act) if processes() > 1 else act()
    return result


def share_of(batch: int) -> int:
    """How many items of a batch are this process's."""
    return max(1, batch // processes())


@contextmanager
def in_company() -> Iterator[None]:
    """Inside, the end of another process is told as such.

    Raises:
        LostError: there was one.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.distributed.DistError) or "gloo" in str(error):  # NCCL's, or that of processors
            raise LostError("Another process of this training has ended: see the messages around this one.") from None
        raise


class FirstOnesFigures(Callback):
    """Lets what is monitored be the same everywhere: each process knows the training loss of its own photos only."""

    order = Recorder.order + 1

    def after_epoch(self) -> None:
        self.recorder.values[-1] = L(of_all(list(self.recorder.values[-1]))[0])


@contextmanager
def trained_together(learner: Learner) -> Iterator[None]:
    """Inside, fits are those of all processes together."""
    if processes() == 1:
        yield
        return
    unfreeze = DistributedDataParallelKwargs(find_unused_parameters=True)  # layers that are frozen for some epochs
    learner.unfreeze()  # only what can be trained now is kept the same everywhere later
    with (
        learner.distrib_ctx(sync_bn=torch.cuda.is_available(), kwargs_handlers=[unfreeze]),
        learner.added_cbs(FirstOnesFigures()),
    ):
        yield


def go_on_alone() -> None:
    """End all processes but the first, for which the training of several is over."""
    if processes() == 1:
        return
    teardown_distrib()
    if not is_first():
        sys.exit()
    del os.environ["WORLD_SIZE"]


def _broadcast(self: DistributedDL, items: Sequence[int], rank: int) -> Any:
    """The order of items of that process, in all of them. fastai's own works between GPUs only."""
    order = torch.tensor(items, device=self.device)
    torch.distributed.broadcast(order, rank)
    return order.tolist()


DistributedDL._broadcast = _broadcast
