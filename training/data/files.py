"""Lists the photos below a folder by their content, and counts everything else. Knows nothing of labels."""

import os
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from model.image import is_phone_photo

LEFT_OUT = "left_out"  # where `training.clean` puts what is not to be learned from
HELPER_FOLDERS = {"@eadir", "#recycle", "@recycle", "__macosx", "$recycle.bin", "system volume information"}
HELPER_FILES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "synofile_thumb"}
ENDINGS = {  # of files that are photos, or meant to be: what is wrong with one is found out when it is read
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib"),
    *(".heic", ".heif", ".avif", ".tif", ".tiff", ".svg"),
}
BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")
VIDEOS = {".mov", ".mp4", ".m4v", ".avi", ".mkv", ".3gp", ".webm", ".mts"}
TABLES = {".csv", ".tsv", ".jsonl"}


@dataclass
class Listing:
    """What lies below a folder.

    Attributes:
        photos: files that are photos, or whose names say that they are.
        tables: files that may say what the photos show.
        others: how many other files there are, by what they are.
    """

    photos: list[Path] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def list_files(folder: Path) -> Listing:
    """Looks at every file below a folder, through links too, each folder once."""
    listing, seen = Listing(), set[tuple[int, int]]()
    for place, folders, files in os.walk(folder, followlinks=True):
        about = os.stat(place)
        if (about.st_dev, about.st_ino) in seen:
            folders.clear()
            continue
        seen.add((about.st_dev, about.st_ino))
        kept = []
        for name in sorted(folders):
            if reason := _no_folder(name):
                listing.others[reason] += sum(len(names) for _, _, names in os.walk(Path(place, name)))
            else:
                kept.append(name)
        folders[:] = kept
        for name in sorted(files):
            _sort(Path(place, name), listing)
    return listing


def plain_name(name: str) -> str:
    """A file's or folder's name as people read it.

    Composed (NFC), without spaces at its ends; bytes that are not UTF-8 are read as Windows and older cameras wrote them.
    """
    raw = os.fsencode(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return " ".join(unicodedata.normalize("NFC", text).split())


def _no_folder(name: str) -> str | None:
    if name == LEFT_OUT:
        return f"files in {LEFT_OUT}"
    if name.lower() in HELPER_FOLDERS:
        return "helper files of the system"
    return "files in hidden folders" if name.startswith(".") else None


def _sort(file: Path, listing: Listing) -> None:
    name, ending = file.name.lower(), file.suffix.lower()
    if name.startswith(".") or name in HELPER_FILES:
        listing.others["helper files of the system"] += 1
    elif ending in ENDINGS or is_photo(file):
        listing.photos.append(file)
    elif ending in VIDEOS:
        listing.others["videos"] += 1
    else:
        if ending in TABLES:
            listing.tables.append(file)
        listing.others[f"{plain_name(ending)} files" if ending else "files that are not photos"] += 1


def is_photo(file: Path) -> bool:
    """Whether a file's first bytes are a photo's."""
    try:
        with file.open("rb") as opened:
            start = opened.read(64)
    except OSError:
        return False
    return start.startswith(BEGINNINGS) or (start[:4], start[8:12]) == (b"RIFF", b"WEBP") or is_phone_photo(start)
