"""Classifies a photo: decodes it, finds and crops the faces, and runs the network on them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from model.bundle import NONE, Bundle, Mirror
from model.faces.box import Box
from model.faces.crop import cut, framed
from model.faces.finder import SEARCH_SIDE, FaceFinder
from model.hub import is_on_hub, open_from_hub
from model.image import WORKING_SIDE, Photo, decode, from_image
from model.malloc import keep_freed_memory
from model.model_path import named_folders, plain_name
from model.prediction import Face, Look, Outputs, Prediction, joined
from model.runtimes import Runtime, open_runtime
from model.runtimes.onnx import OnnxRuntime, frame_of

MAX_FACES = 100  # the largest are answered; more are a crowd
SEARCHES_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)  # photos; searching faces is half of the work
BATCH = 4  # faces the network sees at once: each takes it some 25 MB


@dataclass(frozen=True)
class Prepared:
    """A photo on its way to the network.

    Attributes:
        size: width and height in pixels of the photo as a viewer shows it.
        pictures: RGB, what the network answers: a square per face, or the whole photo.
        places: where each of them lies in the photo, as `Face.box`.
        scores: how sure the finder is of each, 0 to 1.
        frames: what the network sees of the photo, as `Look.frame`.
    """

    size: tuple[int, int]
    pictures: tuple[Image.Image, ...]
    places: tuple[tuple[int, int, int, int], ...]
    scores: tuple[float, ...]
    frames: tuple[tuple[float, float, float, float], ...]


class Classifier:
    """Classifies photos with one bundle. Safe to call from several threads.

    Attributes:
        name: what the model is called in addresses and counts: as `MODEL_PATH` names it, else after its manifest.
    """

    def __init__(self, bundle: Bundle, runtime: Runtime, name: str | None = None):
        self.name = name or plain_name(bundle.manifest.name)
        self.bundle = bundle
        self.runtime = runtime
        search = bundle.manifest.faces
        self._finder = (
            FaceFinder(search.min_score, search.min_side, search.shift_down, SEARCHES_AT_ONCE) if search.find else None
        )
        keep_freed_memory()

    @classmethod
    def open(cls, path: Path | str | None = None, runtime: str | None = None) -> "Classifier":
        """Opens a bundle.

        Args:
            path: a bundle folder, `hf://USER/REPO`, or the first of several as `MODEL_PATH` names them; by default `MODEL_PATH` in the
                environment, or the shipped one.
            runtime: "auto", "onnx" or "fastai"; by default `MODEL_RUNTIME`, or "auto".

        Raises:
            BundleError: see `Bundle.open`, `open_from_hub` and `open_runtime`.
        """
        name, folder = named_folders(path or os.environ.get("MODEL_PATH"))[0]
        choice = runtime or os.environ.get("MODEL_RUNTIME") or "auto"
        bundle = open_from_hub(folder, choice) if is_on_hub(folder) else Bundle.open(folder)
        return cls(bundle, open_runtime(bundle, choice), name)

    def predict(self, photo: bytes | Image.Image | Photo) -> Prediction:
        """Classifies one photo.

        Args:
            photo: the bytes of an image file, an image of any mode, or what `model.image.decode` made of one.

        Raises:
            PhotoError: the photo cannot be decoded or is too large.
        """
        return self.answer(self.prepare(photo))

    def free(self) -> None:
        """Gives memory of the networks in ONNX Runtime back, some 30 MB of the shipped bundle's; the next photo opens them again."""
        for part in (self.runtime, self._finder):
            if isinstance(part, OnnxRuntime | FaceFinder):
                part.free()
        keep_freed_memory()

    def prepare(self, photo: bytes | Image.Image | Photo) -> Prepared:
        """Does the first half of `predict`: decodes a photo and cuts out what the network will see. Takes most of the time.

        Raises:
            PhotoError: the photo cannot be decoded or is too large.
        """
        if self._finder is None:
            decoded = _decoded(photo)
            frame = self._frame(decoded)
            return Prepared(decoded.size, (decoded.image,), ((0, 0, *decoded.size),), (1.0,), (frame,))
        decoded = _decoded(photo, SEARCH_SIDE)
        found = self._finder.find(decoded.image)[:MAX_FACES]
        boxes = [face.box.scaled(decoded.scale) for face in found]
        if isinstance(photo, bytes) and decoded.scale > 1 and any(self._is_small(face.box) for face in found):
            decoded = decode(photo)
        pictures = self._cuts(decoded.image, [box.scaled(1 / decoded.scale) for box in boxes])
        places = tuple(box.within(*decoded.size) for box in boxes)
        frames = tuple(framed(box, self.bundle.manifest.faces.margin) for box in boxes)
        return Prepared(decoded.size, tuple(pictures), places, tuple(face.score for face in found), frames)

    def answer(self, prepared: Prepared) -> Prediction:
        """Does the second half: runs the network on what was cut out."""
        answers = list(self._answers(prepared)) if prepared.pictures else []
        if self._finder is None:
            return Prediction(prepared.size, whole=answers[0])
        return Prediction(prepared.size, tuple(face for face in answers if face))

    @property
    def _side(self) -> int:
        """Pixels of the side of what is cut out."""
        rule = self.bundle.manifest.input
        return max(rule.height, rule.width) if rule else 224

    def _is_small(self, box: Box) -> bool:
        """Whether what is cut out would have to be enlarged."""
        return max(box.width, box.height) * (1 + self.bundle.manifest.faces.margin) < self._side

    def _cuts(self, image: Image.Image, boxes: list[Box]) -> list[Image.Image]:
        return [cut(image, box, self._side, self.bundle.manifest.faces.margin) for box in boxes]

    def _outputs(self, images: Sequence[Image.Image]) -> Outputs:
        batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        return joined([self.runtime.outputs(batch) for batch in batches])

    def _answers(self, prepared: Prepared) -> Iterator[Face | None]:
        """One per picture; None where the network sees no face."""
        images, scores = prepared.pictures, np.array(prepared.scores)
        manifest = self.bundle.manifest
        outputs = self._outputs(images)
        logits, own = outputs.logits, outputs.logits.argmax(axis=1)
        mirror = manifest.mirror
        if mirror and (doubtful := np.flatnonzero(mirror_weight(logits, mirror))).size:
            turned = [images[int(index)].transpose(Image.Transpose.FLIP_LEFT_RIGHT) for index in doubtful]
            logits[doubtful] = with_mirror(logits[doubtful], self._outputs(turned).logits, mirror)
        told = [manifest.labels.index(label) for label in manifest.answers]
        rows = softmax(logits[:, told] / manifest.temperature)
        search = manifest.faces
        limits = np.where(scores < search.weak_below, search.weak_no_face_from, search.no_face_from)
        nobody, nothing = no_faces(logits, told, limits), self._nothing(logits, outputs.unlike)
        for number, (place, row) in enumerate(zip(prepared.places, rows, strict=True)):
            if search.find and (nobody[number] or nothing[number]):
                yield None
                continue
            probabilities = dict(zip(manifest.answers, row.tolist(), strict=True))
            label, sure = manifest.answers[row.argmax()], bool(row.max() >= manifest.sure_from)
            unlike = None if outputs.unlike is None else float(outputs.unlike[number])
            if unlike is not None and manifest.sure_within is not None:
                sure = sure and unlike <= manifest.sure_within
            if nothing[number]:
                label, sure = NONE, False
            look = None
            if outputs.maps is not None and told[row.argmax()] == own[number]:  # it is of the picture's own best label
                look = Look(outputs.maps[number], prepared.frames[number])
            yield Face(place, label, probabilities, sure, unlike, look)

    def _nothing(self, logits: np.ndarray, unlike: np.ndarray | None) -> np.ndarray:
        """Tells which pictures are none of the labels, of shape (pictures,)."""
        manifest = self.bundle.manifest
        nothing = np.zeros(len(logits), bool)
        if manifest.unlike_from is not None and unlike is not None:
            nothing |= unlike > manifest.unlike_from
        if manifest.none_from is not None and NONE in manifest.labels:
            labels = [place for place, label in enumerate(manifest.labels) if label != NONE]
            nothing |= no_faces(logits, labels, manifest.none_from)
        return nothing

    def _frame(self, photo: Photo) -> tuple[float, float, float, float]:
        """What the network sees of a whole photo."""
        rule = self.bundle.manifest.input
        left, top, right, bottom = frame_of(photo.image.size, rule) if rule else (0, 0, *photo.image.size)
        return left * photo.scale, top * photo.scale, right * photo.scale, bottom * photo.scale


