"""Unpacks a zip or tar of photos, as a stranger may have made it: nothing leaves the folder, and there is a limit."""

import hashlib
import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from training.data.errors import DataError

MOST_BYTES = 20 * 2**30  # that an archive unpacks to
MOST_FILES = 1_000_000
PIECE = 2**20  # bytes


def is_archive(file: Path) -> bool:
    return file.is_file() and (zipfile.is_zipfile(file) or tarfile.is_tarfile(file))


def unpacked(file: Path, cache: Path, most_bytes: int = MOST_BYTES) -> Path:
    """The folder with an archive's files, unpacked below `cache` the first time.

    Raises:
        DataError: the archive is damaged, needs a password, holds a path outside of it, or unpacks to too much.
    """
    about = file.stat()
    key = hashlib.sha256(os.fsencode(file.resolve()) + f"{about.st_size} {about.st_mtime_ns}".encode()).hexdigest()[:12]
    folder = cache / "unpacked" / f"{file.name.partition('.')[0][:60]}-{key}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        try:
            if zipfile.is_zipfile(file):
                _unzip(file, Path(place), most_bytes)
            else:
                _untar(file, Path(place), most_bytes)
        except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError) as error:
            password = "password" in str(error)
            what = "needs a password" if password else "is damaged, or packed in a way that cannot be read here"
            raise DataError(f"{file} {what}: unpack it yourself, and name the folder.") from None
        ready = folder.with_suffix(".part")
        shutil.rmtree(ready, ignore_errors=True)
        shutil.copytree(place, ready, copy_function=shutil.move)
        ready.rename(folder)
    return folder


def _unzip(file: Path, place: Path, most_bytes: int) -> None:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _check_sizes(file, [member.file_size for member in members], most_bytes)
        left = most_bytes
        for member in members:
            target = _inside(file, _name(member), place)
            if stat.S_ISLNK(member.external_attr >> 16):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as opened:
                while piece := source.read(PIECE):
                    left -= len(piece)
                    if left < 0:  # its table of contents lied
                        raise _too_large(file, most_bytes)
                    opened.write(piece)


def _untar(file: Path, place: Path, most_bytes: int) -> None:
    with tarfile.open(file) as archive:
        members = [member for member in archive if member.isfile()]
        _check_sizes(file, [member.size for member in members], most_bytes)
        for member in members:
            _inside(file, member.name, place)
        archive.extractall(place, members, filter="data")


def _check_sizes(file: Path, sizes: list[int], most_bytes: int) -> None:
    if sum(sizes) > most_bytes or len(sizes) > MOST_FILES:
        raise _too_large(file, most_bytes)


def _too_large(file: Path, most_bytes: int) -> DataError:
    limit = f"{most_bytes / 2**30:.0f} GB or {MOST_FILES:,} files"
    return DataError(f"{file} unpacks to more than {limit}: unpack it yourself, and name the folder.")


def _inside(file: Path, name: str, place: Path) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise DataError(f"{file} holds a path that leads out of it, {name!r}: it is not opened.")
    return place / path


def _name(member: zipfile.ZipInfo) -> str:
    """Its name; one without the flag for UTF-8 is mostly UTF-8 all the same, and Python read it as CP437."""
    name = member.filename.replace("\\", "/")
    if member.flag_bits & 0x800:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name
