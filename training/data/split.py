"""Which samples are trained on and which are held out."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

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
    wanted = {label: count * valid_pct for label, count in Counter(sample.label for sample in samples).items()}
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
            raise DataError(f"Too few different photos of {label!r} to train on some and hold others out: add more.")
    return sorted(train), sorted(valid)
