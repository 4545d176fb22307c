"""Groups are compared honestly: small ones are joined, and a gap is called one only when chance does not explain it."""

from pathlib import Path

import numpy as np
import pytest

from model import Face
from training.data.annotations import KnownFace, KnownPhoto
from training.data.layouts import DataError
from training.evaluate.calibration import Share
from training.evaluate.face_attributes import Traits
from training.evaluate.fairness import (
    SCALES_OF_FACES,
    Group,
    Grouping,
    audit,
    by_scale,
    join_small,
    largest_gap,
    read_groups,
)
from training.evaluate.matching import Outcome

TONE, SIZE = SCALES_OF_FACES[0], SCALES_OF_FACES[1]


def outcome(
    right: bool = True, tone: float | None = 50.0, side: int = 100, name: str = "a.jpg", found: bool = True
) -> Outcome:
    face = Face((0, 0, side, side), "cat" if right else "dog", {"cat": 0.5, "dog": 0.5}, True) if found else None
    photo = KnownPhoto(Path(name), "photos", (KnownFace("cat"),))
    return Outcome(photo, "cat", face, (0, 0, side, side), Traits(tone, 50.0, 0.3, side))


def group(name: str, right: int, of: int) -> Group:
    return Group(name, Share(of, of), Share(right, of))


@pytest.mark.parametrize(
    ("tone", "name"),
    [(60, "very light"), (50, "light"), (30, "intermediate"), (15, "tan"), (-10, "brown"), (-50, "dark")],
)
def test_a_tone_belongs_to_the_class_that_dermatologists_give_it(tone: float, name: str) -> None:
    others = [outcome(tone=other) for other in (60, 50, 30, 15, -10, -50) for _ in range(50) if other != tone]
    groups = by_scale([*others, *(outcome(right=False, tone=tone) for _ in range(50))], TONE).groups
    assert [found.name for found in groups if found.right.right == 0] == [name]
    assert len(groups) == 6


def test_groups_of_few_faces_are_joined_with_a_neighbour() -> None:
    counts = [("dark", 10), ("brown", 45), ("tan", 60), ("intermediate", 3), ("light", 2), ("very light", 70)]
    assert join_small(counts) == [("dark or brown", 2), ("tan to light", 3), ("very light", 1)]
    assert join_small([("small", 3), ("large", 4)]) == [("small or large", 2)]


def test_every_face_is_counted_once_whatever_is_joined() -> None:
    random = np.random.default_rng(0)
    outcomes = [outcome(side=int(side)) for side in random.integers(10, 400, 300)]
    grouping = by_scale(outcomes, SIZE)
    assert sum(found.found.of for found in grouping.groups) == 300
    assert all(found.found.of >= 50 for found in grouping.groups)


def test_faces_whose_tone_cannot_be_told_are_counted_apart() -> None:
    grouping = by_scale([outcome(tone=None), outcome(tone=None), outcome()], TONE)
    assert grouping.without == 2
    assert sum(found.found.of for found in grouping.groups) == 1


def test_a_face_that_is_not_found_counts_as_not_found_and_not_as_wrong() -> None:
    groups = by_scale([outcome(found=False), outcome(), outcome(right=False)], TONE).groups
    assert (groups[0].found, groups[0].right) == (Share(2, 3), Share(1, 2))


def test_a_clear_gap_is_beyond_chance_and_said_so() -> None:
    groups = (group("dark", 80, 100), group("tan", 97, 100), group("light", 98, 100))
    gap = largest_gap(groups)
    assert gap and (gap.best.name, gap.worst.name) == ("light", "dark")
    assert gap.points == pytest.approx(18)
    assert gap.chance < 0.01
    words = Grouping("skin tone", groups, gap, 0).words()
    assert "a gap of 18.0 points, more than chance explains" in words and "dark (80.0%)" in words


def test_a_gap_of_few_faces_may_be_chance_and_is_said_so() -> None:
    groups = (group("dark", 8, 10), group("light", 95, 100))
    gap = largest_gap(groups)
    assert gap and gap.chance > 0.05
    assert "which may be chance" in Grouping("skin tone", groups, gap, 0).words()


def test_where_groups_do_not_differ_a_gap_is_called_one_in_about_one_of_twenty_cases() -> None:
    random = np.random.default_rng(1)
    sizes = (40, 200, 90, 60)
    chances = []
    for _ in range(200):
        gap = largest_gap([group(str(size), int(random.binomial(size, 0.9)), size) for size in sizes], shuffles=400)
        assert gap
        chances.append(gap.chance)
    assert 0.005 <= np.mean(np.array(chances) < 0.05) <= 0.1


def test_groups_that_are_all_right_have_no_gap_and_one_group_cannot_be_compared() -> None:
    gap = largest_gap([group("dark", 50, 50), group("light", 60, 60)])
    assert gap and gap.points == 0 and gap.chance == 1
    assert largest_gap([group("light", 5, 6)]) is None
    assert "too few to compare" in Grouping("skin tone", (), None, 9).words()


def test_groups_of_ones_own_are_read_by_photo_and_by_box(tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text(
        "photo,left,top,right,bottom,age,city\na.jpg,,,,,young,Lyon\nb.jpg,0,0,90,90,old,\nb.jpg,300,0,400,100,young,\n"
    )
    outcomes = [outcome(name="a.jpg"), outcome(name="b.jpg", right=False), outcome(name="c.jpg")]
    groupings = {grouping.name: grouping for grouping in audit(outcomes, read_groups(file))}
    assert [(found.name, found.right) for found in groupings["age"].groups] == [
        ("old", Share(0, 1)),
        ("young", Share(1, 1)),
    ]
    assert groupings["age"].without == 1
    assert "city" not in groupings  # one group compares to nothing


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("photo\na.jpg\n", "has no column of groups"),
        ("file,group\na.jpg,x\n", "has no column 'photo'"),
        ("photo,group\na.jpg,\n", "puts no photo into a group"),
        (
            "photo,left,top,right,bottom,group\na.jpg,0,x,9,9,old\n",
            "line 2: left, top, right and bottom must be pixels",
        ),
    ],
)
def test_what_is_wrong_with_a_list_of_groups_is_said(content: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text(content)
    with pytest.raises(DataError, match=problem):
        read_groups(tmp_path / "groups.csv")


def test_whole_photos_are_grouped_by_what_photos_have_and_never_by_skin() -> None:
    outcomes = [outcome(side=side, tone=tone) for side in (200, 1000) for tone in (60.0, -50.0) for _ in range(60)]
    assert "skin tone" in [grouping.name for grouping in audit(outcomes)]
    assert [grouping.name for grouping in audit(outcomes, faces=False)] == ["photo size"]
