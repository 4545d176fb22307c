"""What a person decides about the suspects: marks, kept on disk as they are made, and what is done once they are applied."""

import csv
import io
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from training.callbacks.atomic_write import write_whole
from training.clean.moves import Moves, free
from training.clean.suspects import Suspect
from training.data.files import LEFT_OUT, plain_name
from training.data.layouts import Found

MARKS = "marks.json"  # in the folder of what is left out
TABLE = "labels-cleaned.csv"


class Session:
    """The suspects of a folder, and what is to be done with each.

    Args:
        folder: that is cleaned.
        suspects: of its photos.
        found: all its photos, with their labels.
        label_from: the pattern that finds a photo's label in its path, where labels are not folders.
        by_table: whether labels come from tables.

    Attributes:
        labels: that a photo may have.
        count: of all photos.
        marks: the label that a suspect should have, by its place in the list; None leaves the photo out.
        done: places of the suspects that have been moved or relabeled.
    """

    def __init__(
        self,
        folder: Path,
        suspects: Sequence[Suspect],
        found: Found,
        label_from: str | None = None,
        by_table: bool = False,
    ):
        self.folder, self.suspects = folder, suspects
        self._label_from, self._by_table = label_from, by_table
        self._labels = dict(found.photos)
        self._parts = found.parts
        self.labels, self.count = sorted(set(self._labels.values())), len(found.photos)
        self._folders = {(file.parent.parent, label): file.parent for file, label in found.photos}
        self._moves = Moves(folder)
        self.done: set[int] = set()
        self._file = folder / LEFT_OUT / MARKS
        kept = json.loads(self._file.read_bytes()) if self._file.is_file() else {}
        names = {self.name(suspect.file): place for place, suspect in enumerate(suspects)}
        self.marks: dict[int, str | None] = {
            names[name]: label
            for name, label in kept.items()
            if name in names and (label is None or label in self.labels)
        }

    def name(self, file: Path) -> str:
        """A file's path below the folder."""
        return os.path.relpath(file, self.folder)

    def mark(self, place: int, label: str | None) -> None:
        """Decides what label a suspect should have; its own keeps the photo as it is, None leaves it out."""
        self.marks[place] = label
        self._save()

    def unmark(self, place: int) -> None:
        """Forgets what was decided."""
        self.marks.pop(place, None)
        self._save()

    @property
    def changes(self) -> dict[int, str | None]:
        """The marks that change something."""
        return {place: label for place, label in self.marks.items() if label != self.suspects[place].label}

    def apply(self) -> list[str]:
        """Moves photos as marked; what cannot be moved stays marked.

        Returns:
            What was done and what could not be, in sentences.
        """
        said, relabeled, left_out = [], 0, 0
        table = self._write_table() if self._by_table and self.changes else None
        for place, label in self.changes.items():
            file = self.suspects[place].file
            if not (table and label is not None):
                target = self._target(file, label)
                if target is None:
                    said.append(f"{file.name} cannot be renamed so that --label-from finds {label!r} in its path.")
                    continue
                try:
                    self._moves.move(file, target)
                except OSError as error:
                    said.append(f"{self.name(file)} cannot be moved: {error.strerror}.")
                    continue
            relabeled, left_out = relabeled + (label is not None), left_out + (label is None)
            del self.marks[place]
            self.done.add(place)
        self._save()
        summary = f"Changed the label of {relabeled} and left out {left_out}."
        also = [f"The labels are now in {TABLE}: train with --labels {table}."] if table else []
        return [summary, *also, *said]

    def _save(self) -> None:
        named = {self.name(self.suspects[place].file): label for place, label in self.marks.items()}
        write_whole(self._file, lambda opened: opened.write(json.dumps(named, indent=1).encode()))

    def _target(self, file: Path, label: str | None) -> Path | None:
        if label is None:
            return free(self.folder / LEFT_OUT / self.name(file))
        if self._label_from:
            return renamed(self.folder, file, self._labels[file], label, self._label_from)
        siblings = file.parent.parent
        return free(self._folders.get((siblings, label), siblings / label) / file.name)

    def _write_table(self) -> Path:
        """All photos with the labels they should have, in a new table: the person's own stays as it is."""
        decided = {self.suspects[place].file: label for place, label in self.changes.items()}
        self._labels |= {file: label for file, label in decided.items() if label is not None}
        for file in [file for file, label in decided.items() if label is None]:
            self._labels.pop(file, None)
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["filename", "label", *(["split"] if self._parts else [])])
        for file, label in self._labels.items():
            writer.writerow([self.name(file), label, *([self._parts.get(file, "")] if self._parts else [])])
        table = free(self.folder / TABLE)
        self._moves.note_new(table)
        write_whole(table, lambda opened: opened.write(text.getvalue().encode("utf-8", "surrogateescape")))
        return table


def renamed(folder: Path, file: Path, label: str, new: str, label_from: str) -> Path | None:
    """A free name in which the pattern finds the new label where it found the old one; None where there is none."""
    parts = file.relative_to(folder).parts
    for depth in range(len(parts)):  # the pattern may be meant for the path below `train` and the like
        below = "/".join(parts[depth:])
        match = re.search(label_from, below)
        group = 1 if match and match.re.groups else 0
        if match and match[group] and plain_name(match[group]).casefold() == label.casefold():
            path = below[: match.start(group)] + new + below[match.end(group) :]
            target = free(folder.joinpath(*parts[:depth], path))
            again = re.search(label_from, "/".join(target.relative_to(folder).parts[depth:]))
            return target if again and again[group] == new else None
    return None
