"""Learners of other machines are exported without what serving never uses; what it needs and lacks is named."""

import inspect
import json.decoder
import lzma
import pathlib
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import cloudpickle
import numpy as np
import pytest
import torch
from fastai.callback.core import Callback
from fastai.callback.fp16 import MixedPrecision
from fastai.learner import load_learner
from fasttransform import Transform
from PIL import Image

from model.bundle import Bundle, BundleError
from model.classifier import softmax
from model.runtimes import open_runtime
from model.runtimes.fastai import learner_logits
from tests.training.export.test_export import photos, run  # noqa: F401 (fixtures)
from tests.training.learners import make_learner
from training.export.load import ExportRefused, open_learner
from training.export.unpickle import _is_of_this_python

LABEL_312 = bytes([151, 0, 124, 0, 106, 0, *[0] * 18, 106, 2, *[0] * 18, 100, 1, 107, 40, 0, 0, 83, 0])


def refusal(file: Path) -> str:
    with pytest.raises(ExportRefused) as refused:
        open_learner(file)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def probabilities(learner: Any) -> np.ndarray:
    return softmax(learner_logits(learner, [Image.new("RGB", (50, 40), (200, 100, 30))]))


# fastai up to 2.7


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """An untrained learner exported by fastai 2.7.19, with a get_x and a get_y of its notebook."""
    file = tmp_path / "export.pkl"
    file.write_bytes(lzma.decompress(Path(__file__).with_name("fastai_2_7.pkl.xz").read_bytes()))
    return file


def test_a_learner_of_fastai_2_7_gives_the_same_answers(old_file: Path) -> None:
    assert probabilities(open_learner(old_file))[0] == pytest.approx([0.4588273763656616, 0.5411725640296936], abs=1e-6)


def test_a_learner_of_fastai_2_7_becomes_a_bundle_that_fastai_opens(
    old_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(old_file, "--out", tmp_path / "pets", "--words", "False=dog,True=cat", capsys=capsys)
    assert (status, err) == (0, "")
    assert "Both models agree" in out and "Warning" not in out
    bundle = Bundle.open(tmp_path / "pets")
    assert (bundle.manifest.name, bundle.words("True", "fr").name) == ("dog or cat", "cat")
    assert load_learner(tmp_path / "pets" / "model.pkl").dls.vocab == [False, True]


# Other Pythons


class OtherPython(cloudpickle.Pickler):
    """Packs the functions of this file as Python 3.10 does, which has fewer fields, or with the bytecode of 3.12."""

    version = "3.10"

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, FunctionType) and obj.__module__ == __name__:
            return self._dynamic_function_reduce(obj)
        if isinstance(obj, CodeType) and obj.co_filename == __file__:
            if self.version == "3.12":
                return self.dispatch_table[CodeType](obj.replace(co_code=LABEL_312))
            kind, fields = self.dispatch_table[CodeType](obj)
            return kind, (*fields[:12], *fields[13:15], *fields[16:])
        return super().reducer_override(obj)


def export_by(version: str, learner: Any, file: Path) -> Path:
    pickler = type("Pickler", (OtherPython,), {"version": version})
    learner.export(
        file.absolute(), pickle_module=types.SimpleNamespace(Pickler=pickler, dumps=cloudpickle.dumps, __name__="x")
    )
    return file


def is_cat(file: Path) -> bool:
    return file.parent.name == "cat"


