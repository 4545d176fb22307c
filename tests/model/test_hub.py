"""`MODEL_PATH=hf://USER/REPO` serves a bundle from the hub: pinned, checked, cached, and with one clear line if it cannot."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from model.bundle import CARD, MANIFEST, ONNX, PICKLE, BundleError
from model.classifier import Classifier
from model.hub import is_on_hub, open_from_hub
from tests.bundles import make_bundle
from tests.hub import Hub

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def hub(running: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    """A hub with two bundles, one after the other, in the same repository."""
    running.connect(monkeypatch, tmp_path / "cache")
    running.repositories.clear()
    running.requests.clear()
    running.hold("ada/masks", make_bundle(tmp_path / "one", find_faces=False))
    running.hold("ada/masks", make_bundle(tmp_path / "two", ("ripe", "green"), find_faces=False))
    return running


def labels(address: str) -> list[str]:
    return open_from_hub(address).manifest.labels


def test_a_photo_is_answered_by_a_bundle_from_the_hub(hub: Hub, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    command = [sys.executable, "-m", "model", str(tmp_path / "red.png")]
    environment = os.environ | hub.environment(tmp_path / "cache") | {"MODEL_PATH": "hf://ada/masks"}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (result.stdout, result.stderr) == (f"{tmp_path / 'red.png'}: ripe 100.0%\n", "")


def test_the_newest_commit_is_served_or_the_one_that_is_asked_for(hub: Hub) -> None:
    first, _ = hub.repositories["ada/masks"].commits
    assert labels("hf://ada/masks") == labels("hf://ada/masks@main") == ["ripe", "green"]
    assert labels(f"hf://ada/masks@{first.sha}") == ["with_mask", "without_mask"]


def test_an_address_that_went_through_a_path_is_understood(hub: Hub) -> None:
    assert is_on_hub(Path("hf://ada/masks")) and not is_on_hub(Path("hf")) and not is_on_hub("bundle")
    classifier = Classifier.open(Path("hf://ada/masks"))
    assert classifier.bundle.manifest.labels == ["ripe", "green"]


def test_a_pinned_bundle_is_downloaded_once_and_served_while_the_hub_is_away(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = f"hf://ada/masks@{hub.repositories['ada/masks'].commits[0].sha}"
    labels(pinned)
    labels("hf://ada/masks")
    asked = len(hub.requests)
    labels(pinned)
    assert len(hub.requests) == asked
    hub.go(monkeypatch)
    assert labels(pinned) == ["with_mask", "without_mask"]
    assert labels("hf://ada/masks") == ["ripe", "green"]


def test_only_the_file_of_the_runtime_is_downloaded(hub: Hub, tmp_path: Path) -> None:
    hub.hold("ada/both", make_bundle(tmp_path / "both"), **{PICKLE: b"code", "photo.png": b"large"})
    bundle = open_from_hub("hf://ada/both")
    assert {file.name for file in bundle.folder.iterdir()} == {ONNX, MANIFEST}
    assert not any(request.endswith(PICKLE) for request in hub.requests)


def test_a_file_that_was_damaged_in_the_cache_is_downloaded_again(hub: Hub) -> None:
    cached = open_from_hub("hf://ada/masks").folder / ONNX
    cached.resolve().write_bytes(b"damaged")
    assert labels("hf://ada/masks") == ["ripe", "green"]
    assert cached.read_bytes() == hub.repositories["ada/masks"].commits[-1].files[ONNX]


def test_a_bundle_whose_files_are_not_its_manifests_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.hold("ada/wrong", make_bundle(tmp_path / "wrong"), **{ONNX: b"something else"})
    with pytest.raises(BundleError, match=r"model\.onnx is not the file that manifest\.json describes"):
        open_from_hub("hf://ada/wrong")


@pytest.mark.parametrize(
    ("address", "line"),
    [
        (
            "hf://ada",
            r"MODEL_PATH=hf://ada is not the address of a bundle: write hf://USER/REPO or hf://USER/REPO@REVISION\.",
        ),
        ("hf://ada/a b", r"hf://ada/a b is not the address of a bundle: write"),
        ("hf://ada/none", r"hf://ada/none: there is no such repository, or it is private and needs HF_TOKEN\."),
        ("hf://ada/masks@old", r"hf://ada/masks: the repository has no revision old\."),
        ("hf://ada/card", r"hf://ada/card holds no manifest\.json, so it is not a bundle\."),
        ("hf://ada/pickle", r"hf://ada/pickle holds no model\.onnx: MODEL_RUNTIME=fastai runs its model\.pkl"),
    ],
)
def test_what_is_in_the_way_is_said(hub: Hub, address: str, line: str, tmp_path: Path) -> None:
    hub.hold("ada/card", make_bundle(tmp_path / "card"))
    hub.repositories["ada/card"].commit("without", {CARD: b"# Card\n"})
    hub.hold("ada/pickle", make_bundle(tmp_path / "pickle"))
    files = hub.repositories["ada/pickle"].commits[-1].files
    hub.repositories["ada/pickle"].commit("with fastai only", {MANIFEST: files[MANIFEST], PICKLE: b"code"})
    with pytest.raises(BundleError, match=line):
        open_from_hub(address)


def test_a_hub_that_is_away_is_said_when_the_cache_is_empty(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.go(monkeypatch)
    with pytest.raises(BundleError, match=r"hf://ada/masks cannot be reached \(\w+\) and is not in the cache"):
        open_from_hub("hf://ada/masks")
