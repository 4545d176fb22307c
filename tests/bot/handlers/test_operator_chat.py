"""What the operator hears of, and what `/stats` tells; nobody else does."""

import re

import pytest

from bot import __version__
from bot.stats import Record, Stats
from localchat import LocalChat
from model import Classifier
from tests.bot.conftest import running_bot
from tests.bot.handlers.test_photos import StubClassifier
from tests.bot.photos import blue_face, red_face
from tests.person import Person


def test_the_operator_hears_of_start_and_stop_and_asks_how_the_bot_is(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        operator, person = Person(chat.url, chat=9), Person(chat.url, chat=1)
        operator.say("/start")
        with running_bot(chat, classifier, operator_chat_id=9):
            first = " ".join(answer["text"] for answer in operator.answers(2))
            assert f"Version {__version__}, model red or blue" in first
            person.send_photo(red_face())
            person.send_photo(blue_face())
            person.answers(2)
            person.say("/stats")
            assert "don't know that command" in person.answers()[0]["text"]
            operator.say("/stats")
            stats = operator.answers()[0]["text"]
            for words in ["• 1 face: 2", "• with_mask: 1", "• without_mask: 1", "errors: 0"]:
                assert words in stats
            assert re.search(r"within \d+ ms, 95% within \d+ ms", stats) and re.search(r"Memory: \d+ MB", stats)
        assert "I've stopped" in operator.answers()[0]["text"]


def test_an_unexpected_error_is_reported_once_without_anything_of_the_person(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        operator, person = Person(chat.url, chat=9), Person(chat.url, chat=1, name="Grace")
        operator.say("/start")
        stub = StubClassifier(classifier, error=RuntimeError("a secret of Grace"))
        with running_bot(chat, stub, operator_chat_id=9):
            operator.answers(2)
            for _ in range(2):
                person.send_photo(red_face())
                person.answers()
            text = operator.answers()[0]["text"]
            assert re.match(r"Something unexpected went wrong: RuntimeError at handlers/test_photos\.py:\d+\.", text)
            assert "secret" not in text
            operator.say("/stats")
            assert "errors: 2" in operator.answers()[0]["text"]


def test_an_operator_who_never_wrote_to_the_bot_costs_one_line(
    classifier: Classifier, caplog: pytest.LogCaptureFixture
) -> None:
    with LocalChat(0) as chat, running_bot(chat, classifier, operator_chat_id=9):
        person = Person(chat.url)
        person.send_photo(red_face())
        person.answers()
    lines = [record for record in caplog.records if "OPERATOR_CHAT_ID" in record.getMessage()]
    assert lines and all(record.exc_info is None for record in lines)


def test_half_and_most_of_the_photos_are_told_in_milliseconds() -> None:
    stats = Stats()
    assert stats.percentile(50) is None
    for milliseconds in range(1, 102):
        stats.count(Record("1 face", ("cat",)), milliseconds)
    stats.count(Record("words"), 10_000)
    assert stats.percentile(50) == 51 and stats.percentile(95) == 96
    assert stats.labels == {"cat": 101}
