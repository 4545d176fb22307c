"""What the tests of the local chat share: one running, a person in it, and a bot's plain HTTP calls."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from localchat import LocalChat
from tests.person import Person

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def chat() -> Iterator[LocalChat]:
    with LocalChat() as running:
        yield running


@pytest.fixture
def ada(chat: LocalChat) -> Person:
    return Person(chat.url)


@pytest.fixture
def call(chat: LocalChat) -> Iterator[Call]:
    """Calls a Bot API method with JSON parameters and gives the whole answer, refusals too."""
    with httpx.Client(base_url=f"{chat.url}/bot{chat.token}", timeout=30, trust_env=False, verify=False) as http:

        def call(method: str, **parameters: Any) -> dict[str, Any]:
            answer = http.post(f"/{method}", json=parameters)
            body: dict[str, Any] = answer.json()
            assert answer.status_code == (200 if body["ok"] else body["error_code"])
            return body

        yield call


def picture(width: int = 60, height: int = 40, color: str = "teal", kind: str = "PNG", **options: Any) -> bytes:
    """An image file of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, kind, **options)
    return buffer.getvalue()


def size(data: bytes) -> tuple[int, int]:
    """Width and height of an image file."""
    return Image.open(io.BytesIO(data)).size
