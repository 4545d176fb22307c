"""What the processes of one training tell each other, so that all do the same; alone, a process has nobody to ask.

The first process speaks and writes for all. Where one function asks all of them, all must call it at the same place.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from fastai.torch_core import num_distrib, rank_distrib
from torch.distributed import ReduceOp

T = TypeVar("T")


def processes() -> int:
    """How many processes train together, at least 1."""
    return max(1, int(num_distrib()))


def rank() -> int:
    """This process's number, from 0."""
    return int(rank_distrib())


def is_first() -> bool:
    """Whether this process speaks and writes for all."""
    return rank() == 0


def of_all(value: T) -> list[T]:
    """What each process holds, in their order."""
    if not _connected():
        return [value]
    values: list[T] = [value] * processes()
    torch.distributed.all_gather_object(values, value)
    return values


def anywhere(happened: bool, device: torch.device) -> bool:
    """Whether it happened in any of them; quick enough to be asked after each step.

    Args:
        happened: here.
        device: on which the training computes.
    """
    if not _connected():
        return happened
    flag = torch.tensor(float(happened), device=device)
    torch.distributed.all_reduce(flag, ReduceOp.MAX)
    return bool(flag)


@contextmanager
def as_if_alone() -> Iterator[None]:
    """Inside, fastai asks the other processes for nothing, which are doing something else meanwhile."""
    size = os.environ.pop("WORLD_SIZE", None)  # by which it knows of them
    try:
        yield
    finally:
        if size is not None:
            os.environ["WORLD_SIZE"] = size


def _connected() -> bool:
    return processes() > 1 and torch.distributed.is_initialized()
