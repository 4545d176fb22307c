"""From class folders to the pictures a network learns from.

Reads every photo once, cuts the face out (with the function that serving uses) or shrinks the whole photo, and keeps
the small result, so that later epochs and later runs decode only that. Finds copies, so that no copy of a held-out
photo is trained on.
"""

import hashlib
import json
import os
import random
import re
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import typer
from fastai.data.transforms import get_image_files, parent_label
from imagehash import phash
from PIL import Image

from model.bundle import FaceSearch
from model.faces import Box, FaceFinder, cut
from model.photo import Photo, PhotoError, decode

WIDER = 1.43  # kept pictures show more around the square that serving cuts, so that training can move and turn it
TURNS = tuple(range(-30, 31, 5))  # degrees in which a copy may be turned and still be recognized
ALIKE = 60  # of 256 bits: perceptual hashes that differ in at most so many are copies of one photo


class DataError(ValueError):
    """Folders that cannot be trained from; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Sample:
    """One picture to learn from.

    Attributes:
        source: the photo it was made of.
        label: the name of the photo's folder.
        picture: the small file that training reads.
        face: whether a face was found; without one, the whole photo was taken for the face.
        hashes: perceptual hashes of the picture turned by each of `TURNS`, as bits in hexadecimal.
        group: samples of one group stay on one side of the split.
    """

    source: str
    label: str
    picture: str
    face: bool
    hashes: tuple[str, ...] = field(repr=False)
    group: int = -1


@dataclass
class Collection:
    """What was read: the samples, which files were left out and why, how faces are found (or not), and how many files
    were left out by their names."""

    samples: list[Sample]
    skipped: dict[str, str]
    faces: FaceSearch
    unwanted: int = 0

    @property
    def labels(self) -> list[str]:
        return sorted({sample.label for sample in self.samples})

    def summary(self) -> dict[str, object]:
        """Counts and the hash of the file list, for the manifest."""
        names = sorted(f"{sample.label}/{Path(sample.picture).name}" for sample in self.samples)
        return {
            "photos": dict(sorted(Counter(sample.label for sample in self.samples).items())),
            "without_a_face_found": sum(not sample.face for sample in self.samples) if self.faces.find else 0,
            "groups": len({sample.group for sample in self.samples}),
            "left_out": {"their names are on the list to skip": self.unwanted} | Counter(self.skipped.values()),
            "sha256_of_list": hashlib.sha256("\n".join(names).encode()).hexdigest(),
        }


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


def collect(
    folders: Sequence[Path],
    size: int,
    cache: Path,
    faces: FaceSearch | None = None,
    group_by: str | None = None,
    skip: Sequence[str] = (),
) -> Collection:
    """Read the photos of class folders, once.

    Args:
        folders: each holds one folder of photos per label.
        size: pixels of the network's input side.
        cache: folder where the small pictures are kept between runs.
        faces: how faces are found; None finds out by looking at some of the photos.
        group_by: regular expression; photos for whose file name it gives the same first group stay together.
        skip: file names to leave out, such as "augmented_*".

    Raises:
        DataError: see `find_photos`; or fewer than two labels have readable photos.
    """
    photos = find_photos(folders)
    wanted = [(file, label) for file, label in photos if not any(file.match(name) for name in skip)]
    photos, unwanted = wanted, len(photos) - len(wanted)
    faces = faces or _look_for_faces(photos)
    folder = cache / hashlib.sha256(f"{size} {WIDER} {faces.model_dump_json()}".encode()).hexdigest()[:12]
    keeper = _Keeper(folder, size, faces)
    with typer.progressbar(length=len(photos), label="Reading photos", file=sys.stderr) as bar, keeper:
        read = {}
        for photo, result in zip(photos, _in_threads(keeper.keep, photos), strict=True):
            read[photo] = result
            bar.update(1)
    samples, skipped = [], {}
    for (file, _), result in read.items():
        if isinstance(result, Sample):
            samples.append(result)
        else:
            skipped[str(file)] = result
    samples = _without_repeats(samples, skipped)
    if len({sample.label for sample in samples}) < 2:
        raise DataError("Fewer than two labels have readable photos; nothing can be learned from that.")
    return Collection(grouped(samples, group_by), skipped, faces, unwanted)


def split(
    samples: Sequence[Sample], valid_pct: float, seed: int, hold_out: Callable[[Sample], bool] | None = None
) -> tuple[list[int], list[int]]:
    """Indices for training and for validation; each label gives its share, and groups stay whole.

    Args:
        samples: with their groups.
        valid_pct: share of each label to hold out, 0 to 1.
        seed: of the random choice.
        hold_out: samples that are held out, with their whole group, whatever the share.

    Raises:
        DataError: a label has too few groups for both sides.
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        groups[sample.group].append(index)
    wanted = {label: count * valid_pct for label, count in Counter(sample.label for sample in samples).items()}
    held = Counter[str]()
    train, valid = [], []
    order = sorted(groups.values())
    random.Random(seed).shuffle(order)
    if hold_out:  # first, so that they count towards the share
        order.sort(key=lambda members: not any(hold_out(samples[index]) for index in members))
    for members in order:
        rarest = min((samples[index].label for index in members), key=lambda label: wanted[label])
        forced = hold_out is not None and any(hold_out(samples[index]) for index in members)
        if forced or held[rarest] + 0.5 * len(members) <= wanted[rarest]:
            valid += members
            held.update(samples[index].label for index in members)
        else:
            train += members
    for label in wanted:
        if not held[label] or all(samples[index].label != label for index in train):
            raise DataError(f"Too few different photos of {label!r} to train on some and hold others out: add more.")
    return sorted(train), sorted(valid)


