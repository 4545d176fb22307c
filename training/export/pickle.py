"""Writes `model.pkl` as `learn.export` does, without the names of this machine's folders in it."""

import os
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any

import cloudpickle

from training.callbacks.text import one_line
from training.export.load import ExportRefused


def write_learner(learner: Any, file: Path) -> None:
    """Export a learner to a file and leave it as it was.

    Raises:
        ExportRefused: something in it cannot be pickled.
    """
    with _unchanged(learner):
        learner.path = learner.dls.path = Path()
        try:
            learner.export(file.absolute(), pickle_module=_PICKLE_MODULE)
        except Exception as error:  # whatever an unpicklable object raises
            raise ExportRefused(f"The learner cannot be written to a file: {one_line(error)}") from None


@contextmanager
def _unchanged(learner: Any) -> Iterator[None]:
    """`Learner.export` takes data and optimizer away meanwhile, and does not give them back when it fails."""
    dls, path, data_path, optimizer = learner.dls, learner.path, learner.dls.path, learner.opt
    try:
        yield
    finally:
        learner.dls, learner.path, learner.opt = dls, path, optimizer
        learner.dls.path = data_path


class _Pickler(cloudpickle.Pickler):
    """Packs functions of a notebook, as fastai's pickler does, but without the folder their source stands in."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, CodeType) and os.path.isabs(obj.co_filename):
            return self.dispatch_table[CodeType](obj.replace(co_filename=Path(obj.co_filename).name))
        if isinstance(obj, MethodType) and isinstance(obj.__self__, type) and "<locals>" not in obj.__qualname__:
            return getattr, (obj.__self__, obj.__name__)  # fastai's PILImage.create, say: no code of this Python
        reduced = super().reducer_override(obj)
        if isinstance(obj, FunctionType) and isinstance(reduced, tuple):  # packed by value, with what its module knows
            for known in (part for part in reduced[1] if isinstance(part, dict)):
                known.pop("__file__", None)
                known.pop("__path__", None)
        return reduced


_PICKLE_MODULE = types.SimpleNamespace(Pickler=_Pickler, dumps=cloudpickle.dumps, __name__="cloudpickle")
