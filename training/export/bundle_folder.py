"""Writes a bundle folder as a whole or not at all, and the words that go with it.

Knows nothing of networks.
"""

import json
import os
import secrets
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model.bundle import ANSWERS, MANIFEST, ONNX, PICKLE, SHIPPED
from training.callbacks.stop_signal import sigterm_as_exit

LANGUAGES = ("en", "fr")
HEADER = """\
# What the bot says about each label, one table per language; a new language is a new table.
#   name:   a short phrase, written on boxes and in counts
#   answer: the whole sentence for a photo with one answer; without one, the bot makes a plain sentence of the name
#   color:  of the box
"""


@contextmanager
def staged(out: Path | str) -> Iterator[Path]:
    """A temporary folder beside `out`, whose files take their place in `out` when all went well.

    A new `out` appears by one rename. In an existing one, each file replaces the one of its name, the manifest last;
    a model file of the old bundle that the new one does not have is removed. After any exception, Ctrl-C and SIGTERM
    included, `out` is as it was.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{out} is a file; name a folder for the bundle")
    if (out / "__init__.py").exists():
        raise FileExistsError(f"{out} is a Python package; name another folder for the bundle")
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    folder = out.absolute().parent / f".{out.absolute().name}-{secrets.token_hex(4)}"
    with sigterm_as_exit():
        try:
            folder.mkdir()
            yield folder
            if out.exists():
                _move_into(folder, out)
            else:
                folder.rename(out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def write_answers(folder: Path, labels: Sequence[str], keep: Path, words: Mapping[str, str] | None = None) -> list[str]:
    """Write `answers.toml` into a bundle folder.

    Args:
        folder: where to.
        labels: the bundle's labels.
        keep: a file whose words are kept, if it exists. Labels that it lacks get the words of the shipped bundle and,
            where that has none either, a template to edit.
        words: what to call a label, instead of the label itself.

    Returns:
        What the person should know about a file that was kept, in sentences.
    """
    words = words or {}
    shipped = _tables(SHIPPED / ANSWERS)
    try:
        kept = _tables(keep)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):  # opening the bundle says what is wrong with it
        shutil.copyfile(keep, folder / ANSWERS)
        return []
    missing = [label for label in labels if label not in kept]
    entries = [
        _known_entry(label, shipped[label]) if label in shipped and label not in words else _template(label, words)
        for label in missing
    ]
    start = keep.read_text("utf-8").rstrip("\n") + "\n" if kept else HEADER
    (folder / ANSWERS).write_text("\n".join([start, *entries]), "utf-8")
    return _about_kept(keep, kept, missing, labels, words) if kept else []


def _about_kept(
    keep: Path, kept: dict[str, Any], missing: Sequence[str], labels: Sequence[str], words: Mapping[str, str]
) -> list[str]:
    others = [label for label, entry in kept.items() if isinstance(entry, dict) and label not in labels]
    named = [label for label in words if label in kept]
    said = [f"Kept {keep}, which was there."]
    if missing:
        said.append(f"Added to it: {', '.join(missing)}.")
    if others:
        said.append(f"It also has words for labels that this bundle does not have: {', '.join(others)}.")
    if named:
        said.append(f"--words changes nothing for {', '.join(named)}, which it has words for: edit them there.")
    return said


def _tables(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}


def _move_into(folder: Path, out: Path) -> None:
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    files.sort(key=lambda name: name == Path(MANIFEST))
    gone = [Path(name) for name in (PICKLE, ONNX) if (out / name).is_file() and not (folder / name).is_file()]
    before = folder / f"before-{secrets.token_hex(4)}"
    for name in [*gone, *files]:
        if (out / name).is_file():
            (before / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(out / name, before / name)
    try:
        for name in gone:
            (out / name).unlink()
        for name in files:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / name, out / name)
    except BaseException:
        _put_back(before, out, [*gone, *files], folder)
        raise


def _put_back(before: Path, out: Path, names: Sequence[Path], folder: Path) -> None:
    for name in names:
        if (before / name).is_file():
            os.replace(before / name, out / name)
        elif not (folder / name).is_file():  # it was moved, and there was none before
            (out / name).unlink(missing_ok=True)


def _known_entry(label: str, entry: dict[str, Any]) -> str:
    lines = [f"[{_quoted(label)}]"]
    lines += [f"{key} = {_quoted(value)}" for key, value in entry.items() if isinstance(value, str)]
    for language, words in entry.items():
        if isinstance(words, dict):
            lines += ["", f"[{_quoted(label)}.{_quoted(language)}]"]
            lines += [f"{key} = {_quoted(value)}" for key, value in words.items()]
    return "\n".join(lines) + "\n"


def _template(label: str, words: Mapping[str, str]) -> str:
    name = words.get(label, label.replace("_", " "))
    tables = [
        f"[{_quoted(label)}.{language}]\nname = {_quoted(name)}\n# answer = {_quoted(sentence.format(name))}\n"
        for language, sentence in zip(LANGUAGES, ("This looks like: {}.", "On dirait : {}."), strict=True)
    ]
    return "\n".join(tables)


def _quoted(text: str) -> str:
    """A TOML basic string. JSON's escapes are TOML's; only the delete character needs one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
