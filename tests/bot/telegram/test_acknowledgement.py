"""Every photo is answered once, whatever happens to the bot: Telegram hands out again what was not dealt with."""

import asyncio
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot, Update

from bot.telegram import acknowledgement
from bot.telegram.acknowledgement import WINDOW, Acknowledgements, AcknowledgingBot
from localchat import LocalChat
from localchat.faults import FILES, Fault
from model import Classifier
from tests.bot.conftest import running_bot
from tests.bot.handlers.test_photos import StubClassifier
from tests.bot.photos import no_face, red_face
from tests.bot.telegram.test_lifecycle import Process, of
from tests.bundles import make_bundle
from tests.person import Person
from tests.web.serving import wait_until


def updates(*numbers: int) -> list[Update]:
    return [Update(number) for number in numbers]


def ids(taken: tuple[Update, ...]) -> list[int]:
    return [update.update_id for update in taken]


class Busy:
    """Works on those updates."""

    def __init__(self) -> None:
        self.ids: set[int] = set()

    def works_on(self, update_id: int) -> bool:
        return update_id in self.ids

    def give_up(self, update_id: int) -> None: ...

    def skip(self, update_id: int, reason: str) -> None: ...


async def test_the_offset_stays_at_the_oldest_update_that_is_not_dealt_with() -> None:
    book = Acknowledgements()
    assert book.offset is None
    assert ids(book.take(updates(5, 6, 7))) == [5, 6, 7]
    book.done(6)
    assert book.offset == 5 and book.fetched == 3
    book.done(5)
    assert book.offset == 7 and book.fetched == 1
    book.done(7)
    assert book.offset == 8 and not book.under_way


async def test_what_comes_again_is_taken_once_also_when_it_was_dealt_with_meanwhile() -> None:
    book = Acknowledgements()
    book.take(updates(5, 6))
    assert ids(book.take(updates(5, 6, 7))) == [7]
    for number in (5, 6, 7):
        book.done(number)
    assert ids(book.take(updates(6, 7, 8))) == [8]  # the answer to a question that was asked earlier


async def test_an_update_that_nobody_works_on_holds_the_offset_until_it_is_fetched_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(acknowledgement, "FORGOTTEN", 0.0)
    book, worker = Acknowledgements(), Busy()
    book.take(updates(*range(1, WINDOW + 1)))
    worker.ids = {1}
    assert book.forget(worker) is None
    worker.ids = {2}
    assert book.forget(worker) == 1
    assert book.offset == 1 and book.fetched < WINDOW  # there is room to ask for it
    assert ids(book.take(updates(*range(1, WINDOW + 1)))) == [1]
    book.done(1)
    assert book.offset == 2 and book.fetched == WINDOW - 1


async def test_numbers_may_start_anew_lower_after_a_silent_week() -> None:
    book = Acknowledgements()
    book.take(updates(1000))
    book.done(1000)
    assert ids(book.take(updates(17))) == [17]
    assert book.offset == 17


async def test_whatever_the_order_everything_is_taken_and_confirmed_once() -> None:
    book, chance = Acknowledgements(), random.Random(6)
    pending, taken = list(range(1, 501)), list[int]()
    under_way: list[int] = []
    while pending or under_way:
        pending = [number for number in pending if number >= (book.offset or 0)]
        new = ids(book.take(updates(*pending[:WINDOW])))
        taken += new
        under_way += new
        for _ in range(min(len(under_way), chance.randrange(1, 40))):
            book.done(under_way.pop(chance.randrange(len(under_way))))
    assert taken == list(range(1, 501)) and not book.under_way


async def test_while_something_is_under_way_telegram_is_asked_at_a_steady_pace_and_nothing_comes_twice() -> None:
    with LocalChat(0) as chat:
        async with AcknowledgingBot(chat.token, f"{chat.url}/bot", f"{chat.url}/file/bot") as bot:
            person = Person(chat.url)
            person.say("one")
            (one,) = await bot.get_updates(timeout=10)
            began = time.monotonic()
            assert [await bot.get_updates(timeout=10) for _ in range(3)] == [(), (), ()]
            assert time.monotonic() - began >= 3 * acknowledgement.PACE * 0.9
            person.say("two")
            (two,) = await bot.get_updates(timeout=10)
            bot.acknowledgements.done(two.update_id)
            bot.acknowledgements.done(one.update_id)
            await bot.confirm()
        async with AcknowledgingBot(chat.token, f"{chat.url}/bot", f"{chat.url}/file/bot") as another:
            person.say("three")
            assert [update.message.text for update in await another.get_updates() if update.message] == ["three"]


