"""Which photos a person should look at, the most suspicious first. Knows features as NumPy arrays, no network and no page."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Literal

import numpy as np

from model.classifier import softmax
from training.data.crops import Sample, content_of
from training.data.dataset import TWICE, TWO_LABELS, Collection
from training.fit.head import fit_head

NEAREST = 5  # others of its label that a photo is compared with
SAME = 0.8  # cosine similarity from which photos whose perceptual hashes are alike show the same
UNLIKE = 3.0  # robust standard deviations beyond its label's median, from which a photo is unlike the others

Kind = Literal["label", "unlike", "copies", "unreadable"]


@dataclass(frozen=True)
class Suspect:
    """A photo that a person should look at.

    Attributes:
        file: the photo.
        label: what it is labelled.
        kind: why it is suspected.
        guess: the label that is most probable, by a model that has not seen the photo; "" where no model could tell.
        share: the probability of that.
        copies: other files that show the same photo under another label, with their labels.
        problem: why the photo cannot be read.
    """

    file: Path
    label: str
    kind: Kind
    guess: str = ""
    share: float = 0.0
    copies: tuple[tuple[Path, str], ...] = ()
    problem: str = ""


def find_suspects(collection: Collection, features: np.ndarray, seed: int = 42) -> list[Suspect]:
    """The photos to look at: probably mislabelled, unlike their label's others, copies with two labels, unreadable.

    Args:
        collection: what was read.
        features: of its samples, of shape (samples, features).
        seed: of the cross-validation.
    """
    samples = collection.samples
    probabilities = _out_of_fold(collection, features, seed)
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    copies = _other_labels(samples, unit)
    found: dict[str, Suspect] = {}  # by file; a photo is shown where it is first
    if probabilities is not None:
        targets = np.array([collection.labels.index(sample.label) for sample in samples])
        for row in mislabeled(probabilities, targets):
            _add(found, samples[row], "label")
    for row in _unlike(samples, unit):
        _add(found, samples[row], "unlike")
    for sample in sorted(samples, key=lambda sample: sample.group):
        if copies.get(sample.source):
            _add(found, sample, "copies")
    for row, sample in enumerate(samples):
        if sample.source in found and (suspect := found[sample.source]).label == sample.label:
            about: dict[str, object] = {"copies": copies.get(sample.source, ())}
            if probabilities is not None:
                best = int(probabilities[row].argmax())
                about |= {"guess": collection.labels[best], "share": float(probabilities[row, best])}
            found[sample.source] = replace(suspect, **about)  # type: ignore[arg-type]
    return [*found.values(), *_left_out(collection)]


def mislabeled(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Rows of the photos for which another label is more probable than their own, the least probable own label first.

    This is confident learning's ranking by self-confidence: Northcutt, Jiang, Chuang, "Confident Learning: Estimating
    Uncertainty in Dataset Labels", JAIR 70, 2021.

    Args:
        probabilities: of shape (photos, labels), each by a model that has not seen the photo.
        targets: indices of the labels given, of shape (photos,).
    """
    own = probabilities[np.arange(len(targets)), targets]
    wrong = np.flatnonzero(own < probabilities.max(axis=1))
    return wrong[np.argsort(own[wrong], kind="stable")]


def _out_of_fold(collection: Collection, features: np.ndarray, seed: int) -> np.ndarray | None:
    """Probabilities of shape (samples, labels), none where a label has too few different photos."""
    targets = np.array([collection.labels.index(sample.label) for sample in collection.samples])
    head = fit_head(features[:, None], targets, [sample.group for sample in collection.samples], seed)
    return None if head.out_of_fold is None else softmax(head.out_of_fold[:, 0])


def _unlike(samples: Sequence[Sample], unit: np.ndarray) -> list[int]:
    """Rows of photos that are far from the others of their label, the furthest first; `unit` is the features' direction."""
    groups = np.array([sample.group for sample in samples])
    far: list[tuple[float, int]] = []
    by_label: dict[str, list[int]] = defaultdict(list)
    for row, sample in enumerate(samples):
        by_label[sample.label].append(row)
    for of_label in by_label.values():
        rows = np.array(of_label)
        if len(rows) <= NEAREST:
            continue
        distances = np.empty(len(rows))
        for place, row in enumerate(rows):
            alike = unit[rows] @ unit[row]
            alike[groups[rows] == groups[row]] = -1  # itself and its copies
            distances[place] = 1 - np.partition(alike, -NEAREST)[-NEAREST:].mean()
        middle = np.median(distances)
        spread = 1.4826 * np.median(np.abs(distances - middle)) or 1.0
        beyond = (distances - middle) / spread
        far += [(-float(beyond[place]), int(rows[place])) for place in np.flatnonzero(beyond > UNLIKE)]
    return [row for _, row in sorted(far)]


def _other_labels(samples: Sequence[Sample], unit: np.ndarray) -> dict[str, tuple[tuple[Path, str], ...]]:
    """For each file, those that show the same photo under another label.

    For the split, copies may be too many: a dress and a shirt before the same wall. Here, features must agree as well.
    """
    by_group: dict[int, list[int]] = defaultdict(list)
    for row, sample in enumerate(samples):
        by_group[sample.group].append(row)
    found: dict[str, dict[tuple[Path, str], None]] = defaultdict(dict)
    for rows in by_group.values():
        for one, other in permutations(rows, 2) if len({samples[row].label for row in rows}) > 1 else ():
            first, second = samples[one], samples[other]
            if first.label != second.label and first.source != second.source and unit[one] @ unit[other] >= SAME:
                found[first.source][Path(second.source), second.label] = None
    return {source: tuple(copies) for source, copies in found.items()}


def _left_out(collection: Collection) -> Iterator[Suspect]:
    """Files that stand under two labels, side by side, then those that cannot be read."""
    labels = dict(collection.listed.photos)
    same: dict[str, list[Path]] = defaultdict(list)
    for name, reason in collection.skipped.items():
        if reason == TWO_LABELS:
            same[content_of(Path(name).read_bytes())].append(Path(name))
    for files in same.values():
        for file in files:
            others = ((other, labels[other]) for other in files if labels[other] != labels[file])
            yield Suspect(file, labels[file], "copies", copies=tuple(others))
    for name, reason in collection.skipped.items():
        if reason not in (TWO_LABELS, TWICE):
            yield Suspect(Path(name), labels[Path(name)], "unreadable", problem=reason)


def _add(found: dict[str, Suspect], sample: Sample, kind: Kind) -> None:
    found.setdefault(sample.source, Suspect(Path(sample.source), sample.label, kind))
