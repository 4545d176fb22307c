"""Sentences and names: the same ones in every language, and how they read."""

from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from bot.reply.languages import TEXTS as BOT
from model.wording import Texts
from web.languages import TEXTS as PAGE


def entries(table: dict[str, Any], path: str = "") -> dict[str, str]:
    """Every sentence by its key."""
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= {path + key: value} if isinstance(value, str) else entries(value, f"{path}{key}.")
    return found


@pytest.mark.parametrize("texts", [BOT, PAGE], ids=["bot", "page"])
def test_every_language_has_every_sentence_with_the_same_braces(texts: Texts) -> None:
    assert texts.languages == ("en", "fr")
    english = entries(texts.tables["en"])
    for table in texts.tables.values():
        sentences = entries(table)
        assert sentences.keys() == english.keys()
        for key, text in sentences.items():
            assert text.strip(), key
            assert braces(text) == braces(english[key]), key


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_a_language_is_added_with_its_file(tmp_path: Path) -> None:
    for code, word in {"de": "oder", "en": "or"}.items():
        (tmp_path / f"{code}.toml").write_text(f'or = "{{labels}} {word} {{last}}"', "utf-8")
    texts = Texts(tmp_path)
    assert texts.languages == ("en", "de")
    assert texts.listed(["a", "b"], texts.language_of("de-AT")) == "a oder b"


def test_a_list_reads_as_in_a_sentence_and_stays_short() -> None:
    assert BOT.listed(["cat"], "en") == "cat"
    assert BOT.listed(["cat", "dog"], "en") == "cat or dog"
    assert PAGE.listed(["chat", "chien", "oie"], "fr") == "chat, chien ou oie"
    assert BOT.listed([str(number) for number in range(1000)], "en", most=3) == "0, 1, 2 and 997 more"
