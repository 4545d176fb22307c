"""Runs `model.pkl` with fastai: the learner exactly as it was exported. The only file of `model/` that knows torch."""

import io
import pickle
import threading
import types
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
                content = io.BytesIO(bundle.read(PICKLE))
                self._learner = load_learner(content, cpu=True, pickle_module=_PICKLE_MODULE)
        except BundleError:
            raise
        except _ModuleMissing as error:
            raise BundleError(
                f"{file} needs the module {error}, which is not installed here. Install it; or, when it is a file of your "
                "own, add PYTHONPATH=FOLDER in front of this command, with that file's folder."
            ) from None
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


class _ModuleMissing(Exception):
    """Names a module; `load_learner` would swallow an ImportError."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return super().find_class(module, name)
        except ModuleNotFoundError as error:
            raise _ModuleMissing(error.name or module) from None


_PICKLE_MODULE = types.SimpleNamespace(Unpickler=_Unpickler, load=pickle.load, __name__="pickle")


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
