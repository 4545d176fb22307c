"""The settings of a training, and how they follow from the photos. Imports nothing heavy: the command's help is quick."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Recipe = Literal["auto", "fastai"]
Quality = Literal["fast", "good", "best"]

FEW = 1000  # photos below which cross-validation chooses and measures, and the backbone stays frozen
WHOLE = {"arch": "tf_efficientnet_lite2", "size": 288}  # where whole photos are classified
FEW_FACES = {"arch": "tf_efficientnet_lite2", "size": 224}
MANY_FACES = {"arch": "tf_efficientnet_lite0", "size": 128}  # many photos teach a smaller network as much
PICTURES = 9000  # that fine-tuning sees, each epoch's counted, so that it takes minutes
MOST_EPOCHS, EPOCHS_OF_FACES, EPOCHS_OF_THE_BOOK = 4, 26, 4
LONGER = 3  # times, with quality "best"
SHRUNK = 0.78  # see `Settings.train_size`


class RecipeError(ValueError):
    """Settings that cannot be trained with; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Settings:
    """What a run is made of; `fitting` chooses what a person leaves open.

    Attributes:
        recipe: "auto" learns a linear head on the frozen backbone's features, and goes on from there where that helps;
            "fastai" is the book's: `RandomResizedCrop`, `aug_transforms` and `fine_tune`.
        arch: a timm or torchvision name.
        size: pixels of the input's side.
        train_size: ... while fine-tuning. Random crops show objects larger than in use, a smaller input makes up for that
            (Touvron et al., "Fixing the train-test resolution discrepancy", NeurIPS 2019), and takes less time.
        probe: whether the linear head comes first.
        gentle: whether fine-tuning stays close to the pretrained network; else all of it learns hard, as random weights and
            drastic damage need it.
        epochs: of fine-tuning.
        lr: the base learning rate, see `training.callbacks.schedule`.
        body_slower: times that the body's learning rate is lower than the head's.
        wear: the chance of each kind of damage to faces (see `Wear`).
        smoothing: of the labels.
        mirror: whether a photo's mirror image has the same answer.
        minutes: that the training may take; None for as long as it needs.
    """

    recipe: Recipe = "auto"
    arch: str = "tf_efficientnet_lite2"
    weights: Path | None = None
    pretrained: bool = True
    size: int = 288
    train_size: int = 224
    probe: bool = True
    gentle: bool = True
    epochs: int = 0
    batch_size: int = 16
    lr: float = 1.4e-4
    body_slower: float = 1.0
    seed: int = 42
    wear: float = 0.25
    smoothing: float = 0.0
    mirror: bool = True
    minutes: float | None = None


HARD = {"gentle": False, "lr": 7e-3, "body_slower": 5.0, "smoothing": 0.05, "batch_size": 32}


def is_few(photos: int) -> bool:
    """Whether cross-validation replaces the parts for choosing and for measuring."""
    return photos < FEW


def fitting(photos: int, faces: bool, quality: Quality = "good", **chosen: Any) -> Settings:
    """The settings that fit a set of photos.

    Args:
        photos: how many there are to learn from.
        faces: whether faces are classified instead of whole photos.
        quality: "fast" ends with the linear head; "best" fine-tunes where photos are few, too, and for longer.
        chosen: fields of `Settings` that are chosen already; None leaves them open.
    """
    chosen = {name: value for name, value in chosen.items() if value is not None}
    pretrained, recipe = chosen.get("pretrained", True), chosen.get("recipe", "auto")
    longer = LONGER if quality == "best" else 1
    if recipe == "fastai":
        found = {
            **WHOLE,
            "size": 224,
            "probe": False,
            "gentle": False,
            "epochs": EPOCHS_OF_THE_BOOK,
            "batch_size": 32,
            "lr": 2e-3,
            "body_slower": 100.0,
            "smoothing": 0.0,
        }
    elif not pretrained or (faces and not is_few(photos)):
        backbone = MANY_FACES if faces else WHOLE
        found = {**backbone, **HARD, "probe": pretrained, "epochs": EPOCHS_OF_FACES * longer}
    else:
        tuned = not is_few(photos) or quality == "best"
        found = {
            **(FEW_FACES if faces else WHOLE),
            "epochs": min(MOST_EPOCHS, max(1, round(PICTURES / photos))) * longer * tuned,
        }
    if quality == "fast" and found.get("probe", True):
        found["epochs"] = 0
    settings = {**found, **chosen}
    gentle = settings.get("gentle", True)
    smaller = max(32, round(settings["size"] * SHRUNK / 32) * 32) if gentle and not faces else settings["size"]
    return Settings(**{"train_size": smaller, **settings})
