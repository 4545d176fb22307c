"""Opens learners that came from anywhere, and tells whether they answer one label per photo.

Knows nothing of ONNX or of bundles.
"""

import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from fastai.data.core import Datasets
from fastai.data.transforms import Categorize, EncodedMultiCategorize, MultiCategorize
from fastai.learner import Learner
from fastai.losses import FocalLoss
from fastai.vision.core import AddMaskCodes, PILImage, PILImageBW, PILMask
from fasttransform import Pipeline
from torch import nn

from model.runtimes.fastai import learner_labels
from training.callbacks.text import one_line
from training.export.unpickle import NotHere, check_all_here, unpickle


class ExportRefused(ValueError):
    """A learner that cannot become a bundle; the message says why, in one sentence, and what to do."""


def open_learner(file: Path) -> Learner:
    """Load a file that `learn.export` wrote, of any fastai 2, without what only training uses.

    It runs on the CPU, in full precision. Unpickling runs code: only for files whose origin is known.

    Raises:
        ExportRefused: there is no such file, it is not a learner, or something it needs to answer is not here.
    """
    if not file.is_file():
        raise ExportRefused(f"There is no file {file}.")
    _check_start(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the help of this command warns of unpickling
            loaded = unpickle(file)
            if isinstance(loaded, Learner):
                loaded = _for_serving_only(loaded)
            check_all_here(loaded)
    except NotHere as error:
        raise ExportRefused(f"{file} needs {error}.") from None
    except ModuleNotFoundError as error:
        raise ExportRefused(
            f"{file} needs the module {error.name}, which is not installed here. Install it, or, when it is a file of "
            "your own, add PYTHONPATH=FOLDER in front of this command, with that file's folder."
        ) from None
    except (pickle.UnpicklingError, EOFError, zipfile.BadZipFile) as error:
        raise ExportRefused(f"{file} is not a learner, or is damaged ({one_line(error)}).") from None
    except Exception as error:  # whatever the pickle's own code raises
        raise ExportRefused(f"{file} cannot be loaded: {type(error).__name__}: {one_line(error)}") from None
    if not isinstance(loaded, Learner):
        raise ExportRefused(f"{file} holds no learner but {_kind(loaded)}. Write it with learn.export.")
    loaded.model.float()
    return loaded


def check_classifier(learner: Any) -> list[str]:
    """The labels of a learner that gives one label per color photo, in the order of its logits.

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


def _check_start(file: Path) -> None:
    with file.open("rb") as opened:
        start = opened.read(64)
    if start.startswith(b"version https://git-lfs"):
        raise ExportRefused(f"{file} is a Git LFS pointer, not the file itself. Run git lfs pull where it was cloned.")
    if start.lstrip().startswith(b"<"):
        raise ExportRefused(f"{file} is a web page, not the file itself. Download it again.")


def _for_serving_only(learner: Any) -> Learner:
    """The same network and transforms, without label functions, metrics, callbacks and optimizer."""
    learner.dls.cpu()
    for loader in learner.dls.loaders:
        tls = getattr(loader.dataset, "tls", ())
        for items in tls[loader.n_inp :]:
            _leave_out(items, lambda step: isinstance(step, TARGETS))
        for items in tls[: loader.n_inp]:
            _leave_out(items, lambda step: str(getattr(step, "_name", "")).endswith(".create"))
    return Learner(learner.dls, learner.model, loss_func=learner.loss_func)


TARGETS = (Categorize, MultiCategorize, EncodedMultiCategorize)


def _leave_out(items: Any, keep_from: Callable[[Any], bool]) -> None:
    """Leaves out the steps that find the photo or label of an item: those before the first one to keep."""
    steps = list(items.tfms.fs)
    first = next((place for place, step in enumerate(steps) if keep_from(step)), 0)
    if first:
        items.tfms = Pipeline(steps[first:], split_idx=items.tfms.split_idx)
        items.types = items.types[first:]


def _kind(loaded: Any) -> str:
    if isinstance(loaded, nn.Module):
        return (
            f"a network alone ({type(loaded).__name__}), as torch.save(model) writes it, without labels and transforms"
        )
    if isinstance(loaded, dict):
        return "weights alone, as learn.save writes them, which do not say how photos are prepared"
    return type(loaded).__name__


def _check_input(inputs: Any) -> None:
    try:
        place_of_images(inputs)
    except AssertionError:
        raise ExportRefused(f"It does not take photos but {_type_name(inputs.types[-1])}.") from None
    if any(isinstance(kind, type) and issubclass(kind, PILImageBW) for kind in inputs.types):
        raise ExportRefused(
            "It was trained on grey pictures (PILImageBW), and photos are served in color. Train it with ImageBlock."
        )


def _check_target(targets: Any) -> None:
    steps = list(targets.tfms.fs)
    if any(isinstance(step, (MultiCategorize, EncodedMultiCategorize)) for step in steps):
        raise ExportRefused(
            "It gives several labels per photo (MultiCategoryBlock); a bot needs one. Train it with CategoryBlock."
        )
    if any(isinstance(step, AddMaskCodes) for step in steps) or issubclass(targets.types[-1], PILMask):
        raise ExportRefused(
            "It is a segmentation learner: it gives a label to every pixel (MaskBlock), and a bot needs one per photo. "
            "Train a classifier with CategoryBlock."
        )
    if not any(isinstance(step, Categorize) for step in steps):
        kinds = ", ".join(str(getattr(step, "_name", type(step).__name__)) for step in steps)
        raise ExportRefused(
            f"It is not a classifier with one label per photo: its answers are made by {kinds}. Train it with CategoryBlock."
        )


def _check_loss(loss: Any, labels: int) -> None:
    if isinstance(getattr(loss, "func", loss), (nn.BCEWithLogitsLoss, nn.BCELoss)):
        raise ExportRefused(
            f"It was trained with binary cross-entropy ({type(loss).__name__}): one output for yes or no, or one for each "
            "label on its own. A bot needs one probability per label (softmax): train it with CategoryBlock and "
            "CrossEntropyLossFlat()."
        )
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
