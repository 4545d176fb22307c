"""Keeps the statistics of batch normalization as they are."""

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
