"""Keeps parts of a pretrained network as they are while the rest is fine-tuned."""

from fastai.callback.core import Callback
from torch import nn


class FrozenBatchNorm(Callback):
    """Normalizes by the pretrained statistics in training too; few steps would leave new ones behind the weights.

    fastai's `BnFreeze` does so for frozen layers only.
    """

    run_valid = False

    def before_batch(self) -> None:
        for layer in self.model.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.SyncBatchNorm):
                layer.eval()


class FrozenEarlyLayers(Callback):
    """Leaves the first layers alone, which see edges and textures of any photo: a step takes half the time.

    Args:
        share: of the network's parameters, in the order of its layers, each weight or bias counted once.
    """

    order, run_valid = 61, False  # after the schedule, which unfreezes

    def __init__(self, share: float = 1 / 3):
        super().__init__()
        self.share = share

    def before_epoch(self) -> None:
        parameters = list(self.model.parameters())
        for parameter in parameters[: int(len(parameters) * self.share)]:
            parameter.requires_grad_(False)
