"""The small pictures that training reads: cut out of each photo once, with the function serving uses, and kept.

What is cut depends on what is known of a photo. Its folder's label speaks of the meant face (large and in the middle), or
of the whole photo where faces are not looked for. In a photograph whose faces are known by boxes, every face that the
finder finds is one picture. Where the finder sees a face and none is, in such photographs or in photos of the folder
`no_face`, a picture of `no_face` is made, so that the network learns to tell the finder's mistakes from people.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from model import NO_FACE
from model.bundle import FaceSearch
from model.faces.box import Box
from model.faces.crop import cut
from model.faces.finder import FaceFinder, FoundFace
from model.image import Photo, PhotoError, decode
from training.data.duplicates import turned_hashes

TRUSTED_SCORE = 0.5  # of a found face, where nothing else looks at it
CHECKED_SCORE = 0.2  # ... where the network has learned to tell the finder's mistakes from faces
WIDER = 1.54  # kept pictures show more around the square that serving cuts, so that training can move and turn it
MATCH = 0.4  # intersection over union from which a found box is a known face
STRAY = 0.05  # ... below which it shows none of them
LEAST = 0.3  # score from which a found face may be the one that a label speaks of
DOUBTFUL = 0.1  # score from which the finder's mistakes are worth learning from
LIKELY = 0.4  # score from which a face that has no box in a photograph is more often overlooked than no face
MOST_MISTAKES = 6  # of one photo
MOST_BYTES_OF_NAME = 200
LONGEST = 3  # times the shorter side; what is longer still is squeezed

Known = tuple[tuple[int, int, int, int], str]  # left, top, right, bottom in pixels of the photo; label


def face_search(find: bool, checked: bool) -> FaceSearch:
    """Chooses how faces are found, for training and for the bundle's manifest.

    Args:
        find: whether they are.
        checked: whether the network learns to tell the finder's mistakes from faces, so that weak finds may be kept.
    """
    return FaceSearch(find=find, min_score=CHECKED_SCORE if checked else TRUSTED_SCORE)


@dataclass(frozen=True)
class Sample:
    """One picture to learn from.

    Attributes:
        source: the photo it was made of.
        label: the name of the photo's folder, the known face's label, or `no_face`.
        picture: the small file that training reads.
        face: whether a face was found; without one, the whole photo was taken for the face.
        hashes: see `training.data.duplicates.turned_hashes`.
        group: samples of one group stay on one side of the split.
        part: "train", "valid" or "test" in a person's own split.
    """

    source: str
    label: str
    picture: str
    face: bool
    hashes: tuple[str, ...] = field(repr=False)
    group: int = -1
    part: str | None = None

    @property
    def content(self) -> str:
        """The same for the same file, under whatever name."""
        return Path(self.picture).stem.rpartition("-")[0]


def content_of(data: bytes, known: Sequence[Known] | None = None) -> str:
    """What `Sample.content` is for a file that holds these bytes."""
    return hashlib.sha256(data + (repr(known).encode() if known else b"")).hexdigest()[:24]


def folder_of(label: str) -> str:
    """The name of the folder that a label's small pictures lie in: itself, wherever a folder may have that name."""
    raw = label.encode("utf-8", "surrogatepass")
    if len(raw) <= MOST_BYTES_OF_NAME and "/" not in label and "\0" not in label and label not in (".", ".."):
        return label
    return hashlib.sha256(raw).hexdigest()[:24]


@dataclass(frozen=True)
class Cut:
    """A square to cut, or the whole photo where `box` is None."""

    label: str
    box: Box | None
    face: bool


