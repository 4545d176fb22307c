"""The square that is cut out for a face."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.faces.box import Box
from model.faces.crop import FILL, cut
from tests.model.photos import portrait

FACE = Box(175, 60, 275, 180)  # in the portrait, give or take


def colored_quarters() -> Image.Image:
    """200 x 200 pixels: black, red, green and white, meeting in the middle."""
    picture = Image.new("RGB", (200, 200), "black")
    for place, color in {(100, 0): "red", (0, 100): "lime", (100, 100): "white"}.items():
        picture.paste(color, (*place, place[0] + 100, place[1] + 100))
    return picture


def test_a_cut_is_a_square_of_the_size_asked_for_around_the_boxs_centre() -> None:
    square = cut(colored_quarters(), Box(80, 70, 120, 130), 64, margin=0.4)
    corners = [square.getpixel(place) for place in ((2, 2), (61, 2), (2, 61), (61, 61))]
    assert square.size == (64, 64)
    assert corners == [(0, 0, 0), (255, 0, 0), (0, 255, 0), (255, 255, 255)]
    assert square.getpixel((28, 28)) == (0, 0, 0) and square.getpixel((35, 35)) == (255, 255, 255)


@pytest.mark.parametrize(("margin", "color"), [(0.0, (255, 0, 0)), (1.0, (0, 0, 255))])
def test_the_margin_is_a_share_of_the_boxs_longer_side(margin: float, color: tuple[int, int, int]) -> None:
    picture = Image.new("RGB", (300, 300), "blue")
    picture.paste("red", (100, 100, 200, 200))
    assert cut(picture, Box(125, 100, 175, 200), 50, margin).getpixel((2, 25)) == color


def test_what_lies_outside_the_photo_is_filled() -> None:
    square = cut(Image.new("RGB", (100, 100), "blue"), Box(-50, 0, 50, 100), 40, margin=0.0)
    assert square.getpixel((18, 20)) == FILL
    assert square.getpixel((21, 20)) == (0, 0, 255)


def test_a_box_outside_the_photo_is_all_filling() -> None:
    square = cut(Image.new("RGB", (100, 100), "blue"), Box(300, 300, 350, 350), 32, margin=0.4)
    assert square.getcolors() == [(32 * 32, FILL)]


@pytest.mark.parametrize(
    "box", [Box(50, 50, 50, 50), Box(60, 60, 40, 40), Box(-1e6, -1e6, 1e6, 1e6), Box(99.9, 0, 100, 100)]
)
def test_a_degenerate_box_still_gives_a_square(box: Box) -> None:
    assert cut(Image.new("RGB", (100, 100), "blue"), box, 32, margin=0.4).size == (32, 32)


@settings(deadline=None)
@given(st.tuples(*[st.floats(-300, 300)] * 4), st.integers(1, 300), st.integers(1, 300), st.floats(0, 4))
def test_any_box_gives_a_square_of_the_photos_colors_and_filling(
    sides: tuple[float, float, float, float], width: int, height: int, margin: float
) -> None:
    square = cut(Image.new("RGB", (width, height), "blue"), Box(*sides), 24, margin)
    assert square.size == (24, 24)
    assert set(map(tuple, np.asarray(square).reshape(-1, 3).tolist())) <= {(0, 0, 255), FILL}


@pytest.mark.parametrize("factor", [1, 3])
def test_a_cut_shows_the_same_whether_the_photo_was_shrunk_or_not(factor: int) -> None:
    large = portrait().resize((1536, 1536), Image.Resampling.LANCZOS)
    shown = cut(large.reduce(factor), FACE.scaled(3 / factor), 112, 0.4)
    assert np.abs(np.asarray(shown, dtype=int) - np.asarray(cut(portrait(), FACE, 112, 0.4))).mean() < 6
