"""Which photos a person should look at, the most suspicious first. Knows features as NumPy arrays, no network and no page."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from model.classifier import softmax
from training.data.crops import Sample, content_of
from training.data.dataset import TWICE, TWO_LABELS, Collection
from training.fit.head import fit_head

NEAREST = 5  # others of its label that a photo is compared with
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
    copies = _other_labels(samples)
    found: dict[str, Suspect] = {}  # by file; a photo is shown where it is first
    if probabilities is not None:
        targets = np.array([collection.labels.index(sample.label) for sample in samples])
        margins = label_margins(probabilities, targets)
        for row in np.argsort(margins, kind="stable"):
            if margins[row] < 0:
                _add(found, samples[row], "label")
    for row in _unlike(samples, features):
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


def label_margins(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """How much more probable each photo's label is than the most probable other one; below 0, it is probably wrong.

    Probabilities count by how sure the model is of each label on average, since it may be surer of some labels than of
    others: Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021.

    Args:
        probabilities: of shape (photos, labels), each by a model that has not seen the photo.
        targets: indices of the labels given, of shape (photos,); every label occurs.

    Returns:
        Of shape (photos,).
    """
    own = probabilities[np.arange(len(targets)), targets]
    sure = np.array([own[targets == label].mean() for label in range(probabilities.shape[1])])
    adjusted = probabilities - sure
    of_label = adjusted[np.arange(len(targets)), targets].copy()
    adjusted[np.arange(len(targets)), targets] = -np.inf
    return np.asarray(of_label - adjusted.max(axis=1))


def _out_of_fold(collection: Collection, features: np.ndarray, seed: int) -> np.ndarray | None:
    """Probabilities of shape (samples, labels), none where a label has too few different photos."""
    targets = np.array([collection.labels.index(sample.label) for sample in collection.samples])
    head = fit_head(features[:, None], targets, [sample.group for sample in collection.samples], seed)
    return None if head.out_of_fold is None else softmax(head.out_of_fold[:, 0])


def _unlike(samples: Sequence[Sample], features: np.ndarray) -> list[int]:
    """Rows of photos that are far from the others of their label, the furthest first."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
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


def _other_labels(samples: Sequence[Sample]) -> dict[str, tuple[tuple[Path, str], ...]]:
    """For each file, those that show the same photo under another label."""
    by_group: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_group[sample.group].append(sample)
    return {
        sample.source: tuple(
            dict.fromkeys(
                (Path(other.source), other.label)
                for other in group
                if other.label != sample.label and other.source != sample.source
            )
        )
        for group in by_group.values()
        if len({sample.label for sample in group}) > 1
        for sample in group
    }


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
