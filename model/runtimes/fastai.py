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
from torch import Tensor, nn

from model.bundle import PICKLE, Bundle, BundleError
from model.prediction import Outputs
from model.unlike import NEAREST

PROTOTYPES = "prototypes"  # buffer of the head: unit vectors of shape (prototypes, features)
HARMLESS = (nn.Flatten, nn.Dropout, nn.Identity)


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

    def outputs(self, images: Sequence[Image.Image]) -> Outputs:
        with self._lock:
            return learner_outputs(self._learner, images)


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


def learner_logits(learner: Any, images: Sequence[Image.Image]) -> np.ndarray:
    """Returns the logits of a learner's model after its own validation transforms, float32 of shape (images, labels)."""
    return learner_outputs(learner, images).logits


def learner_outputs(learner: Any, images: Sequence[Image.Image], batch_size: int = 64) -> Outputs:
    """Returns what a learner's model says of pictures after its own validation transforms."""
    items = [PILImage.create(np.asarray(image)) for image in images]
    loader = learner.dls.test_dl(items, bs=batch_size, num_workers=0)
    network = Explained(learner.model).eval()
    with torch.inference_mode():
        batches = [network(batch[0].as_subclass(Tensor)) for batch in loader]
    arrays = [torch.cat(parts).float().cpu().numpy() for parts in zip(*batches, strict=True)]
    named = dict(zip(network.names, arrays, strict=True))
    if "maps" not in named and (head := _head_of(learner.model)) is not None:
        named["maps"] = np.concatenate(
            [_grad_cam(learner.model, head, batch[0].as_subclass(Tensor)) for batch in loader]
        )
    return Outputs(**named)


def _grad_cam(network: nn.Module, head: nn.Module, pictures: Tensor) -> np.ndarray:
    """Maps for a head that is not linear: the features, weighed by what the best label's logit gains from each of them
    (Selvaraju et al., "Grad-CAM", ICCV 2017). Only the head is differentiated."""
    with torch.no_grad():
        features = next(network.children())(pictures)
    with torch.enable_grad():
        features.requires_grad_()
        best = head(features).max(1).values.sum()
        [gradient] = torch.autograd.grad(best, features)
    maps: np.ndarray = (features * gradient.mean((2, 3), keepdim=True)).sum(1).detach().float().cpu().numpy()
    return maps


class Explained(nn.Module):
    """A network that says more than its logits, where it is a body whose feature map a head pools.

    Attributes:
        names: of its outputs, as `Outputs` has them. `unlike` is the cosine distance to the `NEAREST`th of the prototypes,
            which are training photos that the head keeps as a buffer (deep nearest neighbors: Sun et al., ICML 2022). `maps` is
            the class activation map of the best label (Zhou et al., CVPR 2016), less the mean of all labels' maps.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.names = ["logits"]
        head = _head_of(network)
        if head is not None and isinstance(getattr(head, PROTOTYPES, None), Tensor):
            self.names.append("unlike")
        if head is not None and _is_linear(head):
            self.names.append("maps")

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        head = _head_of(self.network)
        if head is None or len(self.names) == 1:
            return (self.network(pictures),)
        features = next(self.network.children())(pictures)
        logits = head(features)
        outputs = [logits]
        if "unlike" in self.names:
            pooled = features.mean((2, 3)).float()
            pooled = pooled / pooled.norm(dim=1, keepdim=True).clamp_min(1e-12)
            prototypes = getattr(head, PROTOTYPES).float()
            outputs.append(1 - (pooled @ prototypes.T).topk(min(NEAREST, len(prototypes))).values[:, -1])
        if "maps" in self.names:
            weights = head[-1].weight - head[-1].weight.mean(0)  # type: ignore[index,operator,union-attr]
            best = weights[logits.argmax(1)]
            outputs.append((features * best[:, :, None, None]).sum(1))
        return tuple(outputs)


def _head_of(network: nn.Module) -> nn.Sequential | None:
    """The head, where it is what `vision_learner` makes: a body and a head that begins with pooling."""
    parts = list(network.children()) if isinstance(network, nn.Sequential) else []
    head = parts[1] if len(parts) == 2 else None
    return head if isinstance(head, nn.Sequential) and "Pool2d" in type(head[0]).__name__ else None


def _is_linear(head: nn.Sequential) -> bool:
    """Whether it pools and then weighs, and does nothing else."""
    *between, last = list(head.children())[1:]
    pools = isinstance(head[0], nn.AdaptiveAvgPool2d) and head[0].output_size in (1, (1, 1))
    return pools and isinstance(last, nn.Linear) and all(isinstance(step, HARMLESS) for step in between)
