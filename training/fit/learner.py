"""The learner: loaders, a pretrained network and its loss; and, once trained, what is served and measured."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
import torchvision
from fastai.callback.channelslast import ChannelsLast
from fastai.data.block import CategoryBlock, DataBlock
from fastai.data.core import DataLoaders
from fastai.data.transforms import IndexSplitter, Normalize, parent_label
from fastai.learner import Learner
from fastai.losses import LabelSmoothingCrossEntropyFlat
from fastai.metrics import error_rate
from fastai.torch_core import set_seed
from fastai.vision.augment import Resize, ResizeMethod
from fastai.vision.data import ImageBlock
from fastai.vision.learner import vision_learner
from torch import nn

from model.bundle import Mirror
from model.classifier import with_mirror
from training.callbacks.text import one_line
from training.data.augmentation import View, Wear
from training.data.crops import Sample
from training.fit.settings import RecipeError, Settings

WEIGHT_DECAY = 0.05


def make_loaders(
    samples: Sequence[Sample], train: Sequence[int], valid: Sequence[int], settings: Settings, wider: float
) -> DataLoaders:
    """fastai loaders over the kept pictures; `wider` is how many times wider than the input these are."""
    set_seed(settings.seed, reproducible=True)
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock(vocab=sorted({sample.label for sample in samples}))),
        get_y=parent_label,
        splitter=IndexSplitter(list(valid)),
        item_tfms=[View(settings.size, wider, mirror=settings.mirror), Wear(settings.wear)],
    )
    # two cores: workers would fight the network for them
    pictures = [Path(sample.picture) for sample in samples]
    return block.dataloaders(
        pictures, bs=settings.batch_size, num_workers=0, drop_last=len(train) >= settings.batch_size
    )


def make_learner(
    loaders: DataLoaders,
    settings: Settings,
    counts: Counter[str],
    metrics: Sequence[Callable[..., Any]] = (error_rate,),
) -> Learner:
    """A learner on a pretrained backbone, normalizing as that does, with the rarer labels weighing more.

    Raises:
        RecipeError: the architecture is unknown, or its weights cannot be had.
    """
    weight = torch.tensor([counts[label] ** -0.5 for label in loaders.vocab])
    weight = (weight / weight.mean()).to(loaders.device)
    loss = LabelSmoothingCrossEntropyFlat(eps=settings.smoothing, weight=weight)
    arch, extra = find_arch(settings)
    try:
        learner = vision_learner(
            loaders,
            arch,
            pretrained=settings.pretrained,
            loss_func=loss,
            metrics=list(metrics),
            wd=WEIGHT_DECAY,
            cbs=ChannelsLast,
            **extra,
        )
    except Exception as error:  # every kind of file and every way of downloading raises its own
        if not settings.pretrained:
            raise
        hint = (
            "give --weights FILE, or --no-pretrained" if not settings.weights else "is it a file of this architecture?"
        )
        raise RecipeError(f"The weights of {settings.arch} cannot be loaded ({one_line(error)}): {hint}.") from None
    _check_takes(learner.model, settings)
    return learner


def _check_takes(network: nn.Module, settings: Settings) -> None:
    """Some architectures take pictures of one size only, or none so small."""
    blank = torch.zeros(1, 3, settings.size, settings.size, device=next(network.parameters()).device)
    try:
        with torch.no_grad():
            network.eval()(blank)
    except Exception as error:  # whatever that network's own code raises
        raise RecipeError(
            f"{settings.arch} does not take pictures of {settings.size} x {settings.size} pixels ({one_line(error)}): "
            "give another --size or --arch."
        ) from None
    network.train()


def find_arch(settings: Settings) -> tuple[Any, dict[str, Any]]:
    """What `vision_learner` takes for an architecture's name, and its further arguments."""
    name, weights = settings.arch, settings.weights
    if weights is not None and not weights.is_file():
        raise RecipeError(f"--weights {weights}: there is no such file.")
    if timm.is_model(name):
        return name, {"pretrained_cfg_overlay": {"file": str(weights)}} if weights and settings.pretrained else {}
    if name in torchvision.models.list_models(module=torchvision.models):
        builder = getattr(torchvision.models, name)
        if weights is None or not settings.pretrained:
            return builder, {}
        return partial(_torchvision_from_file, builder, weights), {}
    close = timm.list_models(f"*{name.split('_')[0]}*")[:5]
    known = f" Did you mean one of {', '.join(close)}?" if close else ""
    raise RecipeError(f"--arch {name}: unknown to both timm and torchvision.{known}")


def _torchvision_from_file(builder: Callable[..., nn.Module], file: Path, **_: Any) -> nn.Module:
    network = builder(weights=None)
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return network


def for_serving(learner: Learner, size: int) -> Learner:
    """The same network behind plain transforms: what `model` feeds it, and nothing of this package in the pickle."""
    labels = list(learner.dls.vocab)
    plain = DataBlock(
        blocks=(ImageBlock, CategoryBlock(vocab=labels)),
        get_y=parent_label,
        splitter=IndexSplitter([0]),
        item_tfms=[Resize(size, method=ResizeMethod.Squish)],
        batch_tfms=[step for step in learner.dls.train.after_batch.fs if isinstance(step, Normalize)],
    )
    loaders = plain.dataloaders(list(learner.dls.train_ds.items[:2]), bs=1, num_workers=0)
    return Learner(loaders, learner.model, loss_func=learner.loss_func)


def held_out_logits(learner: Learner, mirror: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Logits of shape (photos, labels), as serving makes them, and targets of shape (photos,) of the validation set."""
    network = learner.model.eval()
    with torch.no_grad():
        batches = [(network(x), network(x.flip(-1)) if mirror else None, y) for x, y in learner.dls.valid]
    logits, mirrored, targets = zip(*batches, strict=True)
    own = np.asarray(torch.cat(logits).cpu())
    if mirror:
        own = with_mirror(own, np.asarray(torch.cat(mirrored).cpu()), Mirror())
    return own, np.asarray(torch.cat(targets).cpu())