class Keeper:
    """Makes the small pictures and remembers, in `index.jsonl` beside them, what it has made.

    Args:
        folder: where they are kept; another one for every size and way of finding faces.
        size: pixels of the network's input side.
        faces: how faces are found.
    """

    def __init__(self, folder: Path, size: int, faces: FaceSearch):
        self.folder, self.size, self.faces = folder, size, faces
        self.least = max(LEAST, faces.min_score)
        self.finder = FaceFinder(min(DOUBTFUL, faces.min_score), faces.min_side, faces.shift_down)
        folder.mkdir(parents=True, exist_ok=True)
        index = folder / "index.jsonl"
        self.known: dict[tuple[str, str], list[dict[str, Any]]] = {}
        if index.is_file():
            for line in index.read_text("utf-8", errors="replace").splitlines():
                try:
                    entry = json.loads(line)
                except json.JSONDecodeError:
                    continue  # a line cut short when a run was killed: its pictures are made again
                self.known[entry["key"], entry["label"]] = entry["pictures"]
        self.index = index.open("a", encoding="utf-8")
        self.lock = threading.Lock()

    def __enter__(self) -> "Keeper":
        return self

    def __exit__(self, *error: object) -> None:
        self.index.close()

    def keep(self, file: Path, label: str, known: Sequence[Known] | None = None) -> list[Sample] | str:
        """The samples made of a photo, or why there is none.

        Args:
            file: the photo.
            label: its folder's name.
            known: all its faces, in a photograph whose faces have boxes.
        """
        try:
            data = file.read_bytes()
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        key = content_of(data, known)
        pictures = self.known.get((key, label))
        if pictures is None or not all((self.folder / made["name"]).is_file() for made in pictures):
            try:
                pictures = list(self._make(decode(data), content_of(data, known), label, known))
            except PhotoError as error:
                return str(error).split("; ")[0]  # the rest is advice to someone who sent it in a chat
            with self.lock:
                self.index.write(json.dumps({"key": key, "label": label, "pictures": pictures}) + "\n")
        return [
            Sample(str(file), made["label"], str(self.folder / made["name"]), made["face"], tuple(made["hashes"]))
            for made in pictures
        ]

    def _make(self, photo: Photo, key: str, label: str, known: Sequence[Known] | None) -> Iterator[dict[str, Any]]:
        for number, wanted in enumerate(self._cuts(photo, label, known)):
            if wanted.box is None:
                small = self._whole(photo.image)
            else:
                margin = (1 + self.faces.margin) * WIDER - 1
                small = cut(photo.image, wanted.box, round(self.size * WIDER), margin)
            name = f"{folder_of(wanted.label)}/{key}-{number}.jpg"
            picture = self.folder / name
            picture.parent.mkdir(exist_ok=True)
            part = picture.with_suffix(f".{threading.get_ident()}.part")  # the same file may stand there twice
            small.save(part, "JPEG", quality=95, subsampling=0)
            os.replace(part, picture)
            yield {"name": name, "label": wanted.label, "face": wanted.face, "hashes": turned_hashes(small)}

    def _whole(self, image: Image.Image) -> Image.Image:
        """Small, in its own proportions where whole photos are classified; a square where it stands for a face."""
        if self.faces.find:
            return image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        shrink = self.size / min(image.size)
        width, height = (max(self.size, min(LONGEST * self.size, round(side * shrink))) for side in image.size)
        return image.resize((width, height), Image.Resampling.BILINEAR)

    def _cuts(self, photo: Photo, label: str, known: Sequence[Known] | None) -> list[Cut]:
        if not self.faces.find:
            return [Cut(label, None, face=False)]
        found = self.finder.find(photo.image)
        whole = Box(0, 0, *photo.image.size)
        if known is not None:
            scaled = [(Box(*box).scaled(1 / photo.scale), name) for box, name in known]
            return self._known(found, scaled)
        if label == NO_FACE:
            mistakes = sorted(found, key=lambda face: face.score, reverse=True)[:MOST_MISTAKES]
            return [Cut(NO_FACE, face.box, face=True) for face in mistakes] or [Cut(NO_FACE, whole, face=False)]
        boxes = [face.box for face in found if face.score >= self.least]
        return [Cut(label, boxes[meant(boxes, photo.image.size)] if boxes else whole, face=bool(boxes))]

    def _known(self, found: Sequence[FoundFace], known: Sequence[tuple[Box, str]]) -> list[Cut]:
        cuts, mistakes = [], []
        for face in found:
            overlap, label = max(((face.box.overlap(box), label) for box, label in known), default=(0.0, ""))
            if overlap >= MATCH and face.score >= self.least:
                cuts.append(Cut(label, face.box, face=True))
            elif overlap < STRAY and face.score < LIKELY:
                mistakes.append(face)
        mistakes.sort(key=lambda face: face.score, reverse=True)
        return cuts + [Cut(NO_FACE, face.box, face=True) for face in mistakes[:MOST_MISTAKES]]


def meant(boxes: Sequence[Box], size: tuple[int, int]) -> int:
    """The index of the face a photo's label speaks of: large and in the middle.

    Args:
        boxes: at least one, in pixels of the photo.
        size: width and height of the photo.
    """
    half = max(size) / 2

    def weight(index: int) -> float:
        box = boxes[index]
        across = (box.left + box.right - size[0]) / 2 / half
        down = (box.top + box.bottom - size[1]) / 2 / half
        return box.area / (0.1 + across**2 + down**2)

    return max(range(len(boxes)), key=weight)
