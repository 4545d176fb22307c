"""Runs `model.onnx` in ONNX Runtime, without torch or fastai."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from model.bundle import MANIFEST, ONNX, Bundle, BundleError, Input
from model.onnx_session import open_session
from model.prediction import Outputs

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

UNLIKE, MAPS = "unlike", "maps"  # names of the file's further outputs; older files have none


class OnnxRuntime:
    """`model.onnx` in ONNX Runtime. Safe to call from several threads."""

    name = "onnx"

    def __init__(self, bundle: Bundle):
        if bundle.manifest.input is None:
            raise BundleError(f"{bundle.folder / MANIFEST}: input is missing, which {ONNX} needs. Export it again.")
        self._bundle, self._input = bundle, bundle.manifest.input
        outputs = self._session.get_outputs()[0].shape
        if outputs[-1] != len(bundle.manifest.labels):
            raise BundleError(
                f"{bundle.folder / ONNX} has {outputs[-1]} outputs but the manifest has {len(bundle.manifest.labels)} labels. Export it again."
            )
        self._name = self._session.get_inputs()[0].name
        self._further = [output.name for output in self._session.get_outputs()[1:]]

    @cached_property
    def _session(self) -> "InferenceSession":
        try:
            return open_session(self._bundle.read(ONNX))
        except BundleError:
            raise
        except Exception as error:  # ONNX Runtime's own errors share no base class
            raise BundleError(f"{self._bundle.folder / ONNX} cannot be loaded: {str(error).splitlines()[0]}") from None

    def free(self) -> None:
        """Gives the network's memory back; the next images open it again."""
        self.__dict__.pop("_session", None)

    def outputs(self, images: Sequence[Image.Image]) -> Outputs:
        batch = np.stack([to_array(image, self._input) for image in images])
        logits, *further = self._session.run(None, {self._name: batch})
        named = dict(zip(self._further, further, strict=True))
        return Outputs(logits, named.get(UNLIKE), named.get(MAPS))


def to_array(image: Image.Image, rule: Input) -> np.ndarray:
    """Turns an RGB image into the network's input: float32 of shape (3, height, width), normalized."""
    pixels = np.asarray(resize(image, rule), dtype=np.float32)
    mean = np.array(rule.mean, dtype=np.float32) * 255
    std = np.array(rule.std, dtype=np.float32) * 255
    return ((pixels - mean) / std).transpose(2, 0, 1)


def resize(image: Image.Image, rule: Input) -> Image.Image:
    """Resizes as fastai does on its validation set: `Resize` by squish, crop or pad (bilinear), or `CropPad`."""
    target = rule.width, rule.height
    if image.size == target:
        return image
    if rule.resize == "squish":
        return image.resize(target, Image.Resampling.BILINEAR)
    framed = _framed(image, frame_of(image.size, rule), rule.pad)
    return framed if rule.resize == "crop_pad" else framed.resize(target, Image.Resampling.BILINEAR)


def frame_of(size: tuple[int, int], rule: Input) -> tuple[int, int, int, int]:
    """Returns what the network sees of an image of that width and height: left, top, right, bottom in its pixels. It may
    reach beyond the image, where it is filled."""
    width, height = size
    if rule.resize == "squish" or size == (rule.width, rule.height):
        return 0, 0, width, height
    if rule.resize == "crop_pad":
        left, top = (width - rule.width) // 2, (height - rule.height) // 2
        return left, top, left + rule.width, top + rule.height
    ratios = width / rule.width, height / rule.height
    ratio = min(ratios) if rule.resize == "crop" else max(ratios)
    part = max(1, int(ratio * rule.width)), max(1, int(ratio * rule.height))
    left, top = int(0.5 * (width - part[0])), int(0.5 * (height - part[1]))
    return left, top, left + part[0], top + part[1]


def _framed(image: Image.Image, frame: tuple[int, int, int, int], mode: str) -> Image.Image:
    """What a frame shows of the image; what lies outside is filled."""
    left, top, right, bottom = frame
    shown = image.crop((max(0, left), max(0, top), min(right, image.width), min(bottom, image.height)))
    widths = (max(0, -top), max(0, bottom - image.height)), (max(0, -left), max(0, right - image.width)), (0, 0)
    if not np.any(widths):
        return shown
    how = {"zeros": "constant", "border": "edge", "reflection": "reflect"}[mode]
    return Image.fromarray(np.pad(np.asarray(shown), widths, mode=how))  # type: ignore[call-overload]
