"""A bundle that somebody made to do harm: it is opened, or refused in one sentence."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.bundle import ANSWERS, MANIFEST, SHIPPED, Bundle, BundleError
from tests.bundles import make_bundle

QUICK = settings(max_examples=80, deadline=15_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIELDS = json.loads((SHIPPED / MANIFEST).read_bytes()).keys()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
Changes = list[tuple[float, bytes]]
CHANGES = st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=5)), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("good") / "bundle", answers=(SHIPPED / ANSWERS).read_text("utf-8"))


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "bundle"))


def opened(folder: Path) -> Bundle | str:
    """The bundle, or the sentence that refuses it."""
    try:
        return Bundle.open(folder)
    except BundleError as error:
        return str(error)


def changed(content: bytes, changes: Changes) -> bytes:
    data = bytearray(content)
    for place, new in changes:
        start = int(place * len(data))
        data[start : start + len(new)] = new
    return bytes(data)


@pytest.mark.parametrize("name", [MANIFEST, ANSWERS])
@QUICK
@given(changes=CHANGES)
def test_changed_bytes_are_read_or_refused(folder: Path, good: Path, name: str, changes: Changes) -> None:
    (folder / name).write_bytes(changed((good / name).read_bytes(), changes))
    assert opened(folder)


@QUICK
@given(field=st.sampled_from(sorted(FIELDS)), value=JSON)
def test_any_value_of_any_field_is_read_or_refused(folder: Path, good: Path, field: str, value: Any) -> None:
    manifest = json.loads((good / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps({**manifest, field: value}), "utf-8")
    assert opened(folder)


@pytest.mark.parametrize(
    ("name", "content"), [(MANIFEST, '{"data":' + "[" * 50_000), (ANSWERS, "a=" + "[" * 50_000)], ids=["JSON", "TOML"]
)
def test_words_nested_without_end_are_refused(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content, "utf-8")
    said = opened(folder)
    assert isinstance(said, str) and name in said and len(said) < 500


def test_a_manifest_cannot_name_files_outside_its_folder(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["files"] = {"../" + name: value for name, value in manifest["files"].items()}
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    assert "is not listed in" in str(opened(folder))
