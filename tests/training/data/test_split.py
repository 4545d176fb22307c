"""Every photo has one part: to learn from, to choose on, or to measure on; a person's own split is kept."""

from collections.abc import Sequence

import pytest

from training.data.crops import Sample
from training.data.split import three_parts


def samples(counts: dict[str | None, int], copies: Sequence[int] = ()) -> list[Sample]:
    """So many of each part and of both labels, all different but for these places, which are copies of the first."""
    made = []
    for part, count in counts.items():
        for _ in range(count):
            for label in ("cat", "dog"):
                place = len(made)
                group = 0 if place in copies else place
                made.append(Sample(f"{place}.jpg", label, f"{place}-0.jpg", False, (), group, part))
    return made


def test_a_split_at_random_leaves_nothing_out_and_nothing_twice() -> None:
    made = samples({None: 50})
    parts = three_parts(made, 0.15, 0.2, seed=1)
    assert sorted([*parts.train, *parts.valid, *parts.test]) == list(range(100)) and not parts.copies
    assert len(parts.test) == 20 and len(parts.valid) == 12
    assert {made[place].label for place in parts.valid} == {"cat", "dog"}


def test_copies_stay_in_one_part() -> None:
    copies = range(0, 40, 2)
    parts = three_parts(samples({None: 50}, copies), 0.15, 0.2, seed=1)
    assert sum(bool(set(copies) & set(part)) for part in (parts.train, parts.valid, parts.test)) == 1


def test_a_split_of_ones_own_is_used_as_it_is() -> None:
    made = samples({"train": 20, "valid": 5, "test": 6})
    parts = three_parts(made, 0.15, 0.2, seed=1)
    for part, places in (("train", parts.train), ("valid", parts.valid), ("test", parts.test)):
        assert places == [place for place, sample in enumerate(made) if sample.part == part]


def test_the_only_other_part_measures_and_does_not_choose() -> None:
    made = samples({"train": 20, "valid": 5})
    parts = three_parts(made, 0.15, 0.2, seed=1)
    assert parts.test == [place for place, sample in enumerate(made) if sample.part == "valid"]
    assert parts.valid and {made[place].part for place in parts.valid} == {"train"}


def test_what_is_copied_into_the_test_part_is_not_learned_from() -> None:
    made = samples({"train": 20, "test": 5}, copies=[0, 2, 40])  # place 40 is the first test photo
    parts = three_parts(made, 0.15, 0.2, seed=1)
    assert parts.copies == [0, 2] and 40 in parts.test and not {0, 2} & set(parts.learned)


@pytest.mark.parametrize("seed", [1, 2])
def test_without_a_test_part_all_are_learned_from(seed: int) -> None:
    parts = three_parts(samples({None: 6}), 0.15, 0.0, seed)
    assert parts.learned == list(range(12)) and not parts.test and parts.valid
