"""Runs a bundle's network on pictures: ONNX Runtime (light, the default) or the fastai learner itself, same answers."""

from collections.abc import Sequence
from typing import Protocol

from PIL import Image

from model.bundle import ONNX, PICKLE, TAUGHT, Bundle, BundleError
from model.prediction import Outputs
from model.runtimes.onnx import OnnxRuntime


class Runtime(Protocol):
    """A network that answers pictures."""

    name: str

    def outputs(self, images: Sequence[Image.Image]) -> Outputs:
        """Returns what the network says of RGB images of any size."""
        ...


def open_runtime(bundle: Bundle, choice: str = "auto") -> Runtime:
    """Opens the network of a bundle.

    Args:
        bundle: a verified bundle.
        choice: "auto" (ONNX where the bundle has it), "onnx" or "fastai".

    Raises:
        BundleError: the choice is unknown, the bundle lacks that file, or its libraries are not installed.
    """
    if choice not in ("auto", "onnx", "fastai"):
        raise BundleError(f"MODEL_RUNTIME={choice!r} is unknown: use auto, onnx or fastai.")
    if bundle.has(TAUGHT):
        from model.teaching.taught import TaughtBundleRuntime  # it imports the classifier, which imports this

        return TaughtBundleRuntime(bundle)
    if choice == "auto":
        choice = "onnx" if bundle.has(ONNX) else "fastai"
    needed = ONNX if choice == "onnx" else PICKLE
    if not bundle.has(needed):
        other = "fastai" if choice == "onnx" else "onnx"
        raise BundleError(
            f"The bundle in {bundle.folder} has no {needed}, which MODEL_RUNTIME={choice} needs. Set MODEL_RUNTIME={other}."
        )
    if choice == "onnx":
        return OnnxRuntime(bundle)
    try:
        from model.runtimes.fastai import FastaiRuntime
    except ModuleNotFoundError as error:
        raise BundleError(
            f"Serving {PICKLE} needs fastai ({error.name} is not installed): pip install -r requirements-train.txt"
        ) from None
    return FastaiRuntime(bundle)
