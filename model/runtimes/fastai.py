"""Runs `model.pkl` with fastai: the learner exactly as it was exported. The only file of `model/` that knows torch."""

import io
import threading
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from fastai.learner import load_learner
from fastai.vision.core import PILImage
from PIL import Image

from model.bundle import PICKLE, Bundle, BundleError


class FastaiRuntime:
    """A fastai learner behind the same interface as `OnnxRuntime`."""

    name = "fastai"

    def __init__(self, bundle: Bundle):
        file = bundle.folder / PICKLE
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # load_learner warns of unpickling; these bytes are known
                self._learner = load_learner(io.BytesIO(bundle.read(PICKLE)), cpu=True)
        except BundleError:
            raise
        except Exception as error:  # whatever the pickle's own code raises
            raise BundleError(f"{file} cannot be loaded by fastai: {type(error).__name__}: {error}") from None
        if (labels := learner_labels(self._learner)) != bundle.manifest.labels:
            raise BundleError(
                f"{file} knows the labels {labels} but the manifest has {bundle.manifest.labels}. Export it again."
            )
        self._lock = threading.Lock()

    def logits(self, images: Sequence[Image.Image]) -> np.ndarray:
        with self._lock:
            return learner_logits(self._learner, images)


def learner_labels(learner: Any) -> list[str]:
    """Returns the learner's labels, in the order of its logits."""
    return [str(label) for label in learner.dls.vocab]


def learner_logits(learner: Any, images: Sequence[Image.Image], batch_size: int = 64) -> np.ndarray:
    """Returns the logits of a learner's model after its own validation transforms, float32 of shape (images, labels)."""
    items = [PILImage.create(np.asarray(image)) for image in images]
    loader = learner.dls.test_dl(items, bs=batch_size, num_workers=0)
    model = learner.model.eval()
    with torch.inference_mode():
        return torch.cat([model(batch[0].as_subclass(torch.Tensor)).float().cpu() for batch in loader]).numpy()
