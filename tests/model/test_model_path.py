"""Which bundles MODEL_PATH names."""

from pathlib import Path

import pytest

from model import BundleError, Classifier
from model.bundle import SHIPPED
from model.model_path import named_folders
from tests.bundles import make_bundle


def test_nothing_is_the_shipped_bundle() -> None:
    assert named_folders(None) == named_folders("") == named_folders(" , ") == [(None, SHIPPED)]


def test_one_folder_has_no_name(tmp_path: Path) -> None:
    assert named_folders("some/bundle") == [(None, Path("some/bundle"))]
    odd = tmp_path / "a=b,c"
    odd.mkdir()
    assert named_folders(odd) == named_folders(str(odd)) == [(None, odd)]


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    bundle = make_bundle(tmp_path / "bundles" / "pets", ("cat", "dog"))
    assert named_folders("~/bundles/pets") == [(None, bundle)]
    assert named_folders("pets=~/bundles/pets,~") == [("pets", bundle), (None, tmp_path)]
    assert named_folders("~nobody-of-that-name") == [(None, Path("~nobody-of-that-name"))]
    assert Classifier.open("~/bundles/pets").bundle.manifest.labels == ["cat", "dog"]


def test_several_are_given_in_the_order_they_are_written() -> None:
    assert named_folders("masks=model, pets=bundles/pets,other") == [
        ("masks", Path("model")),
        ("pets", Path("bundles/pets")),
        (None, Path("other")),
    ]


@pytest.mark.parametrize("setting", ["=model", "a b=model", "masks=", "a/b=model", "one=a,one=b"])
def test_names_that_cannot_be_used_are_refused(setting: str) -> None:
    with pytest.raises(BundleError, match="MODEL_PATH"):
        named_folders(setting)


def test_whoever_serves_one_model_takes_the_first(tmp_path: Path) -> None:
    first = make_bundle(tmp_path / "first", ("cat", "dog"))
    assert Classifier.open(f"a={first},b=nowhere").bundle.manifest.labels == ["cat", "dog"]
    assert Classifier.open(Path(f"a={first},b=nowhere")).bundle.manifest.labels == ["cat", "dog"]
