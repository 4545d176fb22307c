"""Photos in folders: which there are, what their folders and names say. Reads no photo."""

import re
from collections.abc import Iterable
from pathlib import Path

from fastai.data.transforms import get_image_files, parent_label


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
