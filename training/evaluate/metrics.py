"""Figures about the answers to photos whose right answers are known: overall, by data folder, by label, by group.

Knows outcomes only; how they are shown is up to `training.report.evaluation`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

from model import NO_FACE, NONE
from training.evaluate.calibration import Bin, Share, error_by_chance, expected_error, precision, recall, reliability
from training.evaluate.fairness import Grouping, Marks, audit
from training.evaluate.matching import Answers, Looked, Outcome


@dataclass(frozen=True)
class Part:
    """The figures of some of the outcomes. `found`, `right_of_found` and `merged` speak of people, `no_people` of photos
    that show nobody; `right` of both."""

    name: str
    outcomes: Sequence[Outcome]
    merged_labels: Mapping[str, str]

    @property
    def people(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.truth != NO_FACE]

    @property
    def answered(self) -> list[Outcome]:
        """People whose face was found."""
        return [outcome for outcome in self.people if outcome.face]

    @property
    def found(self) -> Share:
        return Share(len(self.answered), len(self.people))

    @property
    def right(self) -> Share:
        """A face that is not found counts as a wrong answer."""
        return Share(sum(outcome.right for outcome in self.outcomes), len(self.outcomes))

    @property
    def right_of_found(self) -> Share:
        return Share(sum(outcome.right for outcome in self.answered), len(self.answered))

    @property
    def merged(self) -> Share | None:
        """`right_of_found` when some labels count as one."""
        if not self.merged_labels:
            return None
        pairs = [(outcome.truth, outcome.answer) for outcome in self.answered]
        return Share(
            sum(merge(one, self.merged_labels) == merge(other, self.merged_labels) for one, other in pairs), len(pairs)
        )

    @property
    def taken_for_people(self) -> Share:
        """Photos that show nobody and are answered as a face."""
        nobody = [outcome for outcome in self.outcomes if outcome.truth == NO_FACE]
        return Share(sum(not outcome.right for outcome in nobody), len(nobody))

    @property
    def taken_for_none(self) -> Share:
        """Photos of a label that are answered `none`."""
        labeled = [outcome for outcome in self.outcomes if outcome.truth not in (NO_FACE, NONE)]
        return Share(sum(outcome.answer == NONE for outcome in labeled), len(labeled))

    @property
    def none_refused(self) -> Share:
        """Photos of none of the labels that are answered so."""
        nothing = [outcome for outcome in self.outcomes if outcome.truth == NONE]
        return Share(sum(outcome.right for outcome in nothing), len(nothing))

    def as_json(self) -> dict[str, Any]:
        shares = {
            "found": self.found,
            "right": self.right,
            "right_of_found": self.right_of_found,
            "right_of_found_merged": self.merged,
            "nobody_taken_for_a_face": self.taken_for_people if self.taken_for_people.of else None,
            "taken_for_none": self.taken_for_none if self.none_refused.of or self.taken_for_none.right else None,
            "none_refused": self.none_refused if self.none_refused.of else None,
        }
        return {"part": self.name, "photos_or_faces": len(self.outcomes)} | {
            name: share.as_json() for name, share in shares.items() if share
        }


@dataclass(frozen=True)
class Whole:
    """Whole photographs with marked faces. `alone` are answers to photographs in which one face is marked, as (known,
    answered) labels, where the answer is the one for the whole photo."""

    photographs: int
    part: Part
    strays: int
    alone: tuple[tuple[str, str], ...]

    def right_alone(self, merged: Mapping[str, str] | None = None) -> Share:
        pairs = [(merge(one, merged or {}), merge(other, merged or {})) for one, other in self.alone]
        return Share(sum(one == other for one, other in pairs), len(pairs))

    @property
    def found_alone(self) -> Share:
        return Share(sum(answer != NO_FACE for _, answer in self.alone), len(self.alone))

    def as_json(self) -> dict[str, Any]:
        merged = self.part.merged_labels
        return {
            "photographs": self.photographs,
            "faces_where_none_is_marked": self.strays,
            **{key: value for key, value in self.part.as_json().items() if key not in ("part", "photos_or_faces")},
            "one_face_photographs": {"found": self.found_alone.as_json(), "right": self.right_alone().as_json()}
            | ({"right_merged": self.right_alone(merged).as_json()} if merged else {}),
        }


@dataclass(frozen=True)
class Measured:
    """Everything that was measured of a bundle.

    Attributes:
        labels: the bundle's, then "no_face" if it looks for faces.
        answers: of all photos.
        merged_labels: labels that count as one in further figures, each with the name that stands for them.
        marks: a person's own groups.
        faces: whether faces were classified, and not whole photos.
    """

    labels: tuple[str, ...]
    answers: Answers
    merged_labels: Mapping[str, str]
    marks: Marks
    faces: bool = True

    @cached_property
    def overall(self) -> Part:
        return Part("all", self.answers.outcomes, self.merged_labels)

    @cached_property
    def parts(self) -> list[Part]:
        folders = dict.fromkeys(outcome.photo.folder for outcome in self.answers.outcomes)
        return [
            Part(
                name, [outcome for outcome in self.answers.outcomes if outcome.photo.folder == name], self.merged_labels
            )
            for name in folders
        ]

    @cached_property
    def whole(self) -> Whole | None:
        """Of the photographs with marked faces, if there are any."""
        marked = [looked for looked in self.answers.looked if looked.photo.marked]
        if not marked:
            return None
        part = Part("photographs", [outcome for looked in marked for outcome in looked.outcomes], self.merged_labels)
        alone = tuple((one.photo.faces[0].label, one.label) for one in marked if len(one.photo.faces) == 1)
        return Whole(len(marked), part, sum(len(looked.strays) for looked in marked), alone)

    @cached_property
    def strays(self) -> list[Looked]:
        return [looked for looked in self.answers.looked if looked.strays]

    @cached_property
    def confusion(self) -> np.ndarray:
        """Counts of shape (labels, labels), by right answer and given one."""
        pairs = [(outcome.truth, outcome.answer) for outcome in self.answers.outcomes]
        known, given = zip(*pairs, strict=True) if pairs else ((), ())
        counts: np.ndarray = confusion_matrix(known, given, labels=list(self.labels))
        return counts

    def recall(self, label: str) -> Share:
        return recall(self.confusion, self.labels.index(label))

    def precision(self, label: str) -> Share:
        return precision(self.confusion, self.labels.index(label))

    @cached_property
    def labeled(self) -> list[Outcome]:
        """Answers with a label."""
        return [outcome for outcome in self.overall.answered if outcome.face and not outcome.face.is_none]

    @cached_property
    def calibration(self) -> list[Bin]:
        faces = self.labeled
        return reliability(
            np.array([outcome.confidence for outcome in faces]),
            np.array([outcome.right for outcome in faces], dtype=bool),
        )

    @property
    def calibration_error(self) -> float:
        return expected_error(self.calibration)

    @cached_property
    def error_by_chance(self) -> float:
        """The calibration error that so few answers would show if their probabilities were true."""
        return error_by_chance(np.array([outcome.confidence for outcome in self.labeled]))

    @property
    def sure(self) -> tuple[Share, Share]:
        """How many of the answered faces are sure answers, and how many of those are right."""
        faces = self.overall.answered
        sure = [outcome for outcome in faces if outcome.face and outcome.face.sure]
        return Share(len(sure), len(faces)), Share(sum(outcome.right for outcome in sure), len(sure))

    @cached_property
    def audit(self) -> list[Grouping]:
        return audit(self.overall.people, self.marks, self.faces)

    @property
    def unlike(self) -> list[Outcome]:
        """Answers with how unlike the training photos they are, the most unlike first."""
        told = [(outcome.face.unlike, outcome) for outcome in self.answers.outcomes if outcome.face]
        known = [(distance, outcome) for distance, outcome in told if distance is not None]
        return [outcome for _, outcome in sorted(known, key=lambda pair: -pair[0])]

    @property
    def mistakes(self) -> list[Outcome]:
        """Wrong answers, the surest first."""
        wrong = [outcome for outcome in self.answers.outcomes if outcome.face and not outcome.right]
        return sorted(wrong, key=lambda outcome: -outcome.confidence)

    @property
    def missed(self) -> list[Outcome]:
        """Faces that were not found, the largest first."""
        missed = [outcome for outcome in self.overall.people if outcome.face is None]
        return sorted(missed, key=lambda outcome: -outcome.traits.side)

    def summary(self) -> dict[str, Any]:
        """The figures that a manifest holds."""
        coverage, accuracy = self.sure
        return {
            "overall": self.overall.as_json(),
            "folders": [part.as_json() for part in self.parts],
            "photographs": self.whole.as_json() if self.whole else None,
            "calibration_error": round(self.calibration_error, 4) if self.calibration else None,
            "calibration_error_by_chance": round(self.error_by_chance, 4) if self.calibration else None,
            "sure": {"coverage": coverage.as_json(), "accuracy": accuracy.as_json()},
            "largest_gaps": {grouping.name: grouping.gap.as_json() for grouping in self.audit if grouping.gap},
        }

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return self.summary() | {
            "labels": list(self.labels),
            "recall": {label: self.recall(label).as_json() for label in self.labels},
            "precision": {label: self.precision(label).as_json() for label in self.labels},
            "confusion": self.confusion.tolist(),
            "calibration_curve": [part.as_json() for part in self.calibration],
            "merged": dict(self.merged_labels),
            "audit": [grouping.as_json() for grouping in self.audit],
            "unreadable": self.answers.unreadable,
        }


def merge(label: str, merged: Mapping[str, str]) -> str:
    """The name under which a label counts."""
    return merged.get(label, label)
