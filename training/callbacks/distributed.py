"""What the processes of one training tell each other, so that all do the same. A process alone has nobody to ask.

All of them must ask at the same place, and wait there for each other.
"""

from typing import TypeVar

import torch
from fastai.torch_core import num_distrib
from torch.distributed import ReduceOp

T = TypeVar("T")


def of_all(value: T) -> list[T]:
    """What each process holds, in their order."""
    if not _in_company():
        return [value]
    values: list[T] = [value] * int(num_distrib())
    torch.distributed.all_gather_object(values, value)
    return values


def anywhere(happened: bool, device: torch.device) -> bool:
    """Whether it happened in any of them; quick enough to be asked after each step.

    Args:
        happened: here.
        device: on which the training computes.
    """
    if not _in_company():
        return happened
    flag = torch.tensor(float(happened), device=device)
    torch.distributed.all_reduce(flag, ReduceOp.MAX)
    return bool(flag)


def _in_company() -> bool:
    return bool(num_distrib() > 1 and torch.distributed.is_initialized())
