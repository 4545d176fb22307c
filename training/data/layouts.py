"""From what a person has to photos with labels: folders, their own split, names, tables, archives. Reads no photo.

A layout that could mean two things is not trained from: the error says what was seen and which option settles it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model import NO_FACE, NONE
from training.data.archives import is_archive, unpacked
from training.data.errors import DataError as DataError
from training.data.files import Listing, list_files, plain_name
from training.data.folders import labels_of_folders, part_named, parts_of, unwrapped
from training.data.tables import columns_of, read_labels

NAMED = r"([^/\d]+?)[ ._(-]*\d[^/]*$"  # names such as cat.0.jpg, cat_12.jpg and cat (3).jpg
CACHE = Path("runs/pictures")


@dataclass
class Found:
    """Photos with their labels.

    Attributes:
        photos: files with their labels.
        parts: "train", "valid" or "test", for each file of a person's own split.
        left_out: how many other files there are, by what they are.
        notes: what else the person should know, in sentences.
        unwanted: how many photos have names on the list to skip.
    """

    photos: list[tuple[Path, str]] = field(default_factory=list)
    parts: dict[Path, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    unwanted: int = 0

    def words(self) -> list[str]:
        """What was left out and what else is to be known, one sentence for each kind."""
        return [*(f"Left out {what}: {count}." for what, count in self.left_out.items()), *self.notes]


def photos_of(folder: Path) -> list[tuple[Path, str]]:
    """Every photo below a folder, with the name of the folder it stands in.

    Raises:
        DataError: the folder does not exist.
    """
    return [(file, plain_name(file.absolute().parent.name)) for file in _listed(folder, CACHE)[1].photos]


def find_photos(
    folders: Iterable[Path],
    label_from: str | None = None,
    tables: Sequence[Path] = (),
    skip: Sequence[str] = (),
    cache: Path = CACHE,
) -> Found:
    """Every photo below the folders, with its label.

    Args:
        folders: of photos, or zip or tar archives of them.
        label_from: regular expression whose first group (or all of it) is the label, searched in the path of each photo
            below the folder, and below `train`, `test` and the like where there is such a split.
        tables: files that say which photo has which label, instead.
        skip: file names to leave out, such as "augmented_*".
        cache: below which archives are unpacked.

    Raises:
        DataError: a folder does not exist, what the labels are is not clear, or there are fewer than two.
    """
    found = Found()
    roots = [_listed(folder, cache) for folder in folders]
    for _, listing in roots:
        wanted = [file for file in listing.photos if not any(file.match(name) for name in skip)]
        found.unwanted += len(listing.photos) - len(wanted)
        listing.photos = wanted
        found.left_out += listing.others
    listings = [listing for _, listing in roots]
    try:
        if tables:
            _by_table(found, tables, [file for listing in listings for file in listing.photos])
        elif label_from:
            for root, listing in roots:
                _by_name(found, root, listing.photos, label_from)
        else:
            _by_folder(found, roots)
        _merge_spellings(found)
        _check(found, listings)
    except DataError as error:
        raise DataError(" ".join([str(error), *found.words()])) from None
    return found


def name_group(file: str | Path, group_by: str) -> str | None:
    """What the regular expression's first group (or all of it) says of a file's name; None where it finds nothing."""
    return _first_group(group_by, Path(file).name)


def _listed(folder: Path, cache: Path) -> tuple[Path, Listing]:
    if is_archive(folder):
        folder = unpacked(folder, cache)
    if not folder.is_dir():
        hint = ", or a zip of one" if folder.is_file() else ""
        raise DataError(f"{folder} is not a folder; name a folder that holds one folder of photos per label{hint}.")
    return folder, list_files(folder)


def _by_folder(found: Found, roots: Sequence[tuple[Path, Listing]]) -> None:
    of_loose: dict[Path, str] = {}
    of_folders: dict[str, Path] = {}
    for root, listing in roots:
        labels, parts, left_out = labels_of_folders(root, listing.photos)
        found.photos += labels.items()
        found.parts |= parts
        found.left_out += left_out
        top = unwrapped(root, listing.photos) if listing.photos else root
        if labels and all(file.parent == top for file in listing.photos):
            of_loose[root] = next(iter(labels.values()))
        else:
            of_folders |= dict.fromkeys((label.casefold() for label in labels.values()), root)
    for root, label in of_loose.items() if of_folders else ():
        if label.casefold() not in {*of_folders, NO_FACE, NONE}:
            other = next(iter(of_folders.values()))
            raise DataError(
                f"Is {label} a label? {root} holds photos and no folders, while {other} holds one folder per label. If it "
                f"is, move {root} into {other}; if it is not, leave out --data {root}."
            )


def _by_table(found: Found, tables: Sequence[Path], photos: Sequence[Path]) -> None:
    rows, left_out = read_labels(tables, photos)
    found.photos += [(file, row.label) for file, row in rows.items()]
    parts = {file: part for file, row in rows.items() if (part := part_named(row.part))}
    if "train" in parts.values() and len(set(parts.values())) > 1:
        found.parts |= parts
    else:  # one table for each part, as the Hugging Face hub has them
        below = {
            file: part for file in rows if (part := next(filter(None, map(part_named, reversed(file.parts[:-1]))), ""))
        }
        if len(set(below.values())) > 1:
            found.parts |= below
    found.left_out += left_out


def _by_name(found: Found, root: Path, photos: Sequence[Path], label_from: str) -> None:
    root = unwrapped(root, photos)
    parts = parts_of(root, photos)
    for file in photos:
        below = file.relative_to(root)
        part = parts.get(below.parts[0]) if len(below.parts) > 1 else None
        path = "/".join(map(plain_name, below.parts[1:] if part else below.parts))
        if label := plain_name(_first_group(label_from, path) or ""):
            found.photos.append((file, label))
            found.parts |= {file: part} if part else {}
        else:
            found.left_out["photos in whose path --label-from finds nothing"] += 1


def _merge_spellings(found: Found) -> None:
    """One label for names that differ only in upper and lower case; single letters may be meant so."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for _, label in found.photos:
        spellings[label.casefold() if len(label) > 1 else label][label] += 1
    names: dict[str, str] = {}
    for counts in spellings.values():
        label = counts.most_common(1)[0][0]
        names |= dict.fromkeys(counts, label)
        if len(counts) > 1:
            written = " and ".join(f"{name!r} ({count})" for name, count in counts.most_common())
            found.notes.append(f"{written} are taken for one label.")
    found.photos = sorted((file, names[label]) for file, label in found.photos)


