"""Reads what photos show from a table beside them: CSV with any separator, or Hugging Face's metadata as JSON lines."""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.errors import DataError
from training.data.files import plain_name

FILE = (
    "file_name",
    "filename",
    "file",
    "image",
    "photo",
    "path",
    "image_path",
    "filepath",
    "image_id",
    "img",
    "name",
    "id",
)
LABEL = ("label", "labels", "class", "category", "target", "class_name", "breed", "species", "tag", "type", "y")
PART = ("split", "part", "set", "subset", "partition")


@dataclass(frozen=True)
class Row:
    """What a table says of a photo; `part` as it calls it, "" where it says nothing."""

    label: str
    part: str


def columns_of(table: Path) -> list[str]:
    """The names of a table's columns; none where it cannot be read."""
    try:
        return [name for name in (_rows(table)[0] if table.stat().st_size else []) if name]
    except (DataError, IndexError):
        return []


def read_labels(tables: Iterable[Path], photos: Sequence[Path]) -> tuple[dict[Path, Row], Counter[str]]:
    """What tables say of photos.

    A row names its photo by a path from the table's folder, by its name, or by its name without the ending.

    Returns:
        The rows by photo, and how many rows or photos were left out, by reason.

    Raises:
        DataError: a table cannot be read, or it is not clear which columns hold the photo and the label.
    """
    by_name: dict[str, list[Path]] = defaultdict(list)
    for photo in photos:
        by_name[plain_name(photo.name).casefold()].append(photo)
        by_name[plain_name(photo.stem).casefold()].append(photo)
    whole = {photo.absolute(): photo for photo in photos}
    rows: dict[Path, set[Row]] = defaultdict(set)
    left_out = Counter[str]()
    for table in tables:
        for name, row in _labeled(table):
            named: Path | None = whole.get((table.parent / name).absolute())
            if named is None and len(same := by_name.get(plain_name(Path(name).name).casefold(), [])) == 1:
                named = same[0]
            if named is None:
                left_out[f"rows of {table.name} without their photo"] += 1
            elif row.label:
                rows[named].add(row)
    several = [photo for photo, said in rows.items() if len({row.label for row in said}) > 1]
    left_out["photos with several labels, of which a bot can answer one"] += len(several)
    left_out["photos without a row"] += len(photos) - len(rows)
    return {photo: next(iter(said)) for photo, said in rows.items() if photo not in set(several)}, +left_out


def _labeled(table: Path) -> list[tuple[str, Row]]:
    head, *rows = _rows(table)
    lower = [name.lower() for name in head]
    file = next((lower.index(name) for name in FILE if name in lower), None)
    label = next((lower.index(name) for name in LABEL if name in lower), None)
    part = next((lower.index(name) for name in PART if name in lower), None)
    if file is not None and label is None and len(head) == 2:
        label = 1 - file
    if file is None and label is not None and len(head) == 2:
        file = 1 - label
    if file is None:
        raise _unclear(table, head, "names the photo", "filename")
    one_hot = [place for place in range(len(head)) if place not in (file, part)]
    if label is None and not (one_hot and all(row[place] in ("0", "1") for row in rows for place in one_hot)):
        raise _unclear(table, head, "is the label", "label")

    def label_of(row: list[str]) -> str:
        if label is not None:
            return plain_name(row[label])
        hot = [head[place] for place in one_hot if row[place] == "1"]
        return plain_name(hot[0]) if len(hot) == 1 else ""

    return [
        (row[file].strip().replace("\\", "/"), Row(label_of(row), row[part].strip() if part is not None else ""))
        for row in rows
        if row[file].strip()
    ]


def _unclear(table: Path, head: Sequence[str], what: str, name: str) -> DataError:
    return DataError(
        f"{table} has the columns {', '.join(head)}, and it is not clear which of them {what}: call that one {name}."
    )


def _rows(table: Path) -> list[list[str]]:
    """The names of the columns, then the rows, all of the same length."""
    try:
        text = _decoded(table.read_bytes())
        if table.suffix.lower() == ".jsonl":
            entries = [json.loads(line) for line in text.splitlines() if line.strip()]
            head = list(dict.fromkeys(name for entry in entries for name in entry))
            return [head, *([str(entry.get(name, "")) for name in head] for entry in entries)]
        first = text.partition("\n")[0]
        separator = max(",;\t|", key=first.count)
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
        head = [name.strip() for name in rows[0]]
        return [head, *((row + [""] * len(head))[: len(head)] for row in rows[1:])]
    except (OSError, csv.Error, ValueError, AttributeError, IndexError) as error:
        raise DataError(f"{table} cannot be read as a table: {error}. Save it as CSV.") from None


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" in data:
            raise
        return data.decode("cp1252", errors="replace")
