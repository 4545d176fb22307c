"""Whether the bundle is as right about some faces as about others: accuracy by group, and the largest gap.

Groups by skin tone, size, light and blur come from the pictures (see `training.evaluate.face_attributes`), others from a person's own
list. Knows nothing of what the groups mean.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from training.data.annotations import SIDES, Corners, corners, rows
from training.data.layouts import DataError
from training.evaluate.calibration import Share
from training.evaluate.matching import MATCH, Outcome, overlap

FEWEST = 50  # faces in a group of a scale; a smaller one joins its neighbour
SHUFFLES = 20_000
BEYOND_CHANCE = 0.05

Marks = dict[str, dict[str, list[tuple[Corners | None, str]]]]  # grouping -> photo -> its faces' groups


@dataclass(frozen=True)
class Group:
    """Faces that have something in common: how many are found, and how many of those are answered right."""

    name: str
    found: Share
    right: Share

    def as_json(self) -> dict[str, Any]:
        return {"group": self.name, "found": self.found.as_json(), "right": self.right.as_json()}


@dataclass(frozen=True)
class Gap:
    """The distance between the group that is answered right most often and the one that is least often.

    `chance` is the share of shuffles, which put faces into groups of these sizes at random, in which any two groups
    differ as clearly as these two, by their z of two proportions: the p-value of a permutation test that allows for
    having chosen the two (Westfall, Young, "Resampling-Based Multiple Testing", 1993).
    """

    best: Group
    worst: Group
    chance: float

    @property
    def points(self) -> float:
        return 100 * (self.best.right.value - self.worst.right.value)

    def as_json(self) -> dict[str, Any]:
        return {
            "points": round(self.points, 2),
            "best": self.best.name,
            "worst": self.worst.name,
            "chance": round(self.chance, 4),
        }


@dataclass(frozen=True)
class Grouping:
    """One way of grouping faces, and how many could not be put into a group."""

    name: str
    groups: tuple[Group, ...]
    gap: Gap | None
    without: int

    def words(self) -> str:
        """The gap in a sentence."""
        if self.gap is None:
            return f"By {self.name}: too few to compare groups."
        best, worst = self.gap.best, self.gap.worst
        sentence = (
            f"By {self.name}, answers are right most often for {best.name} ({best.right.value:.1%}) and least often for "
            f"{worst.name} ({worst.right.value:.1%}): a gap of {self.gap.points:.1f} points"
        )
        if self.gap.chance < BEYOND_CHANCE:
            return f"{sentence}, more than chance explains (p = {_p(self.gap.chance)})."
        return f"{sentence}, which may be chance (p = {_p(self.gap.chance)})."

    def as_json(self) -> dict[str, Any]:
        return {
            "by": self.name,
            "groups": [group.as_json() for group in self.groups],
            "largest_gap": self.gap.as_json() if self.gap else None,
            "not_in_a_group": self.without,
            "in_words": self.words(),
        }


@dataclass(frozen=True)
class Scale:
    """A way of grouping by a number: `edges` lie between the groups of `names`, which go from low to high."""

    name: str
    value: Callable[[Outcome], float | None]
    names: Sequence[str]
    edges: Sequence[float]


LIGHT = Scale("light", lambda outcome: outcome.traits.light, ("dark photos", "medium light", "bright photos"), (40, 65))
BLUR = Scale(
    "blur",
    lambda outcome: outcome.traits.detail,
    ("strongly blurred", "blurred", "sharp", "very sharp"),
    (0.02, 0.1, 0.4),
)
SCALES_OF_FACES = (
    # the classes of Chardon and others, 1991, and Del Bino, Bernerd, "Variations in skin colour", 2013
    Scale(
        "skin tone",
        lambda outcome: outcome.traits.tone,
        ("dark", "brown", "tan", "intermediate", "light", "very light"),
        (-30, 10, 28, 41, 55),
    ),
    Scale(
        "face size",
        lambda outcome: outcome.traits.side,
        ("under 32 px", "32 to 63 px", "64 to 127 px", "128 to 255 px", "256 px and more"),
        (32, 64, 128, 256),
    ),
    LIGHT,
    BLUR,
)
SCALES_OF_PHOTOS = (
    Scale(
        "photo size",
        lambda outcome: outcome.traits.side,
        ("under 240 px", "240 to 479 px", "480 to 959 px", "960 px and more"),
        (240, 480, 960),
    ),
    LIGHT,
    BLUR,
)


def audit(outcomes: Sequence[Outcome], marks: Marks | None = None, faces: bool = True) -> list[Grouping]:
    """Accuracy by group, for every way of grouping that makes at least two groups, and for faces by skin tone always.

    Args:
        outcomes: of faces or whole photos; photos that show nobody do not count.
        marks: a person's own groups, see `read_groups`.
        faces: whether faces were classified; whole photos have no skin.
    """
    groupings = [by_scale(outcomes, scale) for scale in (SCALES_OF_FACES if faces else SCALES_OF_PHOTOS)]
    for name, photos in (marks or {}).items():
        groupings.append(_grouping(name, [(_mark(outcome, photos), outcome) for outcome in outcomes]))
    return [grouping for grouping in groupings if len(grouping.groups) > 1 or grouping.name == SCALES_OF_FACES[0].name]


def by_scale(outcomes: Sequence[Outcome], scale: Scale) -> Grouping:
    """Groups along a scale, those of fewer than `FEWEST` faces joined with a neighbour."""
    values = [scale.value(outcome) for outcome in outcomes]
    places = [None if value is None else int(np.searchsorted(scale.edges, value, "right")) for value in values]
    bins = [(name, [place for place in places if place == index]) for index, name in enumerate(scale.names)]
    joined = join_small([(name, len(inside)) for name, inside in bins])
    names = [name for name, count in joined for _ in range(count)]
    return _grouping(
        scale.name,
        [(None if place is None else names[place], outcome) for place, outcome in zip(places, outcomes, strict=True)],
        order=dict.fromkeys(names),
    )


def join_small(counts: Sequence[tuple[str, int]], fewest: int = FEWEST) -> list[tuple[str, int]]:
    """Neighbours joined until each holds at least `fewest`, as (name, how many of the given it is made of)."""
    parts = [([name], count) for name, count in counts]
    while len(parts) > 1 and min(count for _, count in parts) < fewest:
        small = min(range(len(parts)), key=lambda index: parts[index][1])
        beside = [index for index in (small - 1, small + 1) if 0 <= index < len(parts)]
        other = min(beside, key=lambda index: parts[index][1])
        first, second = sorted((small, other))
        parts[first : second + 1] = [(parts[first][0] + parts[second][0], parts[first][1] + parts[second][1])]
    return [(" or ".join(names) if len(names) < 3 else f"{names[0]} to {names[-1]}", len(names)) for names, _ in parts]


def largest_gap(groups: Iterable[Group], shuffles: int = SHUFFLES) -> Gap | None:
    """The largest gap between groups in which faces were answered; None where there are fewer than two."""
    answered = [group for group in groups if group.right.of]
    if len(answered) < 2:
        return None
    ordered = sorted(answered, key=lambda group: group.right.value)
    best, worst = ordered[-1], ordered[0]
    sizes = np.array([group.right.of for group in ordered])
    right = np.array([group.right.right for group in ordered])
    observed = _clearness(right[None], sizes, [(0, len(ordered) - 1)])
    drawn = np.random.default_rng(0).multivariate_hypergeometric(sizes, int(right.sum()), shuffles)
    as_clear = int((_clearness(drawn, sizes, list(combinations(range(len(sizes)), 2))) >= observed - 1e-9).sum())
    return Gap(best, worst, (1 + as_clear) / (1 + shuffles))


def _clearness(right: np.ndarray, sizes: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """The largest two-proportion z of the pairs of groups, for counts of shape (shuffles, groups)."""
    pooled = right.sum(axis=1) / sizes.sum()
    spread = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12))
    shares = right / sizes
    scores = [
        np.abs(shares[:, one] - shares[:, other]) / (spread * np.sqrt(1 / sizes[one] + 1 / sizes[other]))
        for one, other in pairs
    ]
    clearness: np.ndarray = np.max(scores, axis=0)
    return clearness


def read_groups(file: Path) -> Marks:
    """A person's own groups from a CSV file.

    It has a column `photo` (a file's name) and a column for each way of grouping, such as `group` or `age`; where a
    photo shows several faces, also left, top, right and bottom in pixels. Empty cells put a face into no group.

    Raises:
        DataError: the file cannot be read, or has no column but these.
    """
    marks: Marks = {}
    for number, row in rows(file, ("photo",)):
        names = [name for name in row if name and name not in ("photo", *SIDES)]
        if not names:
            raise DataError(f"{file} has no column of groups; add one, such as 'group', beside 'photo'.")
        box = corners(row, file, number) if any(row.get(side) for side in SIDES) else None
        for name in names:
            if group := row[name].strip():
                marks.setdefault(name, {}).setdefault(row["photo"], []).append((box, group))
    if not marks:
        raise DataError(f"{file} puts no photo into a group.")
    return marks


def _mark(outcome: Outcome, photos: Mapping[str, Sequence[tuple[Corners | None, str]]]) -> str | None:
    marks = photos.get(outcome.photo.file.name, ())
    near = [(overlap(box, outcome.box), group) for box, group in marks if box]
    if near and max(near)[0] >= MATCH:
        return max(near)[1]
    return next((group for box, group in marks if box is None), None)


def _grouping(name: str, members: Sequence[tuple[str | None, Outcome]], order: Iterable[str] | None = None) -> Grouping:
    names = order if order is not None else sorted({group for group, _ in members if group})
    groups = []
    for group in names:
        inside = [outcome for other, outcome in members if other == group]
        found = [outcome for outcome in inside if outcome.face]
        if inside:
            right = sum(outcome.right for outcome in found)
            groups.append(Group(group, Share(len(found), len(inside)), Share(right, len(found))))
    return Grouping(name, tuple(groups), largest_gap(groups), sum(group is None for group, _ in members))


def _p(chance: float) -> str:
    return f"{chance:.3f}" if chance >= 0.001 else "under 0.001"
