"""Updates that are brought: each is dealt with once, or said not to be, in a bounded time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from telegram import Bot, Update

from bot.app import build
from bot.settings import Settings
from bot.telegram import lifecycle as running
from bot.telegram import webhook
from bot.telegram.webhook import Deliveries
from localchat import LocalChat
from localchat.faults import FILES, Fault
from model import Classifier
from tests.bot.photos import blue_face, red_face
from tests.person import Person
from tests.web.serving import wait_until


@pytest.fixture
def chat() -> Iterator[LocalChat]:
    with LocalChat(0) as local_chat:
        yield local_chat


@asynccontextmanager
async def started(chat: LocalChat, classifier: Classifier) -> AsyncIterator[Deliveries]:
    """What updates can be brought to."""
    own = {"telegram_token": SecretStr(chat.token), "telegram_api_url": chat.url}
    settings = Settings(_env_file=None, **own, webhook_url="https://example.org")  # type: ignore[call-arg,arg-type]
    application = build(settings, classifier)
    await running.start(application)
    try:
        yield Deliveries(application)
    finally:
        await running.finish(application)


async def waiting(chat: LocalChat, deliveries: Deliveries, age: timedelta = timedelta()) -> list[Update]:
    """Updates that the local chat has for the bot, as if sent so long ago."""
    async with Bot(chat.token, f"{chat.url}/bot") as bot:
        fetched = await bot.get_updates()
    updates: list[dict[str, Any]] = [update.to_dict() for update in fetched]
    for update in updates:
        update["message"]["date"] = int((datetime.now(UTC) - age).timestamp())
    return [Update.de_json(update, deliveries._application.bot) for update in updates]


async def test_an_update_that_is_brought_twice_at_once_and_once_more_is_answered_once(
    chat: LocalChat, classifier: Classifier
) -> None:
    person = Person(chat.url)
    async with started(chat, classifier) as deliveries:
        sent = await asyncio.to_thread(person.send_photo, red_face())
        (update,) = await waiting(chat, deliveries)
        assert await asyncio.gather(deliveries.deal_with(update), deliveries.deal_with(update)) == [True, True]
        assert await deliveries.deal_with(update)
        (answer,) = await asyncio.to_thread(person.answers)
        assert answer["reply_to_message"]["message_id"] == sent
        await asyncio.to_thread(person.silence, 0.3)


async def test_an_update_that_takes_too_long_is_stopped_and_answered_when_it_comes_again(
    chat: LocalChat, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "WITHIN", 0.5)
    person = Person(chat.url)
    async with started(chat, classifier) as brought:
        await asyncio.to_thread(person.send_photo, red_face())
        (update,) = await waiting(chat, brought)
        chat.faults.add(Fault("slow", FILES, seconds=60))
        assert not await brought.deal_with(update)
        monkeypatch.setattr(webhook, "WITHIN", 60)
        assert await brought.deal_with(update)
        assert len(await asyncio.to_thread(person.answers)) == 1
        await asyncio.to_thread(person.silence, 0.3)


async def test_an_update_that_took_too_long_for_long_is_given_up_with_a_kind_word(
    chat: LocalChat, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "WITHIN", 0.5)
    person = Person(chat.url)
    async with started(chat, classifier) as brought:
        await asyncio.to_thread(person.send_photo, red_face())
        (update,) = await waiting(chat, brought, age=timedelta(hours=1))
        chat.faults.add(Fault("slow", FILES, times=None, seconds=60))
        assert await brought.deal_with(update)
        (answer,) = await asyncio.to_thread(person.answers)
        assert "get to your last photos" in answer["text"]


async def test_a_request_that_is_cut_leaves_the_update_under_way(chat: LocalChat, classifier: Classifier) -> None:
    person = Person(chat.url)
    async with started(chat, classifier) as brought:
        await asyncio.to_thread(person.send_photo, red_face())
        (update,) = await waiting(chat, brought)
        chat.faults.add(Fault("slow", FILES, seconds=0.5))
        cut = asyncio.create_task(brought.deal_with(update))
        await asyncio.to_thread(wait_until, lambda: chat.faults.struck)
        cut.cancel()
        assert await brought.deal_with(update)
        assert len(await asyncio.to_thread(person.answers)) == 1


async def test_each_photo_of_an_album_is_answered_by_itself(chat: LocalChat, classifier: Classifier) -> None:
    person = Person(chat.url)
    async with started(chat, classifier) as brought:
        sent = await asyncio.to_thread(person.send_album, [red_face(), blue_face()])
        for update in await waiting(chat, brought):
            assert await brought.deal_with(update)
        answers = await asyncio.to_thread(person.answers, 2)
        assert [answer["reply_to_message"]["message_id"] for answer in answers] == sent
