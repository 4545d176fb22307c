"""Opens learners that came from anywhere, and tells whether they answer one label per photo.

Knows nothing of ONNX or of bundles.
"""

import pathlib
import pickle
import re
import types
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from fastai.data.core import Datasets
from fastai.data.transforms import Categorize, EncodedMultiCategorize, MultiCategorize
from fastai.learner import Learner, load_learner
from fastai.losses import FocalLoss
from fastai.vision.core import PILImage, PILImageBW
from torch import nn

from model.runtimes.fastai import learner_labels
from training.callbacks.text import one_line


class ExportRefused(ValueError):
    """A learner that cannot become a bundle; the message says why, in one sentence, and what to do."""


def open_learner(file: Path) -> Any:
    """Load a file that `learn.export` wrote, on the CPU. Unpickling runs code: only for files whose origin is known.

    Raises:
        ExportRefused: there is no such file, it is not a learner, or something it needs is not here.
    """
    if not file.is_file():
        raise ExportRefused(f"There is no file {file}.")
    try:
        learner = _load(file)
    except AttributeError as error:
        raise ExportRefused(f"{file} needs {_missing_name(error)}") from None
    except ModuleNotFoundError as error:
        raise ExportRefused(
            f"{file} needs the module {error.name}, which is not installed here. Install it, or, when it is a file of "
            "your own, run this command in that file's folder."
        ) from None
    except (pickle.UnpicklingError, EOFError, zipfile.BadZipFile) as error:
        raise ExportRefused(f"{file} is not a learner, or is damaged ({one_line(error)}).") from None
    except Exception as error:  # whatever the pickle's own code raises
        raise ExportRefused(f"{file} cannot be loaded: {type(error).__name__}: {one_line(error)}") from None
    if not isinstance(learner, Learner):
        raise ExportRefused(
            f"{file} holds no learner but {type(learner).__name__}: weights alone, as learn.save writes them, do not "
            "say how photos are prepared. Write it with learn.export."
        )
    return learner


def check_classifier(learner: Any) -> list[str]:
    """The labels of a learner that gives one label per colour photo, in the order of its logits.

    Raises:
        ExportRefused: it does something else.
    """
    datasets = getattr(getattr(learner, "dls", None), "valid_ds", None)
    if not isinstance(datasets, Datasets):
        raise ExportRefused(
            "Its data was not put together by a DataBlock or ImageDataLoaders, so its labels are unknown."
        )
    if datasets.n_inp != 1 or len(datasets.tls) != 2:
        raise ExportRefused(
            f"It takes {datasets.n_inp} inputs and gives {len(datasets.tls) - datasets.n_inp} answers; a bot needs one of each."
        )
    _check_input(datasets.tls[0])
    _check_target(datasets.tls[1])
    labels = learner_labels(learner)
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise ExportRefused(f"It needs at least two labels, all different; it has {', '.join(labels) or 'none'}.")
    _check_loss(learner.loss_func, len(labels))
    return labels


def place_of_images(inputs: Any) -> int:
    """From which of a learner's input transforms on an opened photo goes through them."""
    return int(inputs.infer_idx(PILImage.create(torch.zeros(2, 2, 3, dtype=torch.uint8))))


class _Unpickler(pickle.Unpickler):
    """Opens paths of another machine: of Windows, say, or of Python 3.13, which keeps them in another module."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("pathlib", "pathlib._local"):
            return type(Path()) if name in ("PosixPath", "WindowsPath") else getattr(pathlib, name)
        return super().find_class(module, name)


_PICKLE_MODULE = types.SimpleNamespace(Unpickler=_Unpickler, load=pickle.load, __name__="pickle")


def _load(file: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # load_learner warns of unpickling, and the help of this command does
        try:
            return load_learner(file, cpu=True, pickle_module=_PICKLE_MODULE)
        except UnboundLocalError:  # load_learner swallows a failed import; ask again to hear which
            return torch.load(file, map_location="cpu", pickle_module=_PICKLE_MODULE, weights_only=False)
        except AttributeError:  # it may have loaded well, but something that is no learner
            loaded = torch.load(file, map_location="cpu", pickle_module=_PICKLE_MODULE, weights_only=False)
            if isinstance(loaded, Learner):
                raise
            return loaded


def _missing_name(error: AttributeError) -> str:
    found = re.search(r"get attribute '([^']+)' on <module '([^']+)'", str(error))
    name, module = found.groups() if found else (one_line(error), "its packages")
    if module.endswith("__main__"):
        return (
            f"{name}, which was defined in the notebook itself. Export it again there with fastai 2.8, which packs such "
            f"functions in; or put {name} in a file, import it from there in the notebook, export again, and run this "
            "command in that file's folder."
        )
    return f"{name}, which {module} does not have here. Install the versions of the packages it was exported with."


def _check_input(inputs: Any) -> None:
    try:
        place_of_images(inputs)
    except AssertionError:
        raise ExportRefused(f"It does not take photos but {_type_name(inputs.types[-1])}.") from None
    if any(isinstance(kind, type) and issubclass(kind, PILImageBW) for kind in inputs.types):
        raise ExportRefused(
            "It was trained on grey pictures (PILImageBW), and photos are served in colour. Train it with ImageBlock."
        )


def _check_target(targets: Any) -> None:
    steps = list(targets.tfms.fs)
    if any(isinstance(step, (MultiCategorize, EncodedMultiCategorize)) for step in steps):
        raise ExportRefused(
            "It gives several labels per photo (MultiCategoryBlock); a bot needs one. Train it with CategoryBlock."
        )
    if not any(isinstance(step, Categorize) for step in steps):
        kinds = ", ".join(getattr(step, "name", "?").splitlines()[0].split(" -- ")[0] for step in steps)
        raise ExportRefused(
            f"It is not a classifier with one label per photo: its answers are made by {kinds}. Train it with CategoryBlock."
        )


def _check_loss(loss: Any, labels: int) -> None:
    activation = getattr(loss, "activation", None)
    if callable(activation):
        logits = torch.randn(4, labels)
        try:
            if torch.allclose(activation(logits), logits.softmax(dim=1), atol=1e-6):
                return
        except (TypeError, AttributeError, RuntimeError):  # not even a tensor of that shape: surely no softmax
            pass
    elif isinstance(loss, (nn.CrossEntropyLoss, nn.NLLLoss, FocalLoss)) or loss is nn.functional.cross_entropy:
        return
    name = getattr(loss, "__name__", type(loss).__name__)
    raise ExportRefused(
        f"Its loss function {name} does not turn outputs into one probability per label (softmax). "
        "Set learn.loss_func = CrossEntropyLossFlat() if that is how it was trained, and export again."
    )


def _type_name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))
