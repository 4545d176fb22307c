"""The recipe, top to bottom: pictures, network, loss, fine-tuning, honest figures. Writes no files of its own."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
import torchvision
from fastai.callback.channelslast import ChannelsLast
from fastai.callback.core import Callback
from fastai.data.block import CategoryBlock, DataBlock
from fastai.data.core import DataLoaders
from fastai.data.transforms import IndexSplitter, Normalize, parent_label
from fastai.learner import Learner
from fastai.losses import LabelSmoothingCrossEntropyFlat
from fastai.metrics import error_rate
from fastai.torch_core import set_seed, to_float
from fastai.vision.augment import Resize, ResizeMethod
from fastai.vision.data import ImageBlock
from fastai.vision.learner import vision_learner
from torch import nn

from model.classifier import with_mirror
from training.callbacks.best_model import StopOnNaN
from training.callbacks.csv_logger import PlainRows
from training.callbacks.schedule import FineTune
from training.data.augmentation import View, Wear
from training.data.crops import Sample
from training.export.load import one_line

BODY_SLOWER = 5  # times; fastai's 100 leaves a body that was trained on ImageNet next to as it was
WEIGHT_DECAY = 0.05


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
    raise RecipeError(f"--arch {name}: neither timm nor torchvision knows that name.{known}")


def _torchvision_from_file(builder: Callable[..., nn.Module], file: Path, **_: Any) -> nn.Module:
    network = builder(weights=None)
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return network


def train(
    learner: Learner, settings: Settings, callbacks: Sequence[Callback] = (), bar: bool = True, flat: bool = False
) -> None:
    """Fine-tune: one epoch with the body frozen, then `epochs` with all of it, as fastai's `fine_tune` in one fit.

    Args:
        callbacks: what else happens on the way.
        bar: show progress bars, instead of plain lines.
        flat: keep the learning rate of the second part, for callbacks that lower it.

    Raises:
        RecipeError: the loss is no number any more.
    """
    nan = StopOnNaN()
    steps = [FineTune(settings.lr, lr_mult=BODY_SLOWER, flat=flat), HalfPrecision(), nan, *callbacks]
    with ExitStack() as quiet:
        if not bar:
            quiet.enter_context(learner.no_bar())
            quiet.enter_context(learner.no_logging())
            steps.append(PlainRows())
        learner.fit(1 + settings.epochs, cbs=steps)
    if nan.problem:
        raise RecipeError(f"{nan.problem} Try --lr {settings.lr / 5:g}.")
    learner.remove_cbs([cb for cb in learner.cbs if isinstance(cb, ChannelsLast)])
    learner.model.to(memory_format=torch.contiguous_format)


class HalfPrecision(Callback):
    """Trains in bfloat16 where the processor computes in it, in a third of the time. fastai's `MixedPrecision` is for
    GPUs only.

    Depthwise convolutions stay in float32, in which oneDNN finds their gradients up to nine times as fast.
    """

    order = 10

    def before_fit(self) -> None:
        cpu = next(self.model.parameters()).device.type == "cpu"
        self._enabled = cpu and torch.cpu._is_avx512_bf16_supported()
        self._hooks = []
        if self._enabled:
            for layer in filter(_slow_in_bfloat16, self.model.modules()):
                self._hooks.append(layer.register_forward_pre_hook(self._leave))
                self._hooks.append(layer.register_forward_hook(self._enter_again))

    def before_batch(self) -> None:
        if self.training:
            self._cast = torch.autocast("cpu", torch.bfloat16, enabled=self._enabled)
            self._cast.__enter__()

    def after_pred(self) -> None:
        if self.training:
            self._cast.__exit__(None, None, None)
            self.learn.pred = to_float(self.pred)

    def after_fit(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def _leave(self, layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        torch.set_autocast_enabled("cpu", False)
        return tuple(each.float() for each in inputs)

    def _enter_again(self, layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        torch.set_autocast_enabled("cpu", self.training)


def _slow_in_bfloat16(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d) and layer.groups > 1 and (layer.stride[0] > 1 or layer.kernel_size[0] > 3)


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
        own = with_mirror(own, np.asarray(torch.cat(mirrored).cpu()))
    return own, np.asarray(torch.cat(targets).cpu())
