"""A bot that polls a local chat over HTTP, in this process, for tests of what it answers."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aiolimiter import AsyncLimiter
from pydantic import SecretStr
from telegram import Update

from bot.app import build
from bot.settings import Settings
from bot.telegram.lifecycle import AnyApplication, serve
from bot.telegram.rate_limit import RateLimiter
from localchat import LocalChat
from model import Classifier
from model.bundle import ANSWERS, SHIPPED
from tests.bundles import make_bundle
from tests.person import Person

LABELS = ("with_mask", "worn_incorrectly", "without_mask")
_chats = itertools.count(100_000)  # the bot remembers people: none of these is somebody that another test makes up
_updates = itertools.count(10**6)

Meet = Callable[..., Person]


@dataclass
class RunningBot:
    """A bot in a thread."""

    application: AnyApplication
    loop: asyncio.AbstractEventLoop

    def receive(self, **update: Any) -> None:
        """Hand the bot an update that the local chat has no way to make, as fields of a Bot API Update."""
        received = Update.de_json({"update_id": next(_updates), **update}, self.application.bot)
        self.loop.call_soon_threadsafe(self.application.update_queue.put_nowait, received)


class Talkative(RateLimiter):
    """Without the limits of one chat, a message a second, so that no test of something else waits for them."""

    def _of(self, chat: int) -> list[AsyncLimiter]:
        return []


@contextmanager
def running_bot(
    chat: LocalChat, classifier: Any, limiter: type[RateLimiter] = Talkative, **more: Any
) -> Iterator[RunningBot]:
    """A bot that polls that local chat in a thread until the block ends; `more` are settings."""
    own = {"telegram_token": SecretStr(chat.token), "telegram_api_url": chat.url}
    settings = Settings(_env_file=None, **(own | more))  # type: ignore[call-arg]
    started = threading.Event()
    stop: list[Callable[[], object]] = []
    running: list[RunningBot] = []

    async def run() -> None:
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(event.set))
        with patch("bot.telegram.client.RateLimiter", limiter):
            application = build(settings, classifier)
        running.append(RunningBot(application, loop))
        await serve(application, event, lambda username: started.set())

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="bot")
    thread.start()
    assert started.wait(60), "the bot does not start"
    try:
        yield running[0]
    finally:
        stop[0]()
        thread.join(30)
        assert not thread.is_alive(), "the bot does not stop"


@pytest.fixture(scope="session")
def mask_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Red light is a mask, blue light is none; with the shipped bundle's words."""
    return make_bundle(tmp_path_factory.mktemp("masks"), LABELS, answers=(SHIPPED / ANSWERS).read_text("utf-8"))


@pytest.fixture(scope="session")
def classifier(mask_bundle: Path) -> Classifier:
    return Classifier.open(mask_bundle, "onnx")


@pytest.fixture(scope="session")
def chat() -> Iterator[LocalChat]:
    with LocalChat(0) as local_chat:
        yield local_chat


@pytest.fixture(scope="session")
def bot(chat: LocalChat, classifier: Classifier) -> Iterator[RunningBot]:
    with running_bot(chat, classifier) as running:
        yield running


@pytest.fixture
def meet(chat: LocalChat, bot: RunningBot) -> Meet:
    """Makes a person with a chat of their own."""

    def somebody(language: str = "en") -> Person:
        return Person(chat.url, chat=next(_chats), language=language)

    return somebody
