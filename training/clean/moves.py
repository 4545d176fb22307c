"""Moves photos within a folder, writes down each move before it is made, and takes all of them back.

A move that was written down but not made, because the program was killed between the two, is known by the file still being
where it was. Nothing is deleted, and nothing is overwritten.
"""

import errno
import filecmp
import json
import os
import shutil
from pathlib import Path

from training.data.files import LEFT_OUT

LOG = "moves.jsonl"  # in the folder of what is left out


def free(place: Path) -> Path:
    """This name, or the first like it that no file has."""
    number, name = 2, place
    while os.path.lexists(name):
        name = place.with_name(f"{place.stem}-{number}{place.suffix}")
        number += 1
    return name


class Moves:
    """The moves made in a folder.

    Args:
        folder: below which files are moved.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self.log = folder / LEFT_OUT / LOG

    def move(self, file: Path, place: Path) -> None:
        """Moves a file to a name that no file has.

        Raises:
            OSError: it cannot be moved; it is where it was.
        """
        self._note(file, place)
        _move(file, place)

    def note_new(self, file: Path) -> None:
        """Notes a file that is about to be written, so that taking everything back puts it aside."""
        self._note(None, file)

    def undo(self) -> tuple[int, list[str]]:
        """Takes back every move, the last one first.

        Returns:
            How many files were moved back, and in sentences, which could not be.

        Raises:
            OSError: a file cannot be moved; what was taken back so far stays so, and the rest can be tried again.
        """
        made, problems = 0, []
        while (entry := self._last()) is not None:
            start, before, after = entry
            back = before or free(self._folder / LEFT_OUT / after.name)
            if os.path.lexists(after) and not os.path.lexists(back):
                _move(after, back)
                made += 1
            elif os.path.lexists(after) and _same(after, back):
                after.unlink()  # a move to another disk was cut short: there are two of the same
                made += 1
            elif os.path.lexists(after):
                problems.append(f"{after} stays where it is, since there is another {back}.")
            elif before and not os.path.lexists(before):
                problems.append(f"{after} is not there any more, so it cannot be put back as {before}.")
            os.truncate(self.log, start)
        self.log.unlink(missing_ok=True)
        return made, problems

    def _last(self) -> tuple[int, Path | None, Path] | None:
        """The last move written down, and where in the log it stands; a line cut short was never acted on."""
        data = self.log.read_bytes() if self.log.is_file() else b""
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            return None
        start = whole.rfind(b"\n", 0, len(whole) - 1) + 1
        entry = json.loads(whole[start:])
        return start, self._folder / entry["from"] if entry["from"] else None, self._folder / entry["to"]

    def _note(self, before: Path | None, after: Path) -> None:
        names = [file and os.path.relpath(file, self._folder) for file in (before, after)]
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            if log.tell() and not self.log.read_bytes().endswith(b"\n"):
                log.truncate(self.log.read_bytes().rfind(b"\n") + 1)
            log.write(json.dumps(dict(zip(("from", "to"), names, strict=True))).encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())


def _move(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if file.is_symlink() and not os.path.isabs(target := os.readlink(file)):  # it leads elsewhere from another folder
        place.symlink_to(os.path.relpath(file.parent.resolve() / target, place.parent.resolve()))
        file.unlink()
        return
    try:
        file.rename(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = place.with_name(f".{place.name}.part")
        shutil.copy2(file, part)
        part.rename(place)
        file.unlink()


def _same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
