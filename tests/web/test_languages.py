"""The page's words: every language whole, and the right one for each browser."""

import re
from string import Formatter
from typing import Any

import pytest

from web.errors import STATUS_OF_PHOTO
from web.languages import LANGUAGES, TABLE, language_of, listed


def entries(table: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, str]]]:
    """Every entry of the table with its path."""
    if set(table) & set(LANGUAGES):
        return [(path, table)]
    return [entry for name, inner in table.items() for entry in entries(inner, f"{path}.{name}".strip("."))]


@pytest.mark.parametrize(("path", "entry"), entries(TABLE), ids=[path for path, _ in entries(TABLE)])
def test_every_sentence_stands_in_every_language_with_the_same_braces(path: str, entry: dict[str, str]) -> None:
    assert set(entry) == set(LANGUAGES)
    braces = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in entry.values()]
    assert all(names == braces[0] for names in braces)


def test_every_problem_of_a_photo_has_a_sentence() -> None:
    assert STATUS_OF_PHOTO.keys() <= TABLE["problem"].keys()


def test_no_sentence_is_left_over() -> None:
    from pathlib import Path

    room = Path("web")
    code = "".join(file.read_text("utf-8") for file in [*room.rglob("*.py"), *room.glob("templates/*.html")])
    used = set(re.findall(r'"([a-z_.]+)"', code))
    assert [path for path, _ in entries(TABLE) if path not in used and not path.startswith("problem.")] == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de, en;q=0.5, fr;q=0.7", "fr"),
        ("de-DE,de;q=0.9", "en"),
        ("en;q=0.8, fr;q=0", "en"),
        ("fr;q=nonsense;x, ;;,", "fr"),
        ("*", "en"),
    ],
)
def test_a_browser_is_answered_in_the_language_it_prefers(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_names_are_listed() -> None:
    assert listed(["a", "b", "c"], "en") == "a, b or c"
    assert listed(["a", "b", "c", "d"], "fr", most=2) == "a, b et 2 de plus"
