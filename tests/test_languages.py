"""Every language whole: each sentence with its placeholders and plural forms, short enough, and as Unicode's CLDR has it."""

import tomllib
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel import Locale
from babel.lists import format_list
from babel.numbers import format_percent

from bot.reply.languages import TEXTS as BOT
from model.bundle import ANSWERS, SHIPPED
from model.wording import Texts
from web.languages import TEXTS as PAGE

CATEGORIES = {"zero", "one", "two", "few", "many", "other"}
WANTED = set("ar bn de en es fa fr hi id it ja ko nl pl pt ru tr uk vi zh".split())  # noqa: SIM905
ROOMS = {"bot": BOT, "page": PAGE}
EVERY = [pytest.param(texts, code, id=f"{room}-{code}") for room, texts in ROOMS.items() for code in texts.languages]


def entries(table: dict[str, Any], path: str = "") -> dict[str, str | dict[str, str]]:
    """Every sentence by its key; the plural forms of a sentence together. What a file says of its language is left out."""
    found: dict[str, str | dict[str, str]] = {}
    for key, value in table.items():
        if isinstance(value, str) or value.keys() <= CATEGORIES:
            found[path + key] = value
        elif path + key != "language":
            found |= entries(value, f"{path}{key}.")
    return found


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def locale_of(code: str) -> Locale:
    return Locale.parse(code.replace("-", "_"))


def test_the_bot_the_page_and_the_shipped_answers_speak_the_same_languages() -> None:
    answers = tomllib.loads((SHIPPED / ANSWERS).read_text("utf-8"))
    labels = [table for table in answers.values() if isinstance(table, dict)]
    assert WANTED <= set(BOT.languages) == set(PAGE.languages)
    for words in labels:
        assert words.keys() - {"color"} == set(BOT.languages)
        assert len({entry["name"] for code, entry in words.items() if code != "color"}) > len(BOT.languages) * 0.9
        assert all(entry["answer"].strip() for code, entry in words.items() if code != "color")


@pytest.mark.parametrize(("texts", "code"), EVERY)
def test_a_language_has_every_sentence_with_every_placeholder_and_plural_form(texts: Texts, code: str) -> None:
    english, own = entries(texts.table("en")), entries(texts.table(code))
    assert own.keys() == english.keys()
    needed = {locale_of(code).plural_form(count) for count in range(1001)}
    for key, sentence in english.items():
        forms = own[key]
        if isinstance(sentence, str):
            assert isinstance(forms, str), key
            assert forms.strip() and braces(forms) == braces(sentence), key
        else:
            assert isinstance(forms, dict) and forms.keys() == needed, key
            for form in forms.values():
                assert form.strip() and braces(form) == braces(sentence["other"]), key


@pytest.mark.parametrize(("texts", "code"), EVERY)
def test_plural_forms_are_chosen_as_cldr_says(texts: Texts, code: str) -> None:
    counts = [*range(1001), 10_000, 100_001, 999_999]
    assert [texts.plural_form(count, code) for count in counts] == list(map(locale_of(code).plural_form, counts))


@pytest.mark.parametrize(("texts", "code"), EVERY)
def test_lists_percentages_digits_and_direction_are_those_of_the_language(texts: Texts, code: str) -> None:
    locale, own = locale_of(code), texts.table(code)["language"]
    assert texts.listed(["a", "b"], code) == format_list(["a", "b"], style="or", locale=locale)
    assert PAGE.direction_of(code) == locale.text_direction
    assert (locale.get_language_name() or "?").lower() in own["name"].lower()
    digits = own.get("digits", "0123456789")
    assert [int(digit) for digit in digits] == list(range(10))
    assert digits.isascii() == (locale.default_numbering_system == "latn")
    written = PAGE.say("percent", code, percent=97).translate(str.maketrans(digits, "0123456789"))
    assert written == format_percent(0.97, locale=locale)
    assert {**PAGE.table(code)["language"], **own} == PAGE.table(code)["language"]


@pytest.mark.parametrize("code", BOT.languages)
def test_no_sentence_is_longer_than_telegram_allows(code: str) -> None:
    for key, sentence in entries(BOT.table(code)).items():
        for text in [sentence] if isinstance(sentence, str) else sentence.values():
            room = {"menu": 256, "description": 450, "short_description": 120}.get(key.partition(".")[0], 1000)
            if key in ("feedback.thanks", "feedback.old"):
                room = 200  # a notice that passes
            if key in ("feedback.right", "feedback.wrong", "feedback.yes", "feedback.no", "feedback.none", "why"):
                room = 40  # a button
            assert len(text) <= room, key


@pytest.mark.parametrize(("texts", "code"), [each for each in EVERY if not str(each.id).endswith("-en")])
def test_no_language_is_a_copy_of_english(texts: Texts, code: str) -> None:
    english, own = entries(texts.table("en")), entries(texts.table(code))
    same = [key for key in english if own[key] == english[key] and len(str(english[key])) > 12]
    assert set(same) <= {"counted", "numbered", "teach.photos"}


def test_a_sentence_that_a_language_lacks_is_said_in_english(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text('why = "Why?"\nno = "No"', "utf-8")
    (tmp_path / "eo.toml").write_text('no = "Ne"', "utf-8")
    texts = Texts(tmp_path)
    assert (texts.say("why", "eo"), texts.say("no", "eo")) == ("Why?", "Ne")


@pytest.mark.parametrize(
    ("given", "spoken"),
    [
        ("pt-BR", "pt"),
        ("pt_PT", "pt"),
        ("zh-hans", "zh"),
        ("zh-Hans-CN", "zh"),
        ("zh-TW", "zh"),
        ("zh-hant-hk", "zh"),
        ("in", "id"),
        ("es-419", "es"),
        ("frr", "en"),
        ("tlh", "en"),
        ("zz-ZZ, uk;q=0.4", "uk"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_code_of_telegram_or_a_browser_finds_the_closest_language(given: str | None, spoken: str) -> None:
    assert BOT.language_of(given) == PAGE.language_of(given) == spoken


def test_a_file_for_a_region_or_script_goes_before_its_language(tmp_path: Path) -> None:
    for code in ("en", "pt", "pt-BR", "zh", "zh-hant"):
        (tmp_path / f"{code}.toml").write_text(f'word = "{code}"', "utf-8")
    texts = Texts(tmp_path)
    given = ["pt-BR", "pt-PT", "zh-TW", "zh-Hant-HK", "zh-CN"]
    assert [texts.say("word", texts.language_of(code)) for code in given] == ["pt-BR", "pt", "zh-hant", "zh-hant", "zh"]
