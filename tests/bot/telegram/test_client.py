"""What goes wrong at Telegram or on the way, and how it ends: in an answer, a kind word, or one line in the log."""

import itertools
import logging
import time
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from bot.telegram import download, retry
from localchat import LocalChat
from localchat.faults import FILES, Fault
from model import Classifier
from tests.bot.conftest import RunningBot, running_bot
from tests.bot.handlers.test_photos import StubClassifier
from tests.bot.photos import red_face, two_faces
from tests.person import Person
from tests.web.serving import wait_until

_people = itertools.count(1)


@pytest.fixture(scope="module")
def trouble(classifier: Classifier) -> Iterator[tuple[LocalChat, RunningBot]]:
    """A chat whose faults are this file's own, and a bot in it."""
    with LocalChat(0) as chat, running_bot(chat, classifier) as bot, patch.object(retry, "FIRST_PAUSE", 0.05):
        yield chat, bot


@pytest.fixture
def chat(trouble: tuple[LocalChat, RunningBot]) -> Iterator[LocalChat]:
    yield trouble[0]
    trouble[0].faults.clear()


@pytest.fixture
def person(chat: LocalChat) -> Person:
    return Person(chat.url, chat=next(_people))


def assert_answered_once(person: Person, sent: int) -> None:
    assert "Mask on" in person.answer_to(sent)["text"]
    person.answer_to(person.send_photo(red_face()))


@pytest.mark.parametrize("method", ["getFile", FILES, "sendMessage", "getUpdates"])
@pytest.mark.parametrize("kind", ["502", "429", "reset"])
def test_a_request_that_fails_is_made_again(chat: LocalChat, person: Person, method: str, kind: str) -> None:
    before, times = sum(chat.faults.struck.values()), 1 if kind == "429" else 2
    if kind == "reset":
        chat.faults.add(Fault("reset", method, times=times))
    else:
        chat.faults.refuse(method, int(kind), times=times, retry_after=1 if kind == "429" else None)
    assert_answered_once(person, person.send_photo(red_face()))
    assert sum(chat.faults.struck.values()) == before + times


def test_an_answer_whose_way_back_broke_is_sent_once_more(
    chat: LocalChat, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_DOUBT", 0.05)
    chat.faults.add(Fault("lose", "sendMessage"))
    sent = person.send_photo(red_face())
    assert [answer["reply_to_message"]["message_id"] for answer in person.answers(2)] == [sent, sent]
    for method in ("getUpdates", "getFile", FILES):
        chat.faults.add(Fault("lose", method))
        assert_answered_once(person, person.send_photo(red_face()))


def test_telegram_is_not_asked_again_before_the_time_it_names(chat: LocalChat, person: Person) -> None:
    chat.faults.refuse("sendMessage", 429, retry_after=2)
    began = time.monotonic()
    person.send_photo(red_face())
    person.answers()
    assert time.monotonic() - began >= 2


def test_while_one_chat_is_asked_to_wait_the_others_are_answered(chat: LocalChat, person: Person) -> None:
    waiting = Person(chat.url, chat=next(_people))
    chat.faults.refuse("sendMessage", 429, retry_after=15)
    before = chat.faults.struck.get("refuse", 0)
    waiting.send_photo(red_face())
    wait_until(lambda: chat.faults.struck.get("refuse", 0) > before)
    assert_answered_once(person, person.send_photo(red_face()))


@pytest.mark.parametrize("method", ["getFile", FILES, "sendMessage"])
def test_a_line_that_went_dead_is_given_up_and_another_is_taken(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("bot.telegram.client.READ_TIMEOUT", 1.0)
    with LocalChat(0) as own, running_bot(own, classifier):
        person = Person(own.url)
        own.faults.add(Fault("hang", method))
        assert_answered_once(person, person.send_photo(red_face()))


def test_a_download_that_takes_too_long_is_given_up_with_a_kind_word(
    chat: LocalChat, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "WITHIN", 0.5)
    chat.faults.add(Fault("slow", FILES, seconds=30))
    person.send_photo(red_face())
    assert "couldn't get that photo" in person.answers()[0]["text"]


def test_a_slow_download_is_waited_for(chat: LocalChat, person: Person) -> None:
    chat.faults.add(Fault("slow", FILES, seconds=0.7))
    assert_answered_once(person, person.send_photo(red_face()))


@pytest.mark.parametrize(
    ("method", "status", "words"),
    [("getFile", 400, "wrong file_id or the file is temporarily unavailable"), (FILES, 404, "Not Found")],
)
def test_a_file_that_vanished_is_asked_for_again(
    chat: LocalChat, person: Person, method: str, status: int, words: str
) -> None:
    chat.faults.refuse(method, status, words)
    person.send_photo(red_face())
    assert "send it again" in person.answers()[0]["text"]


def test_a_person_who_blocked_the_bot_costs_one_line(
    chat: LocalChat, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    chat.faults.blocked.add(person.chat)
    with caplog.at_level(logging.INFO, "bot"):
        person.send_photo(red_face())
        wait_until(lambda: "blocked" in caplog.text)
    assert [record.exc_info for record in caplog.records] == [None]


def test_a_photo_whose_message_was_deleted_meanwhile_is_answered_all_the_same(classifier: Classifier) -> None:
    with LocalChat(0) as own, running_bot(own, StubClassifier(classifier, seconds=1)):
        person = Person(own.url)
        person.delete(person.send_photo(red_face()))
        answer = person.answers()[0]
        assert "face" in answer["text"] and "reply_to_message" not in answer


def test_a_picture_that_telegram_refuses_is_replaced_by_its_words(chat: LocalChat, person: Person) -> None:
    chat.faults.refuse("sendPhoto", 400, "Bad Request: not enough rights to send photos to the chat")
    person.send_photo(two_faces())
    assert "2 faces" in person.answers()[0]["text"]


def test_photos_under_way_and_new_ones_are_answered_when_telegram_is_back(classifier: Classifier) -> None:
    stub = StubClassifier(classifier, seconds=0.5)
    with LocalChat(0) as own, running_bot(own, stub):
        people = [Person(own.url, chat=number) for number in range(1, 5)]
        sent = {person.chat: [person.send_photo(red_face())] for person in people}
        wait_until(lambda: stub.begun)
        own.faults.down = True
        for person in people:
            sent[person.chat].append(person.send_photo(red_face()))
        wait_until(lambda: own.faults.struck.get("reset", 0) >= 6)
        own.faults.down = False
        for person in people:
            replied = [answer["reply_to_message"]["message_id"] for answer in person.answers(2)]
            assert sorted(replied) == sorted(sent[person.chat])
        people[0].answer_to(people[0].send_photo(red_face()))


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_changes_nothing(
    chat: LocalChat, person: Person, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    real = time.time
    chat.faults.add(Fault("slow", FILES, seconds=0.5))
    sent = person.send_photo(red_face())
    monkeypatch.setattr("time.time", lambda: real() + jump)
    assert_answered_once(person, sent)


def test_one_request_in_ten_failing_at_random_costs_no_answer(chat: LocalChat) -> None:
    people = [Person(chat.url, chat=next(_people)) for _ in range(10)]
    for status, retry_after in [(500, None), (502, None), (429, 1)]:
        chat.faults.refuse("*", status, times=None, share=0.03, retry_after=retry_after)
    chat.faults.add(Fault("reset", times=None, share=0.03))
    for _ in range(3):
        for person in people:
            person.send_photo(red_face())
    for person in people:
        assert all("Mask on" in answer["text"] for answer in person.answers(3))
