"""What the names of folders say of the photos in them: labels, and a person's own split. Knows paths only."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from training.data.errors import DataError
from training.data.files import plain_name

PARTS = {  # what people call the folders of a data set that comes split
    "train": ("train", "training"),
    "valid": ("valid", "val", "validation", "dev", "eval"),
    "test": ("test", "testing"),
}
MORE = r"(?:[ ._-]*(?:set|data|images|imgs|photos|pictures))?[ ._-]*\d*"  # that may follow such a name
NO_LABELS = {
    *("image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pics", "data", "dataset", "files"),
    *("label", "labels", "annotation", "annotations", "new folder", "untitled folder"),
}
FIRST_FOLDER, FOLDER_OF_PHOTO = "^([^/]+)/", "([^/]+)/[^/]+$"  # for --label-from

Labels = dict[Path, str]


def part_named(name: str) -> str | None:
    """The part that a folder's or a table's name says: "train", "valid" or "test"."""
    names = ((part, other) for part, others in PARTS.items() for other in others)
    return next((part for part, other in names if re.fullmatch(other + MORE, name.lower())), None)


def unwrapped(root: Path, photos: Sequence[Path]) -> Path:
    """The folder below which paths begin to differ, since archives and people wrap folders in folders."""
    while True:
        below = {file.relative_to(root).parts[:-2][:1] for file in photos}
        if len(below) != 1 or not (name := below.pop()):
            return root
        root /= name[0]


def parts_of(root: Path, photos: Iterable[Path]) -> dict[str, str]:
    """The part that each folder in `root` is, where that comes split: for training and for something else."""
    names = {file.relative_to(root).parts[0] for file in photos if file.parent != root}
    parts = {name: part for name in names if (part := part_named(plain_name(name)))}
    return parts if "train" in parts.values() and len(set(parts.values())) > 1 else {}


def labels_of_folders(root: Path, photos: Sequence[Path]) -> tuple[Labels, dict[Path, str], Counter[str]]:
    """The labels and the parts of photos, and how many were left out, by reason.

    Raises:
        DataError: the folders could mean several things.
    """
    if not photos:
        return {}, {}, Counter()
    root = unwrapped(root, photos)
    parts = parts_of(root, photos)
    if not parts:
        labels, left_out = _labels_below(root, photos)
        return labels, {}, left_out
    by_name: dict[str, list[Path]] = defaultdict(list)
    for file in photos:
        by_name[file.relative_to(root).parts[0]].append(file)
    labels, left_out, of_parts = Labels(), Counter[str](), dict[Path, str]()
    for name, files in sorted(by_name.items(), key=lambda pair: parts.get(pair[0]) != "train"):
        part = parts.get(name)
        if part is None:
            left_out[f"photos beside {', '.join(sorted(parts))}"] += len(files)
            continue
        below = unwrapped(root / name, files)
        if all(file.parent == below for file in files):
            left_out[f"photos in {name}, which stand in no label's folder"] += len(files)
            continue
        found, others = _labels_below(below, files)
        left_out += others
        known = {label.casefold() for file, label in labels.items() if of_parts[file] == "train"}
        for file, label in found.items():
            if part != "train" and label.casefold() not in known:
                left_out[f"photos in {name}/{label}, a label that is not trained on"] += 1
            else:
                labels[file], of_parts[file] = label, part
    if "train" not in of_parts.values():
        return {}, {}, left_out
    return labels, of_parts if len(set(of_parts.values())) > 1 else {}, left_out


def _labels_below(root: Path, photos: Sequence[Path]) -> tuple[Labels, Counter[str]]:
    """One folder per label in `root`; or no folder at all, where its own name is the label."""
    loose = [file for file in photos if file.parent == root]
    if len(loose) == len(photos):
        return dict.fromkeys(photos, plain_name(root.absolute().name)), Counter()
    inside = [file for file in photos if file.parent != root]
    _check_depth(root, inside)
    labels = {file: plain_name(file.parent.name) for file in inside}
    names = sorted(set(labels.values()))
    odd = [name for name in names if name.lower() in NO_LABELS or part_named(name)]
    if odd and len(names) > 1:
        raise DataError(
            f"Are {', '.join(odd)} labels? {root} holds the folders {some_of(names)}. If they are, add --label-from "
            f"'{FOLDER_OF_PHOTO}'; to leave a folder out, add --skip '{odd[0]}/*'."
        )
    return labels, Counter({f"photos that lie in {root} itself, not in a label's folder": len(loose)} if loose else {})


def _check_depth(root: Path, photos: Sequence[Path]) -> None:
    deep = [file for file in photos if len(file.relative_to(root).parts) > 2]
    if not deep:
        return
    settle = (
        f"If the label is {{}}, add --label-from '{FIRST_FOLDER}'; if it is {{}}, add --label-from '{FOLDER_OF_PHOTO}'."
    )
    first = sorted({plain_name(file.relative_to(root).parts[0]) for file in photos})
    last = sorted({plain_name(file.parent.name) for file in photos})
    if len(deep) == len(photos):
        seen = f"Below {some_of(first)} stand the folders {some_of(last)}, so either could be the labels."
        raise DataError(f"{seen} {settle.format(some_of(first, 2), some_of(last, 2))}")
    shallow = next(file for file in photos if file not in set(deep))
    seen = f"Photos stand at different depths, such as {shallow.relative_to(root)} and {deep[0].relative_to(root)}."
    raise DataError(f"{seen} {settle.format('the first folder', 'the folder of each photo')}")


def some_of(names: Sequence[str], most: int = 4) -> str:
    """The first of the names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
