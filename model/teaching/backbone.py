"""Runs the general backbone that ships in `model/general`: what a network that knows many things sees in a picture."""

import hashlib
import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from model.bundle import BundleError, Input
from model.malloc import keep_freed_memory
from model.onnx_session import open_session
from model.runtimes.onnx import to_array

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

GENERAL = Path(__file__).parents[1] / "general"
BACKBONE = GENERAL / "backbone.onnx"
SHA256 = "568e76ba0969158642547dd230894eade14c634b0d367e7cfda57e3037f084d3"
CLASSIFIER = GENERAL / "classifier.npy"
SHA256_OF_CLASSIFIER = "0c17a1ae5e12f310c4abd541abfce649e9ffc3eb9efa187573d23af12d8a9329"
FEATURES = 1280
INPUT = Input(height=288, width=288, resize="crop", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
BATCH = 1  # pictures that the network sees at once: more take more memory, and no less time


class Backbone:
    """The network up to its last feature map. Opened when it is first needed; safe to call from several threads."""

    @cached_property
    def _session(self) -> "InferenceSession":
        _content(BACKBONE, SHA256)
        session = open_session(str(BACKBONE))
        keep_freed_memory()  # opening takes 40 MB more than what is opened
        return session

    @cached_property
    def classifier(self) -> np.ndarray:
        """What it was trained to tell apart, for `stretch_of`: float16 of shape (directions, `FEATURES`)."""
        content = _content(CLASSIFIER, SHA256_OF_CLASSIFIER)
        return np.asarray(np.load(io.BytesIO(content), allow_pickle=False))

    def maps(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Returns the feature maps of RGB images, float32 of shape (images, `FEATURES`, rows, columns)."""
        batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        pictures = (np.stack([to_array(image, INPUT) for image in batch]) for batch in batches)
        return np.concatenate([self._session.run(None, {"pictures": batch})[0] for batch in pictures])

    def features(self, image: Image.Image) -> np.ndarray:
        """Returns what stands for an RGB image: a unit vector of shape (`FEATURES`,) as float16."""
        pooled = self.maps([image])[0].mean((1, 2))
        feature: np.ndarray = (pooled / max(float(np.linalg.norm(pooled)), 1e-12)).astype(np.float16)
        return feature


def _content(file: Path, digest: str) -> bytes:
    """Of a file that ships.

    Raises:
        BundleError: it cannot be read, or has another SHA-256.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BundleError(f"{file} cannot be read ({error.strerror}); install the project again.") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise BundleError(f"{file} is damaged (its SHA-256 differs); install the project again.")
    return content
