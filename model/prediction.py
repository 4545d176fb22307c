"""Defines the prediction for a photo, and its JSON form."""

from dataclasses import dataclass
from typing import Any

from model.bundle import NO_FACE


@dataclass(frozen=True)
class Face:
    """One answer.

    Attributes:
        box: left, top, right, bottom in pixels of the photo as a viewer shows it.
        label: the most probable label.
        probabilities: by label, adding up to 1.
        sure: whether the label's probability reaches the bundle's threshold.
    """

    box: tuple[int, int, int, int]
    label: str
    probabilities: dict[str, float]
    sure: bool

    @property
    def confidence(self) -> float:
        """Probability of the label, 0 to 1."""
        return self.probabilities[self.label]


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
    def label(self) -> str:
        """The label of `main`, or "no_face"."""
        return self.main.label if self.main else NO_FACE

    def as_json(self) -> dict[str, Any]:
        """Returns what `python -m model --json` and the web API give."""
        answer: dict[str, Any] = {
            "faces": [
                {"box": list(face.box), "label": face.label, "probabilities": face.probabilities} for face in self.faces
            ],
            "label": self.label,
        }
        if self.whole:
            answer["probabilities"] = self.whole.probabilities
        return answer
