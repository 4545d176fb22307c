"""The bot's sentences: one for each problem, and the right language for each person."""

import typing

import pytest

from bot.reply.languages import LANGUAGES, language_of, say
from model.image import Problem


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
        ("tlh", "en"),
        ("frr", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_follows_telegrams_language_code(code: str | None, language: str) -> None:
    assert language_of(code) == language


def test_french_punctuation_does_not_begin_a_line() -> None:
    assert " !" not in say("start", "fr", labels="a ou b")
    assert "\N{NO-BREAK SPACE}!" in say("start", "fr", labels="a ou b")


def test_one_and_several_differ() -> None:
    assert say("other_faces", "en", count=1) == "1 other"
    assert say("other_faces", "en", count=2) == "2 others"
    assert say("other_faces", "fr", count=1) == "1 autre"
    assert say("other_faces", "fr", count=2) == "2 autres"
