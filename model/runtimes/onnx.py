"""Runs `model.onnx` in ONNX Runtime, without torch or fastai."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from model.bundle import MANIFEST, ONNX, Bundle, BundleError, Input
from model.onnx_session import open_session


class OnnxRuntime:
    """`model.onnx` in ONNX Runtime. Safe to call from several threads."""

    name = "onnx"

    def __init__(self, bundle: Bundle):
        if bundle.manifest.input is None:
            raise BundleError(f"{bundle.folder / MANIFEST}: input is missing, which {ONNX} needs. Export it again.")
        self._input = bundle.manifest.input
        try:
            self._session = open_session(bundle.read(ONNX))
        except BundleError:
            raise
        except Exception as error:  # ONNX Runtime's own errors share no base class
            raise BundleError(f"{bundle.folder / ONNX} cannot be loaded: {str(error).splitlines()[0]}") from None
        outputs = self._session.get_outputs()[0].shape
        if outputs[-1] != len(bundle.manifest.labels):
            raise BundleError(
                f"{bundle.folder / ONNX} has {outputs[-1]} outputs but the manifest has {len(bundle.manifest.labels)} labels. Export it again."
            )
        self._name = self._session.get_inputs()[0].name

    def logits(self, images: Sequence[Image.Image]) -> np.ndarray:
        batch = np.stack([to_array(image, self._input) for image in images])
        result: np.ndarray = self._session.run(None, {self._name: batch})[0]
        return result


def to_array(image: Image.Image, rule: Input) -> np.ndarray:
    """Turns an RGB image into the network's input: float32 of shape (3, height, width), normalized."""
    pixels = np.asarray(resize(image, rule), dtype=np.float32)
    mean = np.array(rule.mean, dtype=np.float32) * 255
    std = np.array(rule.std, dtype=np.float32) * 255
    return ((pixels - mean) / std).transpose(2, 0, 1)


def resize(image: Image.Image, rule: Input) -> Image.Image:
    """Resizes as fastai does on its validation set: `Resize` by squish, crop or pad (bilinear), or `CropPad`."""
    width, height = image.size
    target = rule.width, rule.height
    if (width, height) == target:
        return image
    if rule.resize == "squish":
        return image.resize(target, Image.Resampling.BILINEAR)
    if rule.resize == "crop_pad":
        return _framed(image, (width - rule.width) // 2, (height - rule.height) // 2, target, rule.pad)
    ratios = width / rule.width, height / rule.height
    ratio = min(ratios) if rule.resize == "crop" else max(ratios)
    part = max(1, int(ratio * rule.width)), max(1, int(ratio * rule.height))
    left, top = int(0.5 * (width - part[0])), int(0.5 * (height - part[1]))
    return _framed(image, left, top, part, rule.pad).resize(target, Image.Resampling.BILINEAR)


def _framed(image: Image.Image, left: int, top: int, size: tuple[int, int], mode: str) -> Image.Image:
    """What a frame of that size shows of the image; what lies outside is filled."""
    right, bottom = left + size[0], top + size[1]
    shown = image.crop((max(0, left), max(0, top), min(right, image.width), min(bottom, image.height)))
    widths = (max(0, -top), max(0, bottom - image.height)), (max(0, -left), max(0, right - image.width)), (0, 0)
    if not np.any(widths):
        return shown
    how = {"zeros": "constant", "border": "edge", "reflection": "reflect"}[mode]
    return Image.fromarray(np.pad(np.asarray(shown), widths, mode=how))  # type: ignore[call-overload]