async def test_what_is_known_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read, de_json = list[int](), Update.de_json

    def noted(data: dict[str, Any], bot: Bot | None = None) -> Update:
        read.append(data["update_id"])
        return de_json(data, bot)

    monkeypatch.setattr(Update, "de_json", noted)
    with LocalChat(0) as chat:
        async with AcknowledgingBot(chat.token, f"{chat.url}/bot", f"{chat.url}/file/bot") as bot:
            for text in ("one", "two", "three"):
                Person(chat.url).say(text)
                assert len(await bot.get_updates(timeout=10)) == 1
    assert sorted(read) == [1, 1, 2, 2, 3, 3]  # to see whether it can be read, and by the library


def test_one_slow_photo_holds_up_neither_the_others_nor_what_comes_later(classifier: Classifier) -> None:
    with LocalChat(0) as chat, running_bot(chat, classifier):
        slow = Person(chat.url, chat=1000)
        download = Fault("slow", FILES, seconds=20)
        chat.faults.add(download)
        slow.send_photo(red_face())
        wait_until(lambda: chat.faults.struck)
        for number in range(1, 4):
            person = Person(chat.url, chat=number)
            person.send_photo(no_face())
            person.answers()
        slow.silence(0)
        download.seconds = 0
        slow.answers()


def test_a_photo_that_keeps_a_hundred_others_from_being_fetched_is_given_up_with_a_kind_word(
    classifier: Classifier,
) -> None:
    with LocalChat(0) as chat, running_bot(chat, classifier):
        slow = Person(chat.url, chat=1000)
        chat.faults.add(Fault("slow", FILES, seconds=50))
        slow.send_photo(red_face())
        wait_until(lambda: chat.faults.struck)
        people = [Person(chat.url, chat=number) for number in range(1, 12)]
        for person in people:
            for _ in range(10):
                person.send("dice")
        assert "get to your last photos" in slow.answers()[0]["text"]
        people[-1].answers(10)


def test_a_bot_that_is_killed_in_the_middle_of_many_photos_loses_none(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    with LocalChat(0) as chat:
        people = [Person(chat.url, chat=number) for number in range(1, 11)]
        sent = {person.chat: [person.send_photo(no_face()) for _ in range(2)] for person in people}
        bot = Process(tmp_path, MODEL_PATH=str(bundle), **of(chat))
        bot.says("Update", times=3)  # it is in the middle of them
        bot.process.send_signal(signal.SIGKILL)
        bot.ends()
        bot = Process(tmp_path, MODEL_PATH=str(bundle), **of(chat))
        try:
            for person in people:
                missing = set(sent[person.chat])
                while missing:
                    missing -= {answer["reply_to_message"]["message_id"] for answer in person.answers()}
        finally:
            assert bot.stop() == 0


def test_what_was_answered_is_confirmed_when_the_bot_stops(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        person = Person(chat.url)
        stub = StubClassifier(classifier, seconds=0.5)
        with running_bot(chat, stub):
            person.send_photo(red_face())
            wait_until(lambda: stub.begun)
        person.answers()
        with running_bot(chat, classifier):
            person.answer_to(person.send_photo(red_face()))


def test_the_test_of_kills_would_see_a_lost_photo() -> None:
    """What python-telegram-bot does by itself: it confirms what it has fetched."""
    from telegram.ext import ExtBot

    async def fetch_twice(kind: type[ExtBot[None]] | type[AcknowledgingBot]) -> int:
        with LocalChat(0) as chat:
            Person(chat.url).say("hello")
            async with kind(chat.token, f"{chat.url}/bot", f"{chat.url}/file/bot") as bot:
                (update,) = await bot.get_updates()
                await bot.get_updates(offset=update.update_id + 1)
            async with kind(chat.token, f"{chat.url}/bot", f"{chat.url}/file/bot") as bot:
                return len(await bot.get_updates())

    assert asyncio.run(fetch_twice(ExtBot)) == 0
    assert asyncio.run(fetch_twice(AcknowledgingBot)) == 1
