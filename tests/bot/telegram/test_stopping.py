"""Stopping: what is under way is finished and confirmed, and what takes too long waits for the next start."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.telegram import lifecycle as running
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


@pytest.fixture
def chat() -> Iterator[LocalChat]:
    with LocalChat(0) as local_chat:
        yield local_chat


def test_stopping_finishes_the_photos_under_way(chat: LocalChat, classifier: Classifier) -> None:
    people = [Person(chat.url, chat=number) for number in range(1, 5)]
    stub = StubClassifier(classifier, seconds=0.3)
    with running_bot(chat, stub):
        sent = [person.send_photo(red_face()) for person in people]
        wait_until(lambda: stub.begun == 4)
    answers = [person.answers(timeout=2)[0] for person in people]
    assert [answer["reply_to_message"]["message_id"] for answer in answers] == sent


def test_what_takes_too_long_to_finish_is_answered_after_the_next_start(
    chat: LocalChat, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "STOP_WITHIN", 0.5)
    chat.faults.add(Fault("slow", FILES, seconds=30))
    slow, quick = Person(chat.url, chat=1), Person(chat.url, chat=2)
    with running_bot(chat, classifier):
        slow.send_photo(red_face())
        wait_until(lambda: chat.faults.struck)
        quick.send_photo(red_face())
        quick.answers()
        began = time.monotonic()
    assert time.monotonic() - began < 15
    with running_bot(chat, classifier):
        slow.answers()


def test_a_photo_sent_while_the_bot_is_down_is_answered_when_it_returns(
    chat: LocalChat, classifier: Classifier
) -> None:
    person = Person(chat.url)
    with running_bot(chat, classifier):
        person.send_photo(red_face())
        person.answers()
    sent = person.send_photo(red_face())
    with running_bot(chat, classifier):
        assert person.answers()[0]["reply_to_message"]["message_id"] == sent


def test_a_second_signal_ends_the_bot_at_once(chat: LocalChat, tmp_path: Path) -> None:
    bot = Process(tmp_path, MODEL_PATH=str(make_bundle(tmp_path / "bundle")), **of(chat))
    bot.says("Started")
    chat.faults.add(Fault("slow", FILES, seconds=60))
    Person(chat.url).send_photo(no_face())
    wait_until(lambda: chat.faults.struck)
    os.kill(bot.process.pid, signal.SIGTERM)
    bot.says("Stopping")
    assert bot.stop(signal.SIGTERM) == 1
    assert bot.lines[-1].endswith("Stopped at once.")