@pytest.mark.parametrize("version", ["3.10", "3.12"])
def test_a_label_function_of_another_python_is_left_out(
    version: str,
    photos: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    learner = make_learner(photos, get_y=is_cat)
    file = export_by(version, learner, tmp_path / "export.pkl")
    status, out, err = run(file, "--out", tmp_path / "pets", capsys=capsys)
    assert (status, err) == (0, "")
    assert "Warning: the bot will say False, True" in out and f"{tmp_path / 'pets' / 'answers.toml'}" in out
    assert probabilities(load_learner(tmp_path / "pets" / "model.pkl")) == pytest.approx(probabilities(learner))
    assert b"is_cat" not in (tmp_path / "pets" / "model.pkl").read_bytes()


def brighten(image: Any) -> Any:
    return image.point(lambda value: value // 2) if hasattr(image, "point") else image


@pytest.mark.parametrize("version", ["3.10", "3.12"])
def test_a_transform_of_another_python_is_named(version: str, photos: Path, tmp_path: Path) -> None:  # noqa: F811
    learner = make_learner(photos, item_tfms=[Transform(brighten)])
    said = refusal(export_by(version, learner, tmp_path / "export.pkl"))
    assert "needs brighten, which was packed in by another Python" in said and "PYTHONPATH=FOLDER" in said


def test_code_of_this_python_is_known_as_such() -> None:
    functions = [
        function
        for place in (json.decoder, pathlib.PurePath, pathlib.Path, inspect, pickle, types)
        for _, function in inspect.getmembers(place, inspect.isfunction)
    ]
    assert len(functions) > 150
    assert [function for function in functions if not _is_of_this_python(function.__code__)] == []


# Code that is not here


def define(code: str, module: str, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    made = types.ModuleType(module)
    exec(code, made.__dict__)
    monkeypatch.setitem(sys.modules, module, made)
    return made


def plainly_exported(learner: Any, file: Path) -> Path:
    learner.export(file.absolute(), pickle_module=pickle)
    return file


def test_metrics_and_callbacks_of_missing_packages_are_left_out(
    photos: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as there:
        code = "from fastai.callback.core import Callback\nclass Log(Callback): pass\ndef kappa(a, b): return 0"
        package = define(code, "pet_metrics", there)
        learner = make_learner(photos, get_y=lambda file: file.parent.name)
        learner.metrics = [package.kappa]
        learner.add_cb(package.Log())
        for items in (*learner.dls.train_ds.tls, *learner.dls.valid_ds.tls):
            items.tfms.fs = items.tfms.fs[-1:]  # a lambda cannot be pickled plainly
        file = plainly_exported(learner, tmp_path / "export.pkl")
    opened = open_learner(file)
    assert not any(type(callback).__name__ == "Log" for callback in opened.cbs)
    assert probabilities(opened) == pytest.approx(probabilities(learner))
    assert isinstance(opened.cbs[0], Callback)


@pytest.mark.parametrize("part", ["transform", "network"])
def test_what_serving_needs_and_is_not_here_is_named(
    part: str,
    photos: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = (
        "from torch import nn\nfrom fasttransform import Transform\n"
        "class Net(nn.Sequential): pass\nclass Dim(Transform):\n    order = 9"
    )
    with monkeypatch.context() as there:
        package = define(code, "pet_code", there)
        learner = make_learner(photos)
        if part == "network":
            learner.model = package.Net(*learner.model)
        else:
            learner.dls.valid.after_batch.fs.append(package.Dim())
        file = plainly_exported(learner, tmp_path / "export.pkl")
    said = refusal(file)
    assert "needs the module pet_code, which is not installed here" in said and "PYTHONPATH=FOLDER" in said


def test_code_in_a_file_of_ones_own_is_found_through_pythonpath_when_exporting_and_serving(
    photos: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "pet_file.py").write_text("from fasttransform import Transform\nclass Dim(Transform):\n    order = 9\n")
    with monkeypatch.context() as there:
        there.syspath_prepend(tmp_path)
        there.setenv("PYTHONPATH", str(tmp_path))
        import pet_file  # type: ignore[import-not-found]

        file = plainly_exported(make_learner(photos, item_tfms=[pet_file.Dim()]), tmp_path / "export.pkl")
        status, out, err = run(file, "--out", tmp_path / "pets", capsys=capsys)
        assert (status, err) == (0, ""), err
        assert f"PYTHONPATH={tmp_path} MODEL_RUNTIME=fastai" in out
        assert open_runtime(Bundle.open(tmp_path / "pets"), "fastai").name == "fastai"
    sys.modules.pop("pet_file")
    with pytest.raises(BundleError, match=r"needs the module pet_file.*PYTHONPATH=FOLDER"):
        open_runtime(Bundle.open(tmp_path / "pets"), "fastai")


# What it is instead


def pointer(file: Path, learner: Any) -> None:
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 46900000\n")


def page(file: Path, learner: Any) -> None:
    file.write_text("\n<!DOCTYPE html><html><body>Sign in</body></html>")


def network(file: Path, learner: Any) -> None:
    torch.save(learner.model, file)


def weights(file: Path, learner: Any) -> None:
    torch.save({"model": learner.model.state_dict(), "opt": {}}, file)  # as learn.save does


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (pointer, "Git LFS pointer"),
        (page, "web page"),
        (network, "a network alone (Sequential)"),
        (weights, "weights alone, as learn.save"),
    ],
)
def test_a_file_is_named_for_what_it_is(
    write: Callable[[Path, Any], None],
    said: str,
    photos: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    write(tmp_path / "export.pkl", make_learner(photos))
    assert said in refusal(tmp_path / "export.pkl")


@pytest.mark.parametrize("how", ["mixed", "half"])
def test_a_learner_in_half_precision_is_opened_in_full(how: str, photos: Path, tmp_path: Path) -> None:  # noqa: F811
    learner = make_learner(photos)
    expected = probabilities(learner)
    if how == "half":
        learner.model.half()
    else:
        learner.add_cb(MixedPrecision())
    learner.export((tmp_path / "export.pkl").absolute())
    assert probabilities(open_learner(tmp_path / "export.pkl")) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("words", ["False", "cat=", "bird=cat"])
def test_words_that_cannot_be_read_are_refused(
    words: str,
    photos: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_learner(photos).export((tmp_path / "export.pkl").absolute())
    status, _, err = run(tmp_path / "export.pkl", "--out", tmp_path / "pets", "--words", words, capsys=capsys)
    assert status == 1 and "--words" in err and "\n" not in err.strip()
    assert not (tmp_path / "pets").exists()
