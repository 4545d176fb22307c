"""Labels at boxes: none covers another, and each stands inside the picture."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reply.labels import Box, place

SIZE = (1280, 960)


def disjoint(one: Box, other: Box) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@st.composite
def boxes(draw: st.DrawFn) -> list[Box]:
    """Up to a hundred boxes of any size, some over others, some beyond the edge."""
    corners = draw(st.lists(st.tuples(*[st.integers(-20, side) for side in SIZE]), min_size=1, max_size=100))
    sides = draw(st.lists(st.integers(4, 400), min_size=len(corners), max_size=len(corners)))
    return [(x, y, x + side, y + side) for (x, y), side in zip(corners, sides, strict=True)]


@settings(deadline=None, max_examples=30)
@given(boxes())
def test_no_number_covers_another_however_the_faces_lie(crowd: list[Box]) -> None:
    labels = place(crowd, [f"{number}?" for number in range(1, len(crowd) + 1)], SIZE)
    assert all(disjoint(one.box, other.box) for one, other in combinations(labels, 2))
    assert all(0 <= label.box[0] < label.box[2] < SIZE[0] for label in labels)
    assert all(0 <= label.box[1] < label.box[3] < SIZE[1] for label in labels)


def test_twenty_faces_at_one_place_have_a_label_each() -> None:
    labels = place([(600, 400, 620, 420)] * 20, [str(number) for number in range(20)], SIZE)
    assert all(disjoint(one.box, other.box) for one, other in combinations(labels, 2))
    assert labels[0].clear and not labels[-1].at_box


def test_a_label_keeps_off_the_faces_beside_its_own() -> None:
    face, above = (500, 400, 560, 480), (500, 310, 560, 395)
    first, second = place([face, above], ["with a mask", "without a mask"], SIZE)
    assert first.clear and second.clear
    assert disjoint(first.box, above) and disjoint(second.box, face)


def test_a_number_stands_in_the_corner_of_a_large_box_and_outside_a_small_one() -> None:
    large, small = (100, 100, 400, 500), (700, 300, 730, 340)
    inside, outside = place([large, small], ["1", "2"], SIZE)
    assert inside.box[:2] == (100, 100) and disjoint(outside.box, small)
