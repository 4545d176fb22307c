"""Defines what a network says of pictures, and what that makes of a photo: the prediction, and its JSON form."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.bundle import NO_FACE, NONE

DIGITS = 4  # of a probability in JSON


@dataclass(frozen=True)
class Outputs:
    """Attributes:
    logits: of shape (pictures, labels), as float32.
    unlike: how unlike the training photos each picture is, of shape (pictures,); None where the network cannot tell.
    maps: what speaks for each picture's best label, by place, of shape (pictures, rows, columns); None where the network
        cannot tell.
    """

    logits: np.ndarray
    unlike: np.ndarray | None = None
    maps: np.ndarray | None = None


def joined(parts: Sequence[Outputs]) -> Outputs:
    """Puts the outputs for several batches together."""

    def all_of(arrays: Sequence[np.ndarray | None]) -> np.ndarray | None:
        present = [array for array in arrays if array is not None]
        return np.concatenate(present) if len(present) == len(arrays) else None

    logits = np.concatenate([part.logits for part in parts])
    return Outputs(logits, all_of([part.unlike for part in parts]), all_of([part.maps for part in parts]))


@dataclass(frozen=True)
class Look:
    """Where the network looked.

    Attributes:
        map: what speaks for the answer, by place, of shape (rows, columns).
        frame: left, top, right, bottom of what the map covers, as `Face.box`; it may reach beyond the photo.
    """

    map: np.ndarray
    frame: tuple[float, float, float, float]


@dataclass(frozen=True)
class Face:
    """One answer.

    Attributes:
        box: left, top, right, bottom in pixels of the photo as a viewer shows it.
        label: the most probable label, or "none" where it is unlike all of them.
        probabilities: by label, adding up to 1.
        sure: whether the label's probability reaches the bundle's threshold; never for "none".
        unlike: how unlike the training photos it is; None where the bundle cannot tell.
        look: where the network looked; None where the bundle cannot tell.
    """

    box: tuple[int, int, int, int]
    label: str
    probabilities: dict[str, float]
    sure: bool
    unlike: float | None = None
    look: Look | None = field(default=None, compare=False, repr=False)

    @property
    def is_none(self) -> bool:
        """Whether it is unlike all labels."""
        return self.label == NONE and NONE not in self.probabilities

    @property
    def confidence(self) -> float:
        """Probability of the most probable label, 0 to 1."""
        return max(self.probabilities.values())


@dataclass(frozen=True)
class Prediction:
    """The answer to a photo.

    Attributes:
        size: width and height in pixels of the photo as a viewer shows it.
        faces: one answer per face, largest face first; empty when there is none.
        whole: the answer for the whole photo, in a bundle that does not look for faces; else None.
    """

    size: tuple[int, int]
    faces: tuple[Face, ...] = ()
    whole: Face | None = None

    @property
    def main(self) -> Face | None:
        """The answer that stands for the photo: the whole photo's, or its largest face's; None without a face."""
        return self.whole or (self.faces[0] if self.faces else None)

    @property
    def looks(self) -> list[Look]:
        """Where the network looked, for each answer; empty where the bundle cannot tell."""
        answers = (self.whole,) if self.whole else self.faces
        return [answer.look for answer in answers if answer.look]

    @property
    def label(self) -> str:
        """The label of `main`, which may be "none"; or "no_face"."""
        return self.main.label if self.main else NO_FACE

    def as_json(self) -> dict[str, Any]:
        """Returns what `python -m model --json` and the web API give."""
        answer: dict[str, Any] = {
            "faces": [{"box": list(face.box), "label": face.label, **_how_sure(face)} for face in self.faces],
            "label": self.label,
        }
        return answer | (_how_sure(self.whole) if self.whole else {})


def _how_sure(face: Face) -> dict[str, Any]:
    rounded = {label: round(share, DIGITS) for label, share in face.probabilities.items()}
    return {"sure": face.sure, "probabilities": rounded}
