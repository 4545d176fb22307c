"""Sentences and names, and how they read."""

from pathlib import Path

from bot.reply.languages import TEXTS as BOT
from model.wording import Texts
from web.languages import TEXTS as PAGE


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
