"""The table of sentences: complete, and the same in every language."""

import string
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from bot.reply.languages import LANGUAGES, TABLE, language_of, listed, say
from model.image import Problem


def entries(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every entry with its key."""
    for key, value in table.items():
        if all(isinstance(text, str) for text in value.values()):
            yield path + key, value
        else:
            yield from entries(value, f"{path}{key}.")


@pytest.mark.parametrize(("key", "entry"), entries(TABLE))
def test_every_sentence_stands_in_every_language_with_the_same_braces(key: str, entry: dict[str, str]) -> None:
    assert tuple(entry) == LANGUAGES, key
    braces = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in entry.values()]
    assert all(names == braces[0] for names in braces), key
    assert all(text.strip() for text in entry.values()), key


@pytest.mark.parametrize("problem", typing.get_args(Problem))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_a_photo_can_have_has_its_own_sentence(problem: str, language: str) -> None:
    others = {say(f"photo_error.{other}", language) for other in typing.get_args(Problem) if other != problem}
    assert say(f"photo_error.{problem}", language) not in others


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("FR", "fr"),
        ("en-GB", "en"),
        ("de", "en"),
        ("frr", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_follows_telegrams_language_code(code: str | None, language: str) -> None:
    assert language_of(code) == language


def test_a_list_reads_as_in_a_sentence_and_stays_short() -> None:
    assert listed(["cat"], "en") == "cat"
    assert listed(["cat", "dog"], "en") == "cat or dog"
    assert listed(["chat", "chien", "oie"], "fr") == "chat, chien ou oie"
    assert listed([str(number) for number in range(1000)], "en", most=3) == "0, 1, 2 and 997 more"


def test_french_punctuation_does_not_begin_a_line() -> None:
    assert " !" not in say("start", "fr", labels="a ou b")
    assert "\N{NO-BREAK SPACE}!" in say("start", "fr", labels="a ou b")


def test_one_and_several_differ() -> None:
    assert say("other_faces", "en", count=1) == "1 other"
    assert say("other_faces", "en", count=2) == "2 others"
    assert say("other_faces", "fr", count=1) == "1 autre"
    assert say("other_faces", "fr", count=2) == "2 autres"
