"""From folders of photos to the samples a network learns from: reads every photo once, and finds copies."""

import hashlib
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import typer

from model import NO_FACE, NONE
from model.bundle import FaceSearch
from model.faces.finder import FaceFinder
from model.image import PhotoError, decode
from training.data.crops import WIDER, Keeper, Known, Sample, face_search
from training.data.duplicates import find_groups, name_pairs, plausible
from training.data.layouts import DataError, Found, find_photos
from training.data.threads import map_in_threads

Photo = tuple[Path, str, Sequence[Known] | None]
TWO_LABELS, TWICE = "the same file stands under two labels", "the same file stands there twice"  # why it is left out


@dataclass
class Collection:
    """What was read.

    Attributes:
        samples: what there is to learn from.
        skipped: why photos were left out, by their files.
        faces: how faces are found, or not.
        unwanted: how many photos were left out by their names.
        found: how many photos were read, or could not be.
        notes: what else the person should know, in sentences.
        listed: the photos with their labels, before they were read.
    """

    samples: list[Sample]
    skipped: dict[str, str]
    faces: FaceSearch
    unwanted: int = 0
    found: int = 0
    notes: tuple[str, ...] = ()
    listed: Found = field(default_factory=Found)

    @property
    def labels(self) -> list[str]:
        return sorted({sample.label for sample in self.samples})

    @property
    def answers(self) -> list[str]:
        """The labels that people are told; see `Manifest.answers`."""
        return [label for label in self.labels if label != (NO_FACE if self.faces.find else NONE)]

    def summary(self) -> dict[str, object]:
        """Counts and the hash of the file list, for the manifest."""
        names = sorted(f"{sample.label}/{Path(sample.picture).name}" for sample in self.samples)
        return {
            "photos": dict(sorted(Counter(sample.label for sample in self.samples).items())),
            "without_a_face_found": sum(not sample.face for sample in self.samples) if self.faces.find else 0,
            "groups": len({sample.group for sample in self.samples}),
            "left_out": {"their names are on the list to skip": self.unwanted} | Counter(self.skipped.values()),
            "sha256_of_list": hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest(),
        }


def collect(
    folders: Sequence[Path],
    size: int | Callable[[bool, int], int],
    cache: Path,
    faces: bool | None = None,
    group_by: str | None = None,
    skip: Sequence[str] = (),
    photographs: Mapping[Path, Sequence[Known]] | None = None,
    label_from: str | None = None,
    tables: Sequence[Path] = (),
    keep_copies: bool = False,
) -> Collection:
    """Read the photos, once.

    Args:
        folders: each holds one folder of photos per label, see `find_photos`; photos of the label `no_face` show nobody,
            those of `none` are whole photos that are none of the other labels.
        size: pixels of the network's input side, or what chooses it, given whether faces are found and how many photos
            there are.
        cache: folder where the small pictures are kept between runs.
        faces: whether faces are found and each is answered; None finds out by looking at some of the photos.
        group_by: regular expression; photos for whose file name it gives the same first group stay together.
        skip: file names to leave out, such as "augmented_*".
        photographs: whole photographs with all their faces, to learn from as well where faces are found.
        label_from, tables: see `find_photos`.
        keep_copies: take photos that look alike for different photos.

    Raises:
        DataError: see `find_photos`; or fewer than two labels have readable photos.
    """
    listed = find_photos(folders, label_from, tables, skip, cache)
    wanted = listed.photos
    if faces is None:
        faces = _show_faces([(file, label) for file, label in wanted if label not in (NO_FACE, NONE)])
    if photographs and not faces:
        raise DataError("Photographs with boxes were given, but whole photos are answered: train with --faces yes.")
    checked = photographs or any(label == NO_FACE for _, label in wanted)
    search = face_search(faces, checked=bool(checked))
    photos: list[Photo] = [(file, label, None) for file, label in wanted]
    photos += [(file, file.parent.name, known) for file, known in (photographs or {}).items()]
    size = size if isinstance(size, int) else size(faces, len(photos))
    folder = cache / hashlib.sha256(f"{size} {WIDER} proportions {search.model_dump_json()}".encode()).hexdigest()[:12]
    keeper = Keeper(folder, size, search)
    samples, skipped = [], {}
    with typer.progressbar(length=len(photos), label="Reading photos", file=sys.stderr) as bar, keeper:
        for photo, result in zip(photos, map_in_threads(lambda photo: keeper.keep(*photo), photos), strict=True):
            bar.update(1)
            if isinstance(result, str):
                skipped[str(photo[0])] = result
            else:
                samples += result
    samples = _without_repeats(samples, skipped)
    if len({sample.label for sample in samples} - {NO_FACE, NONE}) < 2:
        why = ", ".join(f"{count} because {reason}" for reason, count in Counter(skipped.values()).most_common())
        said = " ".join([f"Left out: {why}." if why else "", *listed.words()]).strip()
        raise DataError(f"Fewer than two labels have readable photos; nothing can be learned from that. {said}".strip())
    pairs, note = name_pairs([sample.source for sample in samples], group_by), ""
    if not keep_copies:
        alike, note = plausible([sample.hashes for sample in samples], [sample.label for sample in samples])
        pairs = np.concatenate([pairs, alike])
    groups = find_groups(pairs, len(samples))
    samples = [
        replace(sample, group=group, part=listed.parts.get(Path(sample.source)))
        for sample, group in zip(samples, groups, strict=True)
    ]
    notes = (*listed.words(), *([note] if note else []))
    return Collection(samples, skipped, search, listed.unwanted, len(photos), notes, listed)


def _without_repeats(samples: Sequence[Sample], skipped: dict[str, str]) -> list[Sample]:
    """Each file once; a file that stands under two labels is left out, since one of them is wrong."""
    by_content: dict[str, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    for sample in samples:
        by_content[sample.content][sample.source].append(sample)
    kept = []
    for same in by_content.values():
        if len({frozenset(sample.label for sample in each) for each in same.values()}) > 1:
            skipped.update(dict.fromkeys(same, TWO_LABELS))
            continue
        first, *others = same
        kept += same[first]
        skipped.update(dict.fromkeys(others, TWICE))
    return kept


def _show_faces(photos: Sequence[tuple[Path, str]], looked_at: int = 60) -> bool:
    """Whether at least half of some photos show a face."""
    finder, seen, with_face = FaceFinder(), 0, 0
    for file, _ in random.Random(0).sample(photos, min(looked_at, len(photos))):
        try:
            with_face += bool(finder.find(decode(file.read_bytes()).image))
            seen += 1
        except (PhotoError, OSError):
            continue
    return seen > 0 and with_face >= seen / 2
