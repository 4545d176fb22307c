"""Writes a bundle folder as a whole or not at all, and the words that go with it.

Knows nothing of networks.
"""

import json
import os
import secrets
import shutil
import tomllib
from collections.abc import Iterator, Sequence
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


def write_answers(folder: Path, labels: Sequence[str], keep: Path) -> None:
    """Write `answers.toml` into a bundle folder.

    Args:
        folder: where to.
        labels: the bundle's labels.
        keep: a file that is taken as it is, if it exists. Else labels get the words of the shipped bundle and, where it
            has none, a template to edit.
    """
    if keep.is_file():
        shutil.copyfile(keep, folder / ANSWERS)
        return
    known = tomllib.loads((SHIPPED / ANSWERS).read_text("utf-8")) if (SHIPPED / ANSWERS).is_file() else {}
    entries = [_known_entry(label, known[label]) if label in known else _template(label) for label in labels]
    (folder / ANSWERS).write_text("\n".join([HEADER, *entries]), "utf-8")


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


def _template(label: str) -> str:
    name = label.replace("_", " ")
    tables = [
        f"[{_quoted(label)}.{language}]\nname = {_quoted(name)}\n# answer = {_quoted(sentence.format(name))}\n"
        for language, sentence in zip(LANGUAGES, ("This looks like: {}.", "On dirait : {}."), strict=True)
    ]
    return "\n".join(tables)


def _quoted(text: str) -> str:
    """A TOML basic string. JSON's escapes are TOML's; only the delete character needs one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