def with_mirror(logits: np.ndarray, mirrored: np.ndarray, mirror: Mirror) -> np.ndarray:
    """Mixes in the logits of the mirror images, the more the less sure the pictures' own are.

    Args:
        logits: of shape (pictures, labels).
        mirrored: those of the mirror images, of the same shape.
        mirror: how much they count.

    Returns:
        Logits of the same shape.
    """
    mixed: np.ndarray = logits + mirror_weight(logits, mirror)[:, None] * (mirrored - logits)
    return mixed


def mirror_weight(logits: np.ndarray, mirror: Mirror) -> np.ndarray:
    """Returns how much each mirror image counts, from 0 to 0.5, of shape (pictures,)."""
    best = softmax(logits).max(axis=1)
    share: np.ndarray = np.clip((mirror.none_from - best) / (mirror.none_from - mirror.half_until), 0, 1) / 2
    return share.astype(logits.dtype)


def no_faces(logits: np.ndarray, told: Sequence[int], limits: np.ndarray | float) -> np.ndarray:
    """Tells which faces that were found are none.

    Args:
        logits: of shape (pictures, labels).
        told: the columns of the labels that people are told.
        limits: the probability of all other labels from which a picture shows no face, of shape (pictures,).

    Returns:
        Booleans of shape (pictures,).
    """
    nobody = 1 - softmax(logits)[:, list(told)].sum(axis=1)
    dropped: np.ndarray = nobody >= limits
    return dropped


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turns logits of shape (rows, labels) into probabilities of that shape."""
    powers: np.ndarray = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def _decoded(photo: bytes | Image.Image | Photo, side: int = WORKING_SIDE) -> Photo:
    if isinstance(photo, Photo):
        return photo
    return from_image(photo) if isinstance(photo, Image.Image) else decode(photo, side)
