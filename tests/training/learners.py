"""Small untrained learners for tests, made in a moment, whose answers depend on every part of a picture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fastai.data.block import CategoryBlock, DataBlock
from fastai.data.transforms import FuncSplitter, get_image_files, parent_label
from fastai.learner import Learner
from fastai.losses import CrossEntropyLossFlat
from fastai.vision.augment import Resize
from fastai.vision.data import ImageBlock
from PIL import Image
from torch import nn

from model.runtimes.fastai import learner_logits
from training.export.sample_photos import drawn

SIZES = ((90, 70), (70, 90), (180, 40), (40, 150), (320, 240), (32, 32), (21, 17), (67, 101))


def save_photos(
    folder: Path, labels: Sequence[str] = ("cat", "dog"), size: tuple[int, int] | None = None
) -> list[Path]:
    """Write drawn pictures into one folder per label; all of one size (width, height), or of several."""
    files = []
    for number, picture in enumerate(drawn(SIZES).values()):
        file = folder / labels[number % len(labels)] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        (picture.resize(size) if size else picture).save(file, compress_level=1)
        files.append(file)
    return files


def open_photos(files: Sequence[Path]) -> list[Image.Image]:
    return [Image.open(file).convert("RGB") for file in files]


def make_learner(
    photos: Path,
    item_tfms: Any = None,
    batch_tfms: Any = None,
    *,
    blocks: tuple[Any, Any] = (ImageBlock, CategoryBlock),
    get_y: Callable[[Path], Any] = parent_label,
    outputs: int | None = None,
    network: nn.Module | None = None,
    loss: Any = None,
) -> Learner:
    """A learner on the photos of `save_photos`, by default with a tiny network and `Resize(32)`."""
    block = DataBlock(
        blocks=blocks,
        get_items=get_image_files,
        get_y=get_y,
        splitter=FuncSplitter(lambda file: file.stem in ("0", "5")),
        item_tfms=item_tfms if item_tfms is not None else Resize(32),
        batch_tfms=batch_tfms,
    )
    dls = block.dataloaders(photos, bs=2, num_workers=0, device=torch.device("cpu"))
    if network is None:
        network = tiny_network(outputs or len(dls.vocab))
    return Learner(dls, network, loss_func=loss or CrossEntropyLossFlat())


def tiny_network(outputs: int) -> nn.Sequential:
    """Looks at 8 x 8 places of a picture, and has both batch norm and dropout, which behave otherwise in training."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(8),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(256, outputs),
    )


def sharpen(learner: Learner, photos: Sequence[Image.Image]) -> Learner:
    """Scale the last layer until the photos get clearly different probabilities, as from a trained network."""
    last = learner.model[-1]
    with torch.no_grad():
        logits = np.concatenate([learner_logits(learner, [photo]) for photo in photos])
        spread = torch.from_numpy(logits.std(axis=0)).mean()
        last.weight /= spread
        last.bias -= torch.from_numpy(logits.mean(axis=0))
        last.bias /= spread
    return learner
