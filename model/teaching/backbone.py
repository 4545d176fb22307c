"""Runs the general backbone that ships in `model/general`: what a network that knows many things sees in a picture."""

import hashlib
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
FEATURES = 1280
INPUT = Input(height=288, width=288, resize="crop", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
BATCH = 1  # pictures that the network sees at once: more take more memory, and no less time


class Backbone:
    """The network up to its last feature map. Opened when it is first needed; safe to call from several threads."""

    @cached_property
    def _session(self) -> "InferenceSession":
        try:
            digest = hashlib.sha256(BACKBONE.read_bytes()).hexdigest()
        except OSError as error:
            raise BundleError(f"{BACKBONE} cannot be read ({error.strerror}); install the project again.") from None
        if digest != SHA256:
            raise BundleError(f"{BACKBONE} is damaged (its SHA-256 differs); install the project again.")
        session = open_session(str(BACKBONE))
        keep_freed_memory()  # opening takes 40 MB more than what is opened
        return session

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
