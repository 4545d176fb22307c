"""The learner: loaders, a pretrained network and its loss; and, once trained, what is served and measured."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
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
from fastai.losses import CrossEntropyLossFlat, LabelSmoothingCrossEntropyFlat
from fastai.metrics import error_rate
from fastai.torch_core import default_device, set_seed
from fastai.vision.augment import Brightness, Contrast, Resize, ResizeMethod, Saturation, aug_transforms
from fastai.vision.data import ImageBlock
from fastai.vision.learner import vision_learner
from torch import nn

from model.bundle import Mirror
from model.classifier import with_mirror
from model.malloc import keep_freed_memory
from training.callbacks.distributed import processes
from training.callbacks.text import one_line
from training.data.augmentation import RandomCrop, View, Wear
from training.data.crops import WIDER, Sample, folder_of
from training.fit.features import batches_of, inference_batch
from training.fit.head import label_weights
from training.fit.settings import RecipeError, Settings

WEIGHT_DECAY = 0.05
LARGE = 2**31 - 1  # bytes: each step needs as much memory as the one before, and fetching it took half of the time


def make_loaders(
    samples: Sequence[Sample], train: Sequence[int], valid: Sequence[int], settings: Settings, faces: bool
) -> DataLoaders:
    """fastai loaders over the kept pictures, see `training.data.crops`.

    Args:
        samples: all of them.
        train: indices of those to learn from.
        valid: ... to choose on.
        settings: of the run, with this process's share of a batch.
        faces: whether the pictures are cut-out faces, with a border around what serving sees.
    """
    set_seed(settings.seed, reproducible=True)
    batches: list[Any] = []
    if faces:
        items: list[Any] = [View(settings.size, WIDER, mirror=settings.mirror), Wear(settings.wear)]
    else:
        items = [RandomCrop(settings.size, settings.train_size, mirror=settings.mirror)]
        book = settings.recipe == "fastai"
        batches = aug_transforms(do_flip=False) if book else [Brightness(0.3), Contrast(0.3), Saturation(0.3)]
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock(vocab=sorted({sample.label for sample in samples}))),
        get_y=labeled_by_folder({sample.label for sample in samples}),
        splitter=IndexSplitter(range(len(train), len(train) + len(valid))),
        item_tfms=items,
        batch_tfms=batches,
    )
    # two cores: workers would fight the network for them
    pictures = [Path(samples[index].picture) for index in [*train, *valid]]
    return block.dataloaders(
        pictures,
        bs=settings.batch_size,
        val_bs=inference_batch(default_device()),
        num_workers=0,
        drop_last=len(train) // processes() >= settings.batch_size,
    )


def make_learner(
    loaders: DataLoaders,
    settings: Settings,
    counts: Counter[str],
    metrics: Sequence[Callable[..., Any]] = (error_rate,),
) -> Learner:
    """A learner on a pretrained backbone, normalizing as that does; with a linear head, unless it is the book's recipe.

    Raises:
        RecipeError: the architecture is unknown, its weights cannot be had, or it cannot take such pictures.
    """
    keep_freed_memory(LARGE, LARGE)
    weight = label_weights(np.array([counts[label] for label in loaders.vocab]))
    loss = LabelSmoothingCrossEntropyFlat(
        eps=settings.smoothing, weight=torch.tensor(weight, dtype=torch.float32, device=loaders.device)
    )
    arch, extra = find_arch(settings)
    try:
        learner = vision_learner(
            loaders,
            arch,
            pretrained=settings.pretrained,
            loss_func=loss if settings.recipe != "fastai" else CrossEntropyLossFlat(),
            metrics=list(metrics),
            wd=WEIGHT_DECAY if settings.recipe != "fastai" else None,
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
    for module in learner.model.modules():
        if isinstance(about := getattr(module, "pretrained_cfg", None), dict):
            about.pop("file", None)  # a folder of this machine, which would be read in every copy of model.pkl
    learner.model.to(loaders.device)  # fastai does so only when it fits; here the features come first
    features = _features_of(learner.model[0], settings)
    if settings.recipe != "fastai":
        head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, len(loaders.vocab)))
        learner.model[1] = head.to(loaders.device)
        learner.opt = None  # it knew the other head's weights
        learner.freeze()
    return learner


def pretrained_classifier(settings: Settings, features: int) -> np.ndarray | None:
    """The weights by which the pretrained network tells apart what it was trained for, for `stretch_of`.

    Args:
        settings: of the run.
        features: how many the learner's linear head takes.

    Returns:
        Of shape (classes, features), with a mean of 0 over the classes; None where there is no such layer, or one that tells nothing.
    """
    if not settings.pretrained:
        return None
    arch, extra = find_arch(settings)
    try:
        network = (
            timm.create_model(arch, pretrained=True, **extra) if isinstance(arch, str) else arch(weights="DEFAULT")
        )
    except RuntimeError:  # the weights of --weights are of a body alone, or with another's head on it
        return None
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear) and layer.in_features == features]
    if not layers:
        return None
    weight = layers[-1].weight.detach().float().numpy()
    weight = weight - weight.mean(0)
    return weight if weight.any() else None


def set_head(learner: Learner, weight: np.ndarray, bias: np.ndarray) -> None:
    """Gives the linear head of a learner these weights, of shape (labels, features) and (labels,)."""
    linear = learner.model[1][-1]
    with torch.no_grad():
        linear.weight.copy_(torch.as_tensor(weight))
        linear.bias.copy_(torch.as_tensor(bias))


def _features_of(body: nn.Module, settings: Settings) -> int:
    """How many channels its feature map has. Some architectures take pictures of one size only, or none so small."""
    device = next(body.parameters()).device
    try:
        with torch.no_grad():
            for size in {settings.size, settings.train_size}:
                shape = body.eval()(torch.zeros(1, 3, size, size, device=device)).shape
    except Exception as error:  # whatever that network's own code raises
        raise RecipeError(
            f"{settings.arch} does not take pictures of {size} x {size} pixels ({one_line(error)}): "
            "give another --size or --arch."
        ) from None
    if len(shape) != 4:
        raise RecipeError(
            f"{settings.arch} gives no feature map of rows and columns: give another --arch, such as a convnet."
        )
    return int(shape[1])


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


def labeled_by_folder(labels: Iterable[str]) -> Any:
    """What gives the label of a small picture; of fastai's own and Python's parts, since it is pickled."""
    folders = {folder_of(label): label for label in labels}
    if all(folder == label for folder, label in folders.items()):
        return parent_label
    return [[parent_label, folders.get]]


def for_serving(learner: Learner, size: int, faces: bool) -> Learner:
    """The same network behind plain transforms: what `model` feeds it, and nothing of this package in the pickle."""
    labels = list(learner.dls.vocab)
    plain = DataBlock(
        blocks=(ImageBlock, CategoryBlock(vocab=labels)),
        get_y=labeled_by_folder(labels),
        splitter=IndexSplitter([0]),
        item_tfms=[Resize(size, method=ResizeMethod.Squish if faces else ResizeMethod.Crop)],
        batch_tfms=[step for step in learner.dls.train.after_batch.fs if isinstance(step, Normalize)],
    )
    loaders = plain.dataloaders(list(learner.dls.train_ds.items[:2]), bs=1, num_workers=0)
    return Learner(loaders, learner.model, loss_func=learner.loss_func)


def logits_of(learner: Learner, pictures: Sequence[Path], mirror: bool = True) -> np.ndarray:
    """Logits of shape (pictures, labels), as serving makes them."""
    network = learner.model.eval()
    with torch.inference_mode():
        batches = [
            (network(batch), network(batch.flip(-1)) if mirror else None) for batch in batches_of(learner, pictures)
        ]
    own, mirrored = zip(*batches, strict=True)
    logits = torch.cat(own).float().cpu().numpy()
    return with_mirror(logits, torch.cat(mirrored).float().cpu().numpy(), Mirror()) if mirror else logits
