"""Which faces are found, and where."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from model.faces.box import Box
from model.faces.crop import FILL
from model.faces.finder import SEARCH_SIDE, FaceFinder, FoundFace, _one_a_head
from tests.model.photos import cat, portrait

FACE = Box(175, 60, 275, 180)  # in the portrait, give or take


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


def test_the_face_of_a_portrait_is_found(finder: FaceFinder) -> None:
    (face,) = finder.find(portrait())
    assert face.box.overlap(FACE) > 0.6
    assert face.score > 0.6


@pytest.mark.parametrize("side", [128, 2500])
def test_a_box_is_in_pixels_of_the_picture_however_large_it_is(finder: FaceFinder, side: int) -> None:
    (face,) = finder.find(portrait().resize((side, side)))
    assert face.box.overlap(FACE.scaled(side / 512)) > 0.6


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
    assert found.box.overlap(Box(0, 0, 1_200, 1_645)) > 0.6
    assert finder._look(np.asarray(face), SEARCH_SIDE) == []  # only the border lets the detector see it


def test_a_cat_has_no_face(finder: FaceFinder) -> None:
    assert finder.find(cat()) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 1305), (3000, 1), (33, 7), (31, 31), (640, 480), (1280, 960)])
@pytest.mark.parametrize("color", ["white", "black", FILL])
def test_a_blank_picture_of_any_size_has_no_face(
    finder: FaceFinder, size: tuple[int, int], color: str | tuple[int, int, int]
) -> None:
    assert finder.find(Image.new("RGB", size, color)) == []


def test_boxes_are_moved_down_by_a_share_of_their_longer_side(finder: FaceFinder) -> None:
    (plain,), (moved,) = finder.find(portrait()), FaceFinder(shift_down=0.1).find(portrait())
    down = 0.1 * plain.box.height
    assert plain.box.height > plain.box.width
    assert moved.box == Box(plain.box.left, plain.box.top + down, plain.box.right, plain.box.bottom + down)


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


def test_of_two_boxes_on_a_head_the_uncertain_one_is_dropped_and_nothing_else() -> None:
    head, mask, beside = Box(100, 100, 200, 230), Box(120, 160, 190, 220), Box(170, 120, 260, 240)
    found = [FoundFace(mask, 0.3), FoundFace(head, 0.9), FoundFace(beside, 0.3)]
    assert [face.box for face in _one_a_head(found)] == [head, beside]
    for scores in ((0.7, 0.9), (0.25, 0.5)):  # both certain, or none
        two = [FoundFace(mask, scores[0]), FoundFace(head, scores[1])]
        assert _one_a_head(two) == two
