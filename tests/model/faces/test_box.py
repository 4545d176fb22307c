"""Rectangles: how far two are the same, and their whole pixels inside a photo."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.faces.box import Box


@pytest.mark.parametrize(
    ("other", "share", "of_smaller"),
    [
        (Box(0, 0, 10, 20), 1, 1),
        (Box(0, 10, 10, 20), 0.5, 1),
        (Box(5, 0, 15, 20), 1 / 3, 0.5),
        (Box(10, 0, 20, 20), 0, 0),
        (Box(3, 3, 3, 3), 0, 0),
    ],
    ids=["same", "inside", "over the edge", "touching", "empty"],
)
def test_the_overlap_of_two_boxes_is_a_share_of_both_or_of_the_smaller(
    other: Box, share: float, of_smaller: float
) -> None:
    assert Box(0, 0, 10, 20).overlap(other) == other.overlap(Box(0, 0, 10, 20)) == pytest.approx(share)
    assert Box(0, 0, 10, 20).shared(other) == other.shared(Box(0, 0, 10, 20)) == pytest.approx(of_smaller)


@settings(deadline=None)
@given(st.tuples(*[st.floats(-1e5, 1e5)] * 4), st.integers(1, 5000), st.integers(1, 5000))
def test_a_box_becomes_whole_pixels_inside_the_photo(
    sides: tuple[float, float, float, float], width: int, height: int
) -> None:
    left, top, right, bottom = Box(*sides).within(width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