def grouped(samples: Sequence[Sample], group_by: str | None = None) -> list[Sample]:
    """The samples with `group` set: copies of each other, and files that `group_by` puts together, share one."""
    parent = list(range(len(samples)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for one, other in _copies(samples):
        parent[root(one)] = root(other)
    if group_by:
        first: dict[str, int] = {}
        for index, sample in enumerate(samples):
            if key := name_group(sample.source, group_by):
                parent[root(index)] = root(first.setdefault(key, index))
    return [Sample(**{**asdict(sample), "group": root(index)}) for index, sample in enumerate(samples)]


def name_group(file: str | Path, group_by: str) -> str | None:
    """What the regular expression's first group (or all of it) says of a file's name; None where it finds nothing."""
    match = re.search(group_by, Path(file).name)
    return match.group(1 if match.re.groups else 0) if match else None


def _copies(samples: Sequence[Sample]) -> Iterable[tuple[int, int]]:
    """Pairs of samples that show the same photo, turned by up to 30 degrees, blurred, noised or scaled."""
    turned = np.array([[list(bytes.fromhex(bits)) for bits in sample.hashes] for sample in samples], dtype=np.uint8)
    words = turned.reshape(len(samples), len(TURNS), -1).view(np.uint64)
    straight = words[:, TURNS.index(0)]
    for index in range(len(samples) - 1):
        rest = straight[index + 1 :]
        distance = np.full(len(rest), 256, dtype=np.uint16)
        for turn in words[index]:
            distance = np.minimum(distance, np.bitwise_count(rest ^ turn).sum(axis=1, dtype=np.uint16))
        for other in np.flatnonzero(distance <= ALIKE):
            yield index, index + 1 + int(other)


def _without_repeats(samples: Sequence[Sample], skipped: dict[str, str]) -> list[Sample]:
    """Each file once; a file that stands under two labels is left out, since one of them is wrong."""
    by_content: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_content[Path(sample.picture).stem].append(sample)
    kept = []
    for same in by_content.values():
        if len({sample.label for sample in same}) > 1:
            skipped.update({sample.source: "the same file stands under two labels" for sample in same})
            continue
        kept.append(same[0])
        skipped.update({sample.source: "the same file stands there twice" for sample in same[1:]})
    return kept


def _look_for_faces(photos: Sequence[tuple[Path, str]], looked_at: int = 60) -> FaceSearch:
    """Whether at least half of some photos show a face."""
    finder, seen, with_face = FaceFinder(), 0, 0
    for file, _ in random.Random(0).sample(photos, min(looked_at, len(photos))):
        try:
            with_face += bool(finder.find(decode(file.read_bytes()).image))
            seen += 1
        except (PhotoError, OSError):
            continue
    return FaceSearch(find=seen > 0 and with_face >= seen / 2)


def _in_threads(
    keep: Callable[[Path, str], Sample | str], photos: Sequence[tuple[Path, str]]
) -> Iterator[Sample | str]:
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        try:
            yield from pool.map(lambda photo: keep(*photo), photos)
        finally:
            pool.shutdown(cancel_futures=True)


class _Keeper:
    """Makes the small pictures and remembers, in `index.jsonl` beside them, what it has made."""

    def __init__(self, folder: Path, size: int, faces: FaceSearch):
        self.folder, self.size, self.faces = folder, size, faces
        self.finder = FaceFinder(faces.min_score, faces.min_side)
        folder.mkdir(parents=True, exist_ok=True)
        index = folder / "index.jsonl"
        self.known: dict[str, dict[str, Any]] = {}
        if index.is_file():
            for line in index.read_text("utf-8", errors="replace").splitlines():
                try:
                    entry = json.loads(line)
                except json.JSONDecodeError:
                    continue  # a line cut short when a run was killed: its picture is made again
                self.known[entry.pop("key")] = entry
        self.index = index.open("a", encoding="utf-8")
        self.lock = threading.Lock()

    def __enter__(self) -> "_Keeper":
        return self

    def __exit__(self, *error: object) -> None:
        self.index.close()

    def keep(self, file: Path, label: str) -> Sample | str:
        """The sample made of a photo, or why there is none."""
        try:
            data = file.read_bytes()
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        key = hashlib.sha256(data).hexdigest()[:24]
        picture = self.folder / label / f"{key}.jpg"
        if (entry := self.known.get(key)) and not picture.is_file():
            entry = None
        if entry is None:
            try:
                entry = self._make(decode(data), picture)
            except PhotoError as error:
                return str(error).split("; ")[0]  # the rest is advice to someone who sent it in a chat
            with self.lock:
                self.index.write(json.dumps({"key": key, **entry}) + "\n")
        return Sample(str(file), label, str(picture), entry["face"], tuple(entry["hashes"]))

    def _make(self, photo: Photo, picture: Path) -> dict[str, Any]:
        picture.parent.mkdir(exist_ok=True)
        if self.faces.find:
            found = self.finder.find(photo.image)
            boxes = [face.box for face in found]
            box = boxes[meant(boxes, photo.image.size)] if boxes else Box(0, 0, *photo.image.size)
            small = cut(photo.image, box, round(self.size * WIDER), (1 + self.faces.margin) * WIDER - 1)
        else:
            found = []
            small = photo.image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        part = picture.with_suffix(f".{threading.get_ident()}.part")  # the same file may stand there twice
        small.save(part, "JPEG", quality=95, subsampling=0)
        os.replace(part, picture)
        return {"face": bool(found), "hashes": _turned_hashes(small)}


def meant(boxes: Sequence[Box], size: tuple[int, int]) -> int:
    """Which of the faces in a photo of that size (width, height) its label speaks of: large and in the middle."""
    width, height = size

    def weight(box: Box) -> float:
        across, down = (box.left + box.right - width) / max(size), (box.top + box.bottom - height) / max(size)
        return box.area / (0.1 + across**2 + down**2)

    return max(range(len(boxes)), key=lambda index: weight(boxes[index]))


def _turned_hashes(picture: Image.Image) -> list[str]:
    """256-bit perceptual hashes of the middle of the picture, turned by each of `TURNS`."""
    small = picture.convert("L").resize((96, 96), Image.Resampling.BILINEAR)
    middle = (16, 16, 80, 80)
    return [str(phash(small.rotate(turn, Image.Resampling.BILINEAR).crop(middle), hash_size=16)) for turn in TURNS]
