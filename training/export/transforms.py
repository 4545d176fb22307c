"""What a fastai learner does to a photo on its validation side, read from its transforms.

What `model.runtimes.onnx` does at serving (one resize, mean and standard deviation) becomes an `Input`; what the learner
does to the batch after that becomes layers in front of the network. Knows nothing of files or of ONNX.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any

import torch
from fastai.data.transforms import IntToFloatTensor, Normalize, ToTensor
from fastai.vision.augment import AffineCoordTfm, CropPad, RandomCrop, RandomResizedCrop, RandomResizedCropGPU, Resize
from fasttransform import Pipeline, Transform
from PIL.Image import Resampling
from torch import Tensor, nn
from torch.nn.functional import interpolate

from model.bundle import Input
from training.export.load import place_of_images


class NotServable(ValueError):
    """A transform that serving without fastai cannot do; the message names it."""


@dataclass(frozen=True)
class Rules:
    """`input` is done by `model.runtimes.onnx`, then `front` by the network file. Pictures are (height, width)."""

    input: Input
    front: nn.Sequential


def read_rules(learner: Any, size: tuple[int, int] | None = None) -> Rules:
    """Read a learner's validation transforms.

    Args:
        learner: a fastai image classifier.
        size: height and width in pixels of its pictures, for a learner that resizes nothing.

    Raises:
        NotServable: a transform is unknown, or pictures do not come to one size.
    """
    reader = _Reader(size)
    for step in _validation_steps(learner.dls):
        reader.read(step)
    return reader.rules()


class Crop(nn.Module):
    """Cuts a rectangle out of a batch of pictures."""

    def __init__(self, top: int, left: int, height: int, width: int):
        super().__init__()
        self.rows, self.columns = slice(top, top + height), slice(left, left + width)

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures[..., self.rows, self.columns]


class Resample(nn.Module):
    """Resizes a batch of pictures by one matrix from the left and one from the right, as exactly as torch does it."""

    rows: Tensor
    columns: Tensor

    def __init__(self, rows: Tensor, columns: Tensor):
        super().__init__()
        self.register_buffer("rows", rows)
        self.register_buffer("columns", columns.T.contiguous())

    def forward(self, pictures: Tensor) -> Tensor:
        return self.rows @ pictures @ self.columns


class Scale(nn.Module):
    """Subtracts the mean of each channel and divides by its standard deviation."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Tensor, std: Tensor):
        super().__init__()
        self.register_buffer("mean", mean.reshape(1, 3, 1, 1))
        self.register_buffer("std", std.reshape(1, 3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        return (pictures - self.mean) / self.std


class _Reader:
    """Follows one picture through the transforms. A pixel p has become (p - shift) / scale when it enters `front`."""

    def __init__(self, size: tuple[int, int] | None):
        self._start = self._size = size
        self._resize: dict[str, Any] | None = None
        self._shift, self._scale = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
        self._front: list[nn.Module] = []

    def rules(self) -> Rules:
        self._known_size()
        resize = self._resize or dict(zip(("height", "width"), self._start or (), strict=True))
        mean, std = ((values / 255).tolist() for values in (self._shift, self._scale))
        rule = Input.model_validate({**resize, "mean": mean, "std": std})
        return Rules(rule, nn.Sequential(*self._front))

    @singledispatchmethod
    def read(self, step: Any) -> None:
        raise NotServable(f"it prepares photos with {_name(step)}, which only fastai can do")

    @read.register
    def _(self, step: Resize) -> None:
        _must_be_bilinear(step)
        width, height = step.size
        pad = {"pad": step.pad_mode} if step.method == "pad" else {}
        self._first_resize(step, height, width, resize=step.method, **pad)

    @read.register
    def _(self, step: RandomResizedCrop) -> None:
        _must_be_bilinear(step)
        width, height = step.size
        extra = math.ceil(max(width, height) * step.val_xtra / 8) * 8
        self._first_resize(step, height + extra, width + extra, resize="squish")
        self._crop(step, height, width)

    @read.register(CropPad)
    @read.register(RandomCrop)
    def _(self, step: Any) -> None:
        width, height = step.size
        if self._resize is None:
            self._first_resize(step, height, width, resize="crop_pad", pad=getattr(step, "pad_mode", "zeros"))
        else:
            self._crop(step, height, width)

    @read.register
    def _(self, step: IntToFloatTensor) -> None:
        self._normalize(torch.zeros(3), torch.full((3,), float(step.div)))

    @read.register
    def _(self, step: Normalize) -> None:
        if {step.mean.numel(), step.std.numel()} - {1, 3}:
            raise NotServable(f"its Normalize has {step.mean.numel()} means; photos have 3 channels")
        self._normalize(
            *(values.detach().as_subclass(Tensor).cpu().flatten().expand(3) for values in (step.mean, step.std))
        )

    @read.register
    def _(self, step: RandomResizedCropGPU) -> None:
        height, width = self._known_size()
        narrowest, widest = step.ratio
        cut = height, width
        if width / height < narrowest:
            cut = int(width / narrowest), width
        elif width / height > widest:
            cut = height, int(height * widest)
        self._crop(step, int(cut[0] * step.valid_scale), int(cut[1] * step.valid_scale))
        self._resample(step, step.size, align_corners=True)

    @read.register
    def _(self, step: AffineCoordTfm) -> None:
        if step.size is None:
            return  # on the validation side it turns, zooms and flips by nothing
        if not step.align_corners and step.pad_mode == "zeros":
            raise NotServable(f"its {_name(step)} blends the border with zeros, which only fastai can do")
        self._resample(step, step.cp_size, bool(step.align_corners))

    @read.register
    def _(self, step: ToTensor) -> None:
        """Pixels stay as they are."""

    def _first_resize(self, step: Any, height: int, width: int, **how: Any) -> None:
        if self._resize is None:
            self._resize = {"height": height, "width": width, **how}
        elif self._size != (height, width):
            raise NotServable(f"it resizes photos twice ({_name(step)} is the second), which only fastai can do")
        self._size = height, width

    def _known_size(self) -> tuple[int, int]:
        if self._size is None:
            raise NotServable(
                "nothing in it brings photos to one size: it was trained on pictures that all had the same"
            )
        return self._size

    def _crop(self, step: Any, height: int, width: int) -> None:
        now = self._known_size()
        if height > now[0] or width > now[1]:
            raise NotServable(
                f"its {_name(step)} pads pictures of {now[1]} x {now[0]} pixels, which only fastai can do"
            )
        if (height, width) != now:
            self._front.append(Crop((now[0] - height) // 2, (now[1] - width) // 2, height, width))
        self._size = height, width

    def _resample(self, step: Any, size: Any, align_corners: bool) -> None:
        if step.mode != "bilinear":
            raise NotServable(f"its {_name(step)} resizes by {step.mode}, which only fastai can do")
        now, (height, width) = self._known_size(), size
        if now == (height, width):
            return
        between = _shrunk_first(now, (height, width), align_corners)
        rows, columns = (_axis(*sides, align_corners) for sides in zip(now, between, (height, width), strict=True))
        self._front.append(Resample(rows, columns))
        self._size = height, width

    def _normalize(self, mean: Tensor, std: Tensor) -> None:
        if any(not isinstance(layer, Crop) for layer in self._front):
            self._front.append(Scale(mean.float(), std.float()))
            return
        self._shift = self._shift + mean.double() * self._scale
        self._scale = self._scale * std.double()


def _shrunk_first(now: tuple[int, int], size: tuple[int, int], align_corners: bool) -> tuple[int, int]:
    """The size to which fastai's `_grid_sample` averages a picture first, when it has to shrink it a lot."""
    factor = min(now[0] / size[1], now[1] / 2) / 2  # fastai compares the height with the new width, the width with 2
    zoom = 1.0 if align_corners else 1 / (1 - 1 / max(size))
    if factor <= 1 or factor <= zoom:
        return now
    return math.floor(now[0] * (1 / factor)), math.floor(now[1] * (1 / factor))


def _axis(now: int, between: int, size: int, align_corners: bool) -> Tensor:
    """The matrix (size, now) that resizes one axis: what torch makes of each single pixel."""
    pixels = torch.eye(now)[None]
    if between != now:
        pixels = interpolate(pixels, size=between, mode="area")
    return interpolate(pixels, size=size, mode="linear", align_corners=align_corners)[0].T.contiguous()


def _validation_steps(dls: Any) -> Iterator[Any]:
    """The transforms that act on a photo at validation, in their order."""
    inputs = dls.valid_ds.tls[0]
    for step in _acting(inputs.tfms.fs[place_of_images(inputs) :]):
        if not _name(step).endswith(".create"):  # that opens the photo
            yield step
    yield from _acting(dls.valid.after_item.fs)
    yield from _acting(dls.valid.before_batch.fs)
    yield from _acting(dls.valid.after_batch.fs)


def _acting(steps: Any) -> Iterator[Any]:
    for step in steps:
        if isinstance(step, Pipeline):
            yield from _acting(step.fs)
        elif _acts(step):
            yield _own(step)


def _acts(step: Any) -> bool:
    if isinstance(step, AffineCoordTfm):  # its split_idx tells only where it was used last
        return True
    return step.split_idx != 0 and _name(step) != "noop"


def _own(step: Any) -> Any:
    """The step, if it is fastai's own. A notebook's subclass may do anything: it is unknown."""
    if type(step) is Transform or type(step).__module__.startswith("fastai."):
        return step
    raise NotServable(f"it prepares photos with {_name(step)}, which only fastai can do")


def _must_be_bilinear(step: Any) -> None:
    if step.p != 1:
        raise NotServable(f"its {_name(step)} acts at random")
    if step.mode != Resampling.BILINEAR:
        raise NotServable(f"its {_name(step)} resizes by {Resampling(step.mode).name.lower()}; serving knows bilinear")


def _name(step: Any) -> str:
    return str(getattr(step, "_name", type(step).__name__))
