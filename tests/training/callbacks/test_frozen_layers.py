"""What a gentle fine-tuning leaves as it was: the first layers, and batch normalization's statistics."""

import torch
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from training.callbacks.frozen_layers import FrozenBatchNorm, FrozenEarlyLayers
from training.callbacks.schedule import FineTune


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_the_first_third_and_the_statistics_stay_and_the_rest_learns() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    loader = DataLoader(TensorDataset(torch.randn(32, 4), torch.randint(0, 2, (32,))), batch_size=8)
    learner = Learner(DataLoaders(loader, loader), network, loss_func=nn.CrossEntropyLoss())
    before = state(network)
    with learner.no_bar(), learner.no_logging():
        learner.fit(2, cbs=[FineTune(0.1, freeze_epochs=0), FrozenBatchNorm(), FrozenEarlyLayers()])
    changed = {name for name, value in state(network).items() if not torch.equal(value, before[name])}
    assert changed == {"1.weight", "1.bias", "3.weight", "3.bias"}
