"""The page's sentences, in every language of `texts.toml`.

Knows nothing of photos or of labels.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))
LANGUAGES: tuple[str, ...] = tuple(TABLE["title"])  # the first one is for everybody else


def language_of(accepted: str) -> str:
    """The language to answer in, for an `Accept-Language` header such as "fr-CH, fr;q=0.9, en;q=0.8"."""
    best, language = 0.0, LANGUAGES[0]
    for entry in accepted.lower().split(","):
        tag, _, weight = entry.strip().partition(";")
        given = re.fullmatch(r"\s*q=([01](?:\.\d*)?)\s*", weight)
        quality = float(given[1]) if given else 1.0
        spoken = tag.partition("-")[0]
        if spoken in LANGUAGES and quality > best:
            best, language = quality, spoken
    return language


def say(key: str, language: str, **values: object) -> str:
    """A sentence.

    Args:
        key: its entry in `texts.toml`, such as "no_face" or "problem.empty".
        language: one of `LANGUAGES`.
        values: what fills its braces.
    """
    entry = TABLE
    for part in key.split("."):
        entry = entry[part]
    text: str = entry[language]
    return typeset(text, language).format(**values)


def listed(names: Sequence[str], language: str, most: int = 8) -> str:
    """Names as a list in a sentence: "a, b or c"; the first `most` of many, and how many more there are."""
    if len(names) > most:
        return say("and_more", language, labels=", ".join(names[:most]), count=len(names) - most)
    return say("or", language, labels=", ".join(names[:-1]), last=names[-1])


def typeset(text: str, language: str) -> str:
    """French keeps its high punctuation on the line of the word before it."""
    return re.sub(r" (?=[!?:;%»])|(?<=«) ", "\N{NO-BREAK SPACE}", text) if language == "fr" else text
