"""A learner on numbers for tests of callbacks: real training, over in a moment, without photos."""

import torch
from fastai.callback import schedule  # noqa: F401  (gives learners fine_tune)
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.losses import CrossEntropyLossFlat
from fastai.metrics import accuracy
from torch import nn
from torch.utils.data import TensorDataset


def make_learner(items: int = 32, batch: int = 8) -> Learner:
    """Learns whether the first of two numbers is the larger one; a quarter of as many items is held out."""
    numbers = torch.rand(items + items // 4, 2, generator=torch.Generator().manual_seed(1))
    larger = (numbers[:, 0] > numbers[:, 1]).long()
    torch.manual_seed(0)
    loaders = DataLoaders.from_dsets(
        TensorDataset(numbers[:items], larger[:items]),
        TensorDataset(numbers[items:], larger[items:]),
        bs=batch,
        device=torch.device("cpu"),
        num_workers=0,
    )
    network = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
    return Learner(loaders, network, loss_func=CrossEntropyLossFlat(), metrics=accuracy)
