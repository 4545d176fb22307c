"""Models that answer by color, a server with them, and the page in a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from model import Classifier
from tests.bundles import make_bundle
from tests.web.pages import Open
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


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Opens the page as somebody sees it; the options are a browser context's."""
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/", at: str = address, **options: Any) -> Page:
        context = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1100, "height": 1000}, "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(at + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def shipped() -> Iterator[str]:
    """Where the shipped model is served."""
    with served({"face-masks": Classifier.open()}) as address:
        yield address
