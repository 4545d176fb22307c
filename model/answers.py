"""Reads `answers.toml`: what people are told about each label, in each language.

Knows nothing of the rest of the bundle.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import ImageColor


@dataclass(frozen=True)
class Words:
    """What is said about one label in one language: `name` for boxes and counts, `answer` for a photo with one face."""

    name: str
    answer: str | None = None


def read_answers(file: Path) -> tuple[dict[str, dict[str, Words]], dict[str, str], str | None]:
    """Reads the file.

    Returns:
        The words by label and language, the color by label, and the command that asks for an answer in a group; all
        empty where there is no file.

    Raises:
        ValueError: it is not valid; the message names the file and the table.
    """
    if not file.is_file():
        return {}, {}, None
    try:
        entries = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{file} is not valid TOML: {error}") from None
    command = entries.pop("command") if isinstance(entries.get("command"), str) else None
    if command is not None and not re.fullmatch("[a-z0-9_]{1,32}", command):
        raise ValueError(f"{file}: command must be lowercase letters, digits and _, such as 'check'")
    answers: dict[str, dict[str, Words]] = {}
    colors: dict[str, str] = {}
    for label, entry in entries.items():
        if not isinstance(entry, dict):
            raise ValueError(f"{file}: [{label}] must be a table, such as [{label}.en]")
        for key, value in entry.items():
            if key == "color" and _is_color(value):
                colors[label] = value
            elif _are_words(value):
                name = value.get("name", label.replace("_", " "))
                answers.setdefault(label, {})[key] = Words(name, value.get("answer"))
            else:
                raise ValueError(
                    f"{file}: [{label}] {key} must be a color such as '#2e7d32', or a table with name and answer"
                )
    return answers, colors, command


def _are_words(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(text, str) for text in value.values())
        and set(value) <= {"name", "answer"}
    )


def _is_color(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ImageColor.getrgb(value))
    except ValueError:
        return False
