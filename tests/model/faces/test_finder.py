"""Which faces are found, and the square that is cut out for each."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.faces.finder import FILL, SEARCH_SIDE, Box, FaceFinder, cut
from tests.model.photos import cat, portrait

FACE = Box(175, 60, 275, 180)  # in the portrait, give or take


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


def overlap(first: Box, second: Box) -> float:
    """Shared area as a part of the area of both."""
    across = min(first.right, second.right) - max(first.left, second.left)
    down = min(first.bottom, second.bottom) - max(first.top, second.top)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (first.area + second.area - shared)


def test_the_face_of_a_portrait_is_found(finder: FaceFinder) -> None:
    (face,) = finder.find(portrait())
    assert overlap(face.box, FACE) > 0.6
    assert face.score > 0.6


@pytest.mark.parametrize("side", [128, 2500])
def test_a_box_is_in_pixels_of_the_picture_however_large_it_is(finder: FaceFinder, side: int) -> None:
    (face,) = finder.find(portrait().resize((side, side)))
    assert overlap(face.box, FACE.scaled(side / 512)) > 0.6


def test_the_largest_of_several_faces_comes_first(finder: FaceFinder) -> None:
    group = Image.new("RGB", (1100, 512), "grey")
    group.paste(portrait().resize((256, 256)), (0, 100))
    group.paste(portrait(), (400, 0))
    faces = finder.find(group)
    assert len(faces) == 2
    assert faces[0].box.left > 400 > faces[1].box.right
    assert faces[0].box.area > 2 * faces[1].box.area


def test_a_face_that_fills_the_picture_is_found(finder: FaceFinder) -> None:
    face = portrait().crop((192, 77, 254, 162)).resize((1_200, 1_645))
    (found,) = finder.find(face)
    assert overlap(found.box, Box(0, 0, 1_200, 1_645)) > 0.6
    assert finder._look(np.asarray(face), SEARCH_SIDE) == []  # only the border lets the detector see it


def test_a_cat_has_no_face(finder: FaceFinder) -> None:
    assert finder.find(cat()) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 1305), (3000, 1), (33, 7), (31, 31), (640, 480), (1280, 960)])
@pytest.mark.parametrize("color", ["white", "black", FILL])
def test_a_blank_picture_of_any_size_has_no_face(
    finder: FaceFinder, size: tuple[int, int], color: str | tuple[int, int, int]
) -> None:
    assert finder.find(Image.new("RGB", size, color)) == []


def test_faces_below_the_smallest_side_are_left_out() -> None:
    assert FaceFinder(min_side=80).find(portrait()) != []
    assert FaceFinder(min_side=300).find(portrait()) == []


def test_faces_below_the_smallest_score_are_left_out() -> None:
    assert FaceFinder(min_score=0.999).find(portrait()) == []


def test_eight_threads_get_the_same_faces_as_one(finder: FaceFinder) -> None:
    pictures = [portrait().resize((200 + 40 * step, 300)) for step in range(8)] + [cat()] * 2
    alone = [finder.find(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(finder.find, pictures * 3))
    assert together == alone * 3


@settings(deadline=None)
@given(st.tuples(*[st.floats(-1e5, 1e5)] * 4), st.integers(1, 5000), st.integers(1, 5000))
def test_a_box_becomes_whole_pixels_inside_the_photo(
    sides: tuple[float, float, float, float], width: int, height: int
) -> None:
    left, top, right, bottom = Box(*sides).within(width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


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
