"""Formats what the bot and the page both say: sentences in each language, names and colors of labels.

Knows nothing of photos, of Telegram or of HTML.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from typing import Any, cast

from PIL import ImageColor

from model.bundle import NONE, Bundle

MAX_NAME = 40  # characters of a label's name in a list or on a box
PALETTE = ("#0072B2", "#D55E00", "#F0E442", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")  # Okabe and Ito's
DEFAULT = "en"
MOST = 8  # labels in a sentence
GREY = "#6b6b6b"
# Codes of languages that are better served by another than by their own beginning: Traditional Chinese, old codes, Norwegian.
ALIASES = {"zh-tw": "zh-hant", "zh-hk": "zh-hant", "zh-mo": "zh-hant", "in": "id", "iw": "he", "nb": "no", "nn": "no"}


class Texts:
    """Sentences in several languages; each file is read when its language is first spoken.

    Args:
        folder: holds a TOML file for each language, named by its code, such as `fr.toml` or `pt-br.toml`.

    Attributes:
        languages: their codes; the first one is for everybody who speaks none of them.
    """

    def __init__(self, folder: Path):
        self._files = {file.stem.lower(): file for file in sorted(folder.glob("*.toml"))}
        self._tables: dict[str, dict[str, Any]] = {}
        self.languages = (DEFAULT, *(code for code in self._files if code != DEFAULT))

    def table(self, language: str) -> dict[str, Any]:
        """Returns what a language's file holds."""
        if language not in self._tables:
            self._tables[language] = tomllib.loads(self._files[language].read_text("utf-8"))
        return self._tables[language]

    def language_of(self, accepted: str | None) -> str:
        """Chooses the language for an `Accept-Language` header such as "fr-CH, fr;q=0.9, en;q=0.8", or for one code."""
        best, language = 0.0, self.languages[0]
        for entry in (accepted or "").lower().replace("_", "-").split(","):
            tag, _, weight = entry.strip().partition(";")
            given = re.fullmatch(r"\s*q=([01](?:\.\d*)?)\s*", weight)
            quality = float(given[1]) if given else 1.0
            spoken = self._closest(tag.strip())
            if spoken and quality > best:
                best, language = quality, spoken
        return language

    def _closest(self, tag: str) -> str:
        """Drops subtags from the end until there is such a language (RFC 4647, lookup); "" if there is none."""
        while tag and tag not in self.languages:
            tag = ALIASES.get(tag) or tag.rpartition("-")[0]
        return tag

    def say(self, key: str, language: str, **values: object) -> str:
        """Returns a sentence; in English if the language's file lacks it.

        Args:
            key: its entry in the files, such as "no_face" or "photo_error.empty".
            language: one of `languages`.
            values: fill its braces; `count` chooses among the plural forms where the entry has several.
        """
        entry = self._entry(key, language)
        if entry is None and language != DEFAULT:
            return self.say(key, DEFAULT, **values)
        if entry is None:
            raise KeyError(key)
        if not isinstance(entry, str):
            entry = entry.get(self.plural_form(cast(int, values["count"]), language)) or entry["other"]
        shown = {name: self._shown(value, language) for name, value in values.items()}
        return typeset(entry, language).format(**shown)

    def name_of(self, language: str) -> str:
        """Returns what a language calls itself."""
        return str(self._entry("language.name", language) or language)

    def direction_of(self, language: str) -> str:
        """Returns how a language is written: "ltr" or "rtl"."""
        return str(self._entry("language.direction", language) or "ltr")

    def plural_form(self, count: int, language: str) -> str:
        """Returns the plural category of a whole number by the file's rules: zero, one, two, few, many or other.

        The rules are those of Unicode's CLDR, written as gettext writes them ("n == 1"); the first that holds decides.
        """
        rules = self._entry("language.plural", language) or {}
        return next((form for form, rule in rules.items() if _rule(rule)(count)), "other")

    def joined(self, names: Iterable[str], language: str) -> str:
        """Joins names with the language's comma."""
        return str(self._entry("language.separator", language) or ", ").join(names)

    def listed(self, names: Sequence[str], language: str, most: int = MOST) -> str:
        """Joins names as in a sentence: "a, b or c"; of many, the first `most` and how many more there are."""
        if len(names) > most:
            labels = self.joined(names[:most], language)
            return self.say("and_more", language, labels=labels, count=len(names) - most)
        if len(names) == 1:
            return names[0]
        return self.say("or", language, labels=self.joined(names[:-1], language), last=names[-1])

    def _entry(self, key: str, language: str) -> Any:
        entry: Any = self.table(language)
        for part in key.split("."):
            entry = entry.get(part) if isinstance(entry, dict) else None
        return entry

    def _shown(self, value: object, language: str) -> object:
        """A number in the language's digits; everything else as it is."""
        digits = self._entry("language.digits", language)
        return str(value).translate(str.maketrans("0123456789", digits)) if digits and isinstance(value, int) else value

    def none_of(self, bundle: Bundle, language: str) -> str:
        """Returns what is said of a photo that is none of a bundle's labels, in the bundle's own words where it has them."""
        words = bundle.answers.get(NONE, {})
        own = words.get(language) or words.get(DEFAULT)
        if own and own.answer:
            return typeset(own.answer, language)
        names = label_names(bundle, language)
        few = self.joined(names, language) if len(names) <= MOST else self.listed(names, language)
        return self.say("none_of", language, labels=few)


def typeset(text: str, language: str) -> str:
    """Keeps percent signs, and French high punctuation, on the line of the word before it."""
    return re.sub(r" (?=[!?:;%»])|(?<=«) " if language == "fr" else " (?=%)", "\N{NO-BREAK SPACE}", text)


@lru_cache(maxsize=100)
def _rule(text: str) -> Callable[[int], int]:
    return c2py(text)


def shortened(text: str, most: int = MAX_NAME) -> str:
    """Cuts a text to that many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def short_name(label: str, bundle: Bundle, language: str) -> str:
    """Returns a label in words, as it stands in lists and on boxes."""
    return shortened(" ".join(bundle.words(label, language).name.split()))


def label_names(bundle: Bundle, language: str) -> list[str]:
    """Returns what the bundle can tell apart, in words."""
    return [short_name(label, bundle, language) for label in bundle.manifest.answers]


def color_of(label: str, bundle: Bundle) -> str:
    """Returns a label's color as #rrggbb: the bundle's, or one that differs from its neighbours'."""
    told = bundle.manifest.answers
    color = bundle.colors.get(label) or (PALETTE[told.index(label) % len(PALETTE)] if label in told else GREY)
    red, green, blue = ImageColor.getrgb(color)[:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def text_color_on(color: str) -> str:
    """Returns black or white as #rgb, whichever has the higher contrast on a color by WCAG 2's formula."""
    shares = (value / 255 for value in ImageColor.getrgb(color)[:3])
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#fff"
