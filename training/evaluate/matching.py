"""What the bundle answers to photos whose right answers are known, face by face.

Photos go the whole way that serving takes: bytes in, `Prediction` out.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import typer

from model import NO_FACE, Classifier, Face, PhotoError, Prediction
from model.faces.box import Box
from model.image import MAX_BYTES, decode
from training.data.annotations import Corners, KnownPhoto
from training.data.crops import meant
from training.data.threads import map_in_threads
from training.evaluate.face_attributes import Traits, traits

MATCH = 0.4  # intersection over union from which an answered box is a known face
STRAY = 0.1  # ... below which an answered box shows no known face
SMALLEST = 20  # pixels; known faces whose shorter side is shorter are not counted


@dataclass(frozen=True)
class Outcome:
    """What became of one known face, or of a photo that shows nobody.

    Attributes:
        photo: where it stands.
        truth: the right answer, a label or "no_face".
        face: the answer; None where no face was found.
        box: where the face is: as answered, as known where it was not found, or else the whole photo.
        traits: what can be measured of the face.
    """

    photo: KnownPhoto
    truth: str
    face: Face | None
    box: Corners
    traits: Traits

    @property
    def answer(self) -> str:
        return self.face.label if self.face else NO_FACE

    @property
    def right(self) -> bool:
        return self.answer == self.truth

    @property
    def confidence(self) -> float:
        return self.face.confidence if self.face else 0.0


@dataclass(frozen=True)
class Looked:
    """Everything about one photo: its outcomes, answered boxes where no face is known, the answer that stands for it."""

    photo: KnownPhoto
    outcomes: tuple[Outcome, ...]
    strays: tuple[Corners, ...] = ()
    label: str = NO_FACE


@dataclass(frozen=True)
class Answers:
    """All photos that were looked at, and why others could not be."""

    looked: list[Looked]
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def outcomes(self) -> list[Outcome]:
        return [outcome for looked in self.looked for outcome in looked.outcomes]


def answer(classifier: Classifier, photos: Sequence[KnownPhoto]) -> Answers:
    """Let the bundle answer photos, on all cores. Files that cannot be answered are kept with the reason."""
    answers = Answers([])
    with typer.progressbar(length=len(photos), label="Answering photos", file=sys.stderr) as bar:
        for photo, result in zip(photos, map_in_threads(lambda photo: look(classifier, photo), photos), strict=True):
            if isinstance(result, Looked):
                answers.looked.append(result)
            else:
                answers.unreadable[str(photo.file)] = result
            bar.update(1)
    return answers


def look(classifier: Classifier, photo: KnownPhoto) -> Looked | str:
    """What the bundle answers to one photo, or why it cannot."""
    try:
        with photo.file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        prediction = classifier.predict(data)
        decoded = decode(data)
    except PhotoError as error:
        return str(error).split("; ")[0]  # the rest is advice to someone who sent it in a chat
    except OSError as error:
        return f"cannot be read: {error.strerror}"

    def outcome(truth: str, face: Face | None, box: Corners) -> Outcome:
        place = Box(*box).scaled(1 / decoded.scale).within(*decoded.image.size)
        return Outcome(
            photo, truth, face, box, traits(decoded.image, place, shown=min(box[2] - box[0], box[3] - box[1]))
        )

    if not photo.marked:
        face = _meant_face(prediction)
        whole = (0, 0, *prediction.size)
        return Looked(
            photo, (outcome(photo.faces[0].label, face, face.box if face else whole),), label=prediction.label
        )
    outcomes = []
    for known in photo.faces:
        assert known.box is not None
        if min(known.box[2] - known.box[0], known.box[3] - known.box[1]) >= SMALLEST:
            outcomes.append(outcome(known.label, closest(known.box, prediction.faces), known.box))
    boxes = [known.box for known in photo.faces if known.box]
    strays = tuple(face.box for face in prediction.faces if max(overlap(face.box, box) for box in boxes) < STRAY)
    return Looked(photo, tuple(outcomes), strays, prediction.label)


def closest(box: Corners, faces: Sequence[Face]) -> Face | None:
    """The answered face that is the one in that box; None if there is none."""
    best = max(faces, key=lambda face: overlap(face.box, box), default=None)
    return best if best and overlap(best.box, box) >= MATCH else None


def overlap(one: Corners, other: Corners) -> float:
    """Intersection over union of two boxes."""
    return Box(*one).overlap(Box(*other))


def _meant_face(prediction: Prediction) -> Face | None:
    if not prediction.faces:
        return prediction.whole
    return prediction.faces[meant([Box(*face.box) for face in prediction.faces], prediction.size)]
