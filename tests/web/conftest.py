"""Models that answer by color, and a server with them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from model import Classifier
from tests.bundles import make_bundle
from tests.web.serving import served
from web.models import Models

ANSWERS = """
[with_mask]
color = "#0072B2"
[with_mask.en]
name = "with a mask"
answer = "You wear a mask."
[with_mask.fr]
name = "avec un masque"
answer = "Tu portes un masque !"
[without_mask.en]
name = "without a mask"
"""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """One model that looks for faces and one that answers whole photos."""
    folder: Path = tmp_path_factory.mktemp("bundles")
    return {
        "masks": Classifier.open(make_bundle(folder / "masks", answers=ANSWERS)),
        "colors": Classifier.open(make_bundle(folder / "colors", ("red", "green", "blue"), find_faces=False)),
        "told": Classifier.open(make_bundle(folder / "told", ("red", "blue"), find_faces=False, unlike_from=0.5)),
    }


@pytest.fixture(scope="session")
def address(models: Models) -> Iterator[str]:
    """Where both are served."""
    with served(models) as address:
        yield address


@pytest.fixture
def api(address: str) -> Iterator[httpx.Client]:
    """A program that asks."""
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client
