"""Which samples are trained on and which are held out."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.data.crops import Sample
from training.data.layouts import DataError


def split(
    samples: Sequence[Sample], valid_pct: float, seed: int, hold_out: Callable[[Sample], bool] | None = None
) -> tuple[list[int], list[int]]:
    """Chooses indices for training and for validation; each label gives its share, and groups stay whole.

    scikit-learn's `StratifiedGroupKFold` holds out one n-th of everything and takes no samples that must be held out.

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
    counts = Counter(sample.label for sample in samples)
    wanted = {label: max(1.0, count * valid_pct) for label, count in counts.items()}
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
            different = len({sample.group for sample in samples if sample.label == label})
            alike = (
                ""
                if different == counts[label]
                else f" ({different} different ones; if none are copies: --keep-copies)"
            )
            raise DataError(
                f"Too few different photos of {label!r} to train on some and hold others out: {counts[label]}{alike}, and "
                f"{max(counts.values())} of {counts.most_common(1)[0][0]!r}. Add more."
            )
    return sorted(train), sorted(valid)


@dataclass(frozen=True)
class Parts:
    """Indices of samples: to learn from, to choose everything on, and to measure on, which chooses nothing.

    `test` is empty where cross-validation measures. `copies` are left out, because they show a photo of the test part, or
    of validation, in a person's own split.
    """

    train: list[int]
    valid: list[int]
    test: list[int]
    copies: list[int]

    @property
    def learned(self) -> list[int]:
        """All but the test part."""
        return sorted([*self.train, *self.valid])


def three_parts(
    samples: Sequence[Sample],
    valid: float,
    test: float,
    seed: int,
    hold_out: Callable[[Sample], bool] | None = None,
) -> Parts:
    """A person's own split as it is, else one at random; groups stay whole.

    Where a person's split has one part beside training, that is the test part, and photos to choose on are taken from
    those for training.

    Args:
        samples: with their groups, and their parts in a person's own split.
        valid: share of each label, of what is not for test, to choose on.
        test: share of each label to measure on; 0 for none.
        seed: of the random choice.
        hold_out: samples that are in the test part, with their whole group, whatever the share.

    Raises:
        DataError: a label has too few different photos.
    """
    own = {
        part: [index for index, sample in enumerate(samples) if sample.part == part]
        for part in ("train", "valid", "test")
    }
    copies: list[int] = []
    rest = list(range(len(samples)))
    held: list[int] = own["test"] or own["valid"]
    if held:
        rest, copies = _without_copies(samples, set(rest) - set(held), held)
    elif test or hold_out:
        rest, held = split(samples, test, seed, hold_out)
    chosen_on = own["valid"] if own["test"] and own["valid"] else []
    if chosen_on:
        rest, more = _without_copies(samples, set(rest) - set(chosen_on), chosen_on)
        return Parts(rest, sorted(set(chosen_on) - set(copies)), held, [*copies, *more])
    train, validation = split([samples[index] for index in rest], valid, seed)
    return Parts([rest[place] for place in train], [rest[place] for place in validation], held, copies)


def _without_copies(samples: Sequence[Sample], places: set[int], held: Sequence[int]) -> tuple[list[int], list[int]]:
    """Those places whose photos are not held out under another name, and those whose are."""
    groups = {samples[index].group for index in held}
    copies = [index for index in sorted(places) if samples[index].group in groups]
    return sorted(places - set(copies)), copies
