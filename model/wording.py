"""Formats what the bot and the page both say: sentences in each language, names and colors of labels.

Knows nothing of photos, of Telegram or of HTML.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import ImageColor

from model.bundle import NONE, Bundle

MAX_NAME = 40  # characters of a label's name in a list or on a box
PALETTE = ("#0072B2", "#D55E00", "#F0E442", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")  # Okabe and Ito's
DEFAULT = "en"
MOST = 8  # labels in a sentence
GREY = "#6b6b6b"


class Texts:
    """Sentences in several languages.

    Args:
        folder: holds a TOML file for each language, named by its code, such as `fr.toml`.

    Attributes:
        tables: what the files hold, by language.
        languages: their codes; the first one is for everybody who speaks none of them.
    """

    def __init__(self, folder: Path):
        files = {file.stem: file for file in sorted(folder.glob("*.toml"))}
        self.languages = (DEFAULT, *(code for code in files if code != DEFAULT))
        self.tables: dict[str, dict[str, Any]] = {
            code: tomllib.loads(files[code].read_text("utf-8")) for code in self.languages
        }

    def language_of(self, accepted: str | None) -> str:
        """Chooses the language for an `Accept-Language` header such as "fr-CH, fr;q=0.9, en;q=0.8", or for one code."""
        best, language = 0.0, self.languages[0]
        for entry in (accepted or "").lower().split(","):
            tag, _, weight = entry.strip().partition(";")
            given = re.fullmatch(r"\s*q=([01](?:\.\d*)?)\s*", weight)
            quality = float(given[1]) if given else 1.0
            spoken = tag.partition("-")[0]
            if spoken in self.languages and quality > best:
                best, language = quality, spoken
        return language

    def say(self, key: str, language: str, **values: object) -> str:
        """Returns a sentence.

        Args:
            key: its entry in the files, such as "no_face" or "photo_error.empty".
            language: one of `languages`.
            values: fill its braces; `count` chooses the singular or plural where the entry has both.
        """
        entry: Any = self.tables[language]
        for part in key.split("."):
            entry = entry[part]
        if not isinstance(entry, str):
            entry = entry["one" if values["count"] == 1 else "other"]
        return typeset(entry, language).format(**values)

    def listed(self, names: Sequence[str], language: str, most: int = MOST) -> str:
        """Joins names as in a sentence: "a, b or c"; of many, the first `most` and how many more there are."""
        if len(names) > most:
            return self.say("and_more", language, labels=", ".join(names[:most]), count=len(names) - most)
        if len(names) == 1:
            return names[0]
        return self.say("or", language, labels=", ".join(names[:-1]), last=names[-1])

    def none_of(self, bundle: Bundle, language: str) -> str:
        """Returns what is said of a photo that is none of a bundle's labels, in the bundle's own words where it has them."""
        words = bundle.answers.get(NONE, {})
        own = words.get(language) or words.get(DEFAULT)
        if own and own.answer:
            return typeset(own.answer, language)
        names = label_names(bundle, language)
        few = ", ".join(names) if len(names) <= MOST else self.listed(names, language)
        return self.say("none_of", language, labels=few)


def typeset(text: str, language: str) -> str:
    """Keeps French high punctuation on the line of the word before it."""
    return re.sub(r" (?=[!?:;%»])|(?<=«) ", "\N{NO-BREAK SPACE}", text) if language == "fr" else text


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
