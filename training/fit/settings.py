"""The settings of the recipe. Imports nothing heavy, so that the command's help is quick."""

from dataclasses import dataclass
from pathlib import Path


class RecipeError(ValueError):
    """Settings that cannot be trained with; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Settings:
    """What a run is made of.

    `arch` is a timm or torchvision name; `lr` the base learning rate of `fine_tune`; `wear` the chance of each kind of
    damage (see `Wear`); `smoothing` of the labels; `mirror` says that a photo's mirror image has the same answer.
    """

    arch: str = "tf_efficientnet_lite0"
    weights: Path | None = None
    pretrained: bool = True
    size: int = 128
    epochs: int = 26
    batch_size: int = 64
    lr: float = 1e-2
    seed: int = 42
    wear: float = 0.25
    smoothing: float = 0.05
    mirror: bool = True
