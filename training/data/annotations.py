"""What is known about the photos to measure on: which faces they show, where, and what the right answer is.

Reads class folders, CSV files of boxes and lists of names. Knows nothing of the model.
"""

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from model import NO_FACE
from training.data.layouts import DataError, photos_of

Corners = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the photo as a viewer shows it
SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True)
class KnownFace:
    """The right answer about a face. `box` is None in a class folder, where the label speaks of the meant face, or of
    the whole photo."""

    label: str
    box: Corners | None = None


@dataclass(frozen=True)
class KnownPhoto:
    """A photo with its right answers.

    Attributes:
        file: the photo.
        folder: the data folder it is counted under.
        faces: all of them in a whole photograph, one in a class folder's photo.
        marked: whether the faces have boxes.
    """

    file: Path
    folder: str
    faces: tuple[KnownFace, ...]
    marked: bool = False


def read_photos(
    folders: Sequence[Path],
    labels: Sequence[str],
    boxes: Sequence[Path] = (),
    beginnings: Sequence[str] | None = None,
    skip: Sequence[str] = (),
) -> list[KnownPhoto]:
    """The photos to measure on.

    Args:
        folders: each holds one folder of photos per label or, where a file of `boxes` names photos in it, whole photographs;
            of these, the ones that it does not name are not measured on.
        labels: those of the bundle; a folder named `no_face` holds photos that show nobody.
        boxes: CSV files with the columns photo, left, top, right, bottom, label.
        beginnings: only photos whose file names, alone or after their folder's, begin with one of these are taken; None
            takes all.
        skip: file names to leave out, such as "augmented_*".

    Raises:
        DataError: a folder or file is missing or names what is not known, or nothing is left to measure on.
    """
    marked = read_boxes(boxes)
    names = [folder.resolve().name for folder in folders]
    known: list[KnownPhoto] = []
    for folder, name in zip(folders, names, strict=True):
        known += _photos(folder, name if names.count(name) == 1 else str(folder), marked)
    if unused := sorted(set(marked) - {photo.file.name for photo in known if photo.marked}):
        raise DataError(
            f"{unused[0]} stands in {boxes[0].name} but in none of the folders; name the one that holds it."
        )
    known = [photo for photo in known if _wanted(photo.file, beginnings, skip)]
    if not known:
        raise DataError(f"No photos to measure on in {', '.join(map(str, folders))}: put them in one folder per label.")
    for photo in known:
        for face in photo.faces:
            if face.label not in (*labels, NO_FACE):
                raise DataError(
                    f"{photo.file} is labeled {face.label!r}, which the bundle does not know: it answers {', '.join(labels)}."
                )
    return known


def read_boxes(files: Iterable[Path]) -> dict[str, list[KnownFace]]:
    """Known faces by the name of their photo.

    Raises:
        DataError: a file cannot be read, lacks a column, or a number is none.
    """
    faces: dict[str, list[KnownFace]] = defaultdict(list)
    for file in files:
        for number, row in rows(file, ("photo", *SIDES, "label")):
            faces[row["photo"]].append(KnownFace(row["label"], corners(row, file, number)))
    return faces


def rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows of a CSV file with the number of their line.

    Raises:
        DataError: the file cannot be read, or one of the columns is missing.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, restval="")
            if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
                raise DataError(f"{file} has no column {missing[0]!r}; it needs {', '.join(columns)}.")
            for row in reader:
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} cannot be read as a CSV file: {error}.") from None


def corners(row: Mapping[str, str], file: Path, number: int) -> Corners:
    """The box of a row.

    Raises:
        DataError: a side is no number, or the box is empty.
    """
    try:
        left, top, right, bottom = (round(float(row[side])) for side in SIDES)
    except (ValueError, OverflowError):
        raise DataError(f"{file}, line {number}: left, top, right and bottom must be pixels.") from None
    if left >= right or top >= bottom:
        raise DataError(f"{file}, line {number}: the box is empty; right and bottom come after left and top.")
    return left, top, right, bottom


def read_beginnings(file: Path) -> list[str]:
    """The lines of a file, without empty ones.

    Raises:
        DataError: it cannot be read, or has no lines.
    """
    try:
        lines = [line.strip() for line in os.fsdecode(file.read_bytes()).splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read: {error}.") from None
    if not any(lines):
        raise DataError(f"{file} is empty; write one beginning of a file name per line.")
    return [line for line in lines if line]


def _photos(folder: Path, name: str, marked: Mapping[str, Sequence[KnownFace]]) -> Iterator[KnownPhoto]:
    found = photos_of(folder)
    whole = [file for file, _ in found if file.parent == folder and file.name in marked]
    if whole:
        for file in whole:
            yield KnownPhoto(file, name, tuple(marked[file.name]), marked=True)
        return
    for file, label in found:
        yield KnownPhoto(file, name, (KnownFace(label),))


def _wanted(file: Path, beginnings: Sequence[str] | None, skip: Sequence[str]) -> bool:
    names = file.name, f"{file.parent.name}/{file.name}"
    begins = beginnings is None or any(name.startswith(tuple(beginnings)) for name in names)
    return begins and not any(fnmatch(file.name, pattern) for pattern in skip)
