"""The bot's sentences, in every language of `texts.toml`.

Knows nothing of Telegram, of photos or of labels.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))
LANGUAGES: tuple[str, ...] = tuple(TABLE["start"])  # the first one is for everybody else


def language_of(code: str | None) -> str:
    """The language to answer in, for a Telegram `language_code` such as "fr" or "fr-CA"."""
    spoken = (code or "").lower().partition("-")[0]
    return spoken if spoken in LANGUAGES else LANGUAGES[0]


def say(key: str, language: str, **values: object) -> str:
    """A sentence.

    Args:
        key: its entry in `texts.toml`, such as "no_face" or "photo_error.empty".
        language: one of `LANGUAGES`.
        values: what fills its braces; `count` chooses the singular or plural where the entry has both.
    """
    entry = TABLE
    for part in key.split("."):
        entry = entry[part]
    if "one" in entry:
        entry = entry["one" if values["count"] == 1 else "other"]
    text: str = entry[language]
    return typeset(text, language).format(**values)


def listed(names: Sequence[str], language: str, most: int = 8) -> str:
    """Names as a list in a sentence: "a, b or c"; the first `most` of many, and how many more there are."""
    if len(names) > most:
        return say("and_more", language, labels=", ".join(names[:most]), count=len(names) - most)
    if len(names) == 1:
        return names[0]
    return say("or", language, labels=", ".join(names[:-1]), last=names[-1])


def typeset(text: str, language: str) -> str:
    """French keeps its high punctuation on the line of the word before it."""
    return re.sub(r" (?=[!?:;%])", "\N{NO-BREAK SPACE}", text) if language == "fr" else text
