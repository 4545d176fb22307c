"""Unpickles learners of other machines: of fastai before 2.8, of other Pythons, with code that is not here.

What cannot be had is replaced by something that raises a sentence when it is called, because serving may never call it.
"""

import dis
import importlib
import pathlib
import pickle
import types
from collections.abc import Callable
from pathlib import Path
from platform import python_version
from types import CodeType, FunctionType
from typing import Any, NoReturn

import cloudpickle
import fasttransform.transform
import torch
from cloudpickle import cloudpickle as packed
from fasttransform import Transform
from plum import Function


class NotHere(ValueError):
    """Something that this machine cannot run; the message goes on a sentence that begins with what needs it."""


class _Missing(type):
    """Makes classes that stand for a function or class that is not here. Objects of them can be unpickled."""

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotHere(cls.why)

    why: str


def unpickle(file: Path) -> Any:
    """Load what `torch.save` wrote, on the CPU. Unpickling runs code: only for files whose origin is known."""
    old_transforms: list[Any] = []

    class OldTransform:
        def __new__(cls) -> Any:
            old_transforms.append(object.__new__(Transform))
            return old_transforms[-1]

    class Unpickler(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if module in ("pathlib", "pathlib._local"):  # of Windows, or of Python 3.13
                return type(Path()) if name in ("PosixPath", "WindowsPath") else getattr(pathlib, name)
            if module.startswith("cloudpickle") and name == "_builtin_type":
                return lambda kind: {"CodeType": _code, "MethodType": _method}.get(kind) or packed._builtin_type(kind)
            if module in ("fastcore.transform", "fastcore.dispatch"):
                if name == "Transform":
                    return OldTransform
                return _OldDispatch if name in ("TypeDispatch", "_TypeDict") else getattr(fasttransform.transform, name)
            try:
                return super().find_class(module, name)
            except (ImportError, AttributeError) as error:
                return _Missing(name, (), {"__module__": module, "why": _why(module, name, error)})

    pickle_module = types.SimpleNamespace(Unpickler=Unpickler, load=pickle.load, __name__="pickle")
    loaded = torch.load(file, map_location="cpu", pickle_module=pickle_module, weights_only=False)
    for transform in old_transforms:
        _renew(transform)
    return loaded


def check_all_here(loaded: Any) -> None:
    """Raises `NotHere` if an object holds something that stands for what is not here."""
    _Search(_Nowhere()).dump(loaded)


class _OldDispatch:
    """fastcore's `TypeDispatch` up to 1.7: `funcs` maps one type to the functions of another; `d` is the mapping."""

    def functions(self) -> list[Callable[..., Any]]:
        return [function for second in self.funcs.d.values() for function in second.d.values()]

    funcs: Any
    d: dict[Any, Any]


def _renew(transform: Any) -> None:
    """Gives a transform of an older fastcore the functions that plum chooses from."""
    for name in ("encodes", "decodes", "setups"):
        old = transform.__dict__.pop(name, None)
        if isinstance(old, _OldDispatch) and (functions := old.functions()):
            new = Function(functions[0])
            for function in functions:
                new.dispatch(function)
            setattr(transform, name, new)


_STUB = "<another Python>"


def _raise_not_here(*args: Any, **kwargs: Any) -> NoReturn:
    raise RuntimeError("why")


def _code(*parts: Any) -> CodeType:
    """The code object of these parts if this Python can run it, else one that says so."""
    try:
        code = CodeType(*parts)
        if _is_of_this_python(code):
            return code
    except (TypeError, ValueError):
        pass
    stub, name = _raise_not_here.__code__, str(parts[11])
    consts = tuple(f"it needs {_other_python(name)}" if const == "why" else const for const in stub.co_consts)
    return stub.replace(co_consts=consts, co_name=name, co_filename=_STUB, co_freevars=tuple(parts[-2]))


def _method(function: Any, owner: Any) -> Any:
    """cloudpickle packs class methods such as `PILImage.create` by their code, also those of fastai itself."""
    if _is_stub(function) and isinstance(owner, type) and not isinstance(owner, _Missing):
        return getattr(owner, function.__name__)
    return types.MethodType(function, owner)


def _is_stub(obj: Any) -> bool:
    return isinstance(obj, FunctionType) and obj.__code__.co_filename == _STUB


def _other_python(name: str) -> str:
    return (
        f"{name}, which was packed in by another Python than this one ({python_version()}). Export it again with Python "
        f"{'.'.join(python_version().split('.')[:2])}; or put {name} in a file, import it from there in the notebook, "
        "export again, and add PYTHONPATH=FOLDER in front of this command, with that file's folder"
    )


def _is_of_this_python(code: CodeType) -> bool:
    """Whether each word is an instruction that this Python knows, or an empty cache where this Python has one.

    Bytecode does not say which Python it is of, and one that runs another's may crash.
    """
    try:
        instructions = {step.offset: step.opname for step in dis.get_instructions(code)}
    except (IndexError, KeyError, ValueError):
        return False
    words = range(0, len(code.co_code), 2)
    known = all(name != "CACHE" and not name.startswith("<") for name in instructions.values())
    return known and all(at in instructions or code.co_code[at : at + 2] == b"\0\0" for at in words)


def _why(module: str, name: str, error: ImportError | AttributeError) -> str:
    if module == "__main__":
        return (
            f"{name}, which was defined in the notebook itself. Export it again there with fastai 2.8, which packs it "
            f"in; or put {name} in a file, import it from there in the notebook, export again, and add "
            "PYTHONPATH=FOLDER in front of this command, with that file's folder"
        )
    if isinstance(error, ImportError):
        if module.startswith("fastai.") and not _exists("fastai", module):
            return f"{module}, which fastai 2 does not have: it was probably exported with fastai 1. Train it again"
        return (
            f"the module {error.name or module}, which is not installed here. Install it; or, when it is a file of your "
            "own, add PYTHONPATH=FOLDER in front of this command, with that file's folder"
        )
    return f"{name}, which {module} does not have here. Install the versions of the packages it was exported with"


def _exists(package: str, module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)


class _Search(cloudpickle.Pickler):
    """Pickles to nowhere, and so meets every object."""

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, torch.UntypedStorage):
            return "weights"
        for kind in (obj, type(obj)):
            if isinstance(kind, _Missing):
                raise NotHere(kind.why)
        if _is_stub(obj):
            raise NotHere(_other_python(obj.__qualname__.split(".")[0]))
        return None
