"""Photos in folders: which there are, what their folders and names say. Reads no photo."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from fastai.data.transforms import get_image_files, parent_label

PARTS = {  # what people call the folders of a data set that comes split
    "train": ("train", "training"),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test", "testing"),
}


class DataError(ValueError):
    """Photos that cannot be trained from or measured on; the message says what is wrong and what to do."""


def photos_of(folder: Path) -> list[tuple[Path, str]]:
    """Every image file below a folder, with the name of the folder it stands in.

    Raises:
        DataError: the folder does not exist.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; name a folder that holds one folder of photos per label.")
    return [(Path(file), parent_label(file)) for file in sorted(get_image_files(folder))]


def find_photos(folders: Iterable[Path]) -> list[tuple[Path, str]]:
    """Every image file below the folders, with the name of the folder it stands in as its label.

    Raises:
        DataError: a folder does not exist, or there are fewer than two labels.
    """
    photos = [photo for folder in folders for photo in photos_of(folder)]
    if not photos:
        raise DataError("No photos found: put them in one folder per label, such as DIR/cat/1.jpg and DIR/dog/1.jpg.")
    labels = sorted({label for _, label in photos})
    if len(labels) < 2:
        raise DataError(f"All photos have the same label, {labels[0]!r}: at least two folders (labels) are needed.")
    return photos


def name_group(file: str | Path, group_by: str) -> str | None:
    """What the regular expression's first group (or all of it) says of a file's name; None where it finds nothing."""
    match = re.search(group_by, Path(file).name)
    return match.group(1 if match.re.groups else 0) if match else None


def part_of(file: Path, folders: Iterable[Path]) -> str | None:
    """In which part of a person's own split a photo stands, "train", "valid" or "test"; None where there is no split.

    A folder comes split where it holds a folder for training and one for validation or test, with the labels below these.
    """
    folder = next(folder for folder in folders if file.is_relative_to(folder))
    below = file.relative_to(folder).parts
    return _parts(folder).get(below[0]) if len(below) > 2 else None


@cache
def _parts(folder: Path) -> dict[str, str]:
    """The part that each subfolder is, of a folder that comes split."""
    subfolders = [entry.name for entry in folder.iterdir() if entry.is_dir()]
    parts = {name: part for name in subfolders for part, names in PARTS.items() if name.lower() in names}
    return parts if "train" in parts.values() and len(set(parts.values())) > 1 else {}
