"""The page's words: every language whole, and the right one for each browser."""

import re
from pathlib import Path

import pytest

from tests.test_languages import entries
from web.errors import STATUS_OF_PHOTO
from web.languages import TEXTS, language_of


def test_every_problem_of_a_photo_has_a_sentence() -> None:
    assert STATUS_OF_PHOTO.keys() <= TEXTS.table("en")["problem"].keys()


def test_no_sentence_is_left_over() -> None:
    room = Path("web")
    files = [
        *room.rglob("*.py"),
        *room.glob("templates/*.html"),
        Path("model/wording.py"),
        *Path("model/teaching").glob("*.py"),
    ]
    code = "".join(file.read_text("utf-8") for file in files)
    used = set(re.findall(r'"([a-z_.]+)"', code))
    left = [path for path in entries(TEXTS.table("en")) if {path, path.removeprefix("teach.")}.isdisjoint(used)]
    assert [path for path in left if not path.startswith("problem.")] == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("xx, en;q=0.5, fr;q=0.7", "fr"),
        ("xx-YY,xx;q=0.9", "en"),
        ("en;q=0.8, fr;q=0", "en"),
        ("fr;q=nonsense;x, ;;,", "fr"),
        ("*", "en"),
    ],
)
def test_a_browser_is_answered_in_the_language_it_prefers(accepted: str, language: str) -> None:
    assert language_of(accepted) == language