def _check(found: Found, listings: Sequence[Listing]) -> None:
    labels = sorted({label for _, label in found.photos})
    if len(labels) > 1:
        return
    tables = [table for listing in listings for table in listing.tables]
    photos = [file for listing in listings for file in listing.photos]
    if hint := _hint(tables, photos):
        raise DataError(hint)
    if not found.photos:
        raise DataError("No photos found: put them in one folder per label, such as DIR/cat/1.jpg and DIR/dog/1.jpg.")
    raise DataError(f"All photos have the same label, {labels[0]!r}: at least two folders (labels) are needed.")


def _hint(tables: Sequence[Path], photos: Sequence[Path]) -> str:
    """What else may say the labels, where folders do not, and how to use it."""
    readable = {table: columns for table in tables if len(columns := columns_of(table)) > 1}
    if readable and photos:
        table, columns = next(iter(readable.items()))
        also = " ".join(f"--labels {table}" for table in readable) if len(readable) <= 3 else f"--labels {table}"
        return f"The folders say no labels, but I see {table.name} with the columns {', '.join(columns)}: add {also}."
    names = Counter(_first_group(NAMED, plain_name(file.name)) for file in photos)
    unnamed = names.pop(None, 0)
    if 1 < len(names) <= len(photos) / 2 and unnamed < len(photos) / 2:
        some = ", ".join(f"{name} ({count})" for name, count in names.most_common(3))
        return f"The folders say no labels, but file names begin with {some}: if these are the labels, add --label-from '{NAMED}'."
    return ""


def _first_group(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text)
    return match.group(1 if match.re.groups else 0) if match else None
