"""`python -m training.feedback EXPORT_DIR --out DIR`: from the chat of photos that people gave the bot to class folders.

The chat is that of the bot's `OPERATOR_CHAT_ID`, exported by Telegram Desktop as JSON. A photo counts if a line of its
caption is `label: ` and a label. An export is a stranger's file: no path in it leads out of it, no label out of DIR.
"""

import hashlib
import json
import os
import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from model.image import decode

EXPORTED, PAGE = "result.json", "messages*.html"
LABEL = re.compile(r"^label:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
FOLDER = re.compile(r"[^./\\\0-\x1f][^/\\\0-\x1f]{0,99}")  # the name of one folder, which is not hidden
SUFFIXES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp", b"GIF8": ".gif", b"BM": ".bmp"}
HOW = (
    "In Telegram Desktop, open the chat, choose Export chat history in its menu, tick Photos, and choose the format "
    "Machine-readable JSON."
)


class ExportError(ValueError):
    """An export that cannot be read; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Given:
    """One photo that somebody gave: where the export says it is, and its label."""

    path: str
    label: str


def main(
    export: Annotated[Path, typer.Argument(metavar="EXPORT_DIR", help="The folder that Telegram Desktop exported to.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to: each photo goes to DIR/LABEL.")],
) -> None:
    """Sort the photos that people donated to the bot into one folder per label, for python -m training --data DIR."""
    try:
        kept, left_out = sort(export, list(given(export)), out)
    except (ExportError, OSError) as error:
        sys.exit(f"Error: {error}")
    for path, reason in left_out:
        print(f"left out: {path}: {reason}")
    counts = ", ".join(f"{label} {count}" for label, count in sorted(kept.items()))
    print(f"{kept.total()} new photos in {out}{': ' + counts if counts else ''}; {len(left_out)} left out.")


def given(export: Path) -> Iterator[Given]:
    """The labeled photos of an export, oldest first; of one chat, or of a whole account.

    Raises:
        ExportError: it is no export, or one that programs cannot read.
    """
    for message in _messages(export):
        if not isinstance(message, dict):
            continue
        path = message.get("photo") or message.get("file")
        match = LABEL.search(_plain(message.get("text")))
        if isinstance(path, str) and match:
            yield Given(path, match[1])


def sort(export: Path, photos: list[Given], out: Path) -> tuple[Counter[str], list[tuple[str, str]]]:
    """Copy each photo into the folder of its label, under a name that its content gives it.

    Returns:
        How many photos are new, by label; and which were left out, with the reason.

    Raises:
        ExportError: there is no photo with a label.
        OSError: a folder cannot be written to.
    """
    if not photos:
        raise ExportError(f"{export} holds no photo with a label. Is it the export of the chat of OPERATOR_CHAT_ID?")
    left_out: list[tuple[str, str]] = []
    found: dict[str, list[tuple[Given, Path]]] = defaultdict(list)
    for photo in photos:
        try:
            file, name = _checked(export, photo)
        except (ValueError, OSError) as error:
            left_out.append((photo.path, _reason(error)))
        else:
            found[name].append((photo, file))
    kept: Counter[str] = Counter()
    there = {file.name for file in out.glob("*/given-*")}
    for name, same in found.items():
        (first, file), *others = same
        if len({photo.label for photo, _ in same}) > 1:
            left_out += [(photo.path, f"given with several labels, here {photo.label!r}") for photo, _ in same]
            continue
        left_out += [(photo.path, f"the same photo as {first.path}") for photo, _ in others]
        if name in there:
            left_out.append((first.path, f"is in {out} already"))
            continue
        _copy(file, out / first.label / name)
        kept[first.label] += 1
    return kept, left_out


def _messages(export: Path) -> list[Any]:
    file = export / EXPORTED
    if not file.is_file():
        if any(export.glob(PAGE)):
            raise ExportError(f"{export} is an export as web pages, which people read. {HOW}")
        raise ExportError(f"{export} holds no {EXPORTED}, so it is not an export. {HOW}")
    try:
        content = json.loads(file.read_bytes())
        if "messages" in content:
            return list(content["messages"])
        return [message for chat in content["chats"]["list"] for message in chat["messages"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ExportError(f"{file} is damaged, or not Telegram's. {HOW}") from None


def _plain(text: Any) -> str:
    """A text of an export: a string, or pieces of which the formatted ones are objects."""
    pieces = text if isinstance(text, list) else [text]
    return "".join(str(piece.get("text", "") if isinstance(piece, dict) else piece or "") for piece in pieces)


def _checked(export: Path, photo: Given) -> tuple[Path, str]:
    """The photo's file, which was opened to see that it can be, and the name that its content gives it."""
    if photo.path.startswith("("):  # where Telegram Desktop puts its reason
        raise ExportError("was not exported: tick Photos, and raise the size limit")
    if not FOLDER.fullmatch(photo.label):
        raise ExportError(f"{photo.label[:50]!r} cannot be the name of a folder")
    file = (export / photo.path).resolve()
    if not file.is_relative_to(export.resolve()):
        raise ExportError("lies outside the export")
    if not file.is_file():
        raise ExportError("is not there")
    data = file.read_bytes()
    decode(data)
    suffix = next(suffix for beginning, suffix in SUFFIXES.items() if data.startswith(beginning))
    return file, f"given-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        shutil.copyfile(file, part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    return str(error).split("; ")[0]


if __name__ == "__main__":
    typer.run(main)
