"""What is estimated of a face from its pixels is right where the truth is known: on patches of known colour."""

import math

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage.color import lab2rgb

from tests.masks import bare
from training.evaluate.face_attributes import skin_tone, traits

SKINS = {  # L*, a*, b* within what Chardon and others report for each class
    "very light": (75.0, 10.0, 14.0),
    "light": (67.0, 12.0, 16.0),
    "intermediate": (61.0, 13.0, 17.0),
    "tan": (56.0, 14.0, 18.0),
    "brown": (46.0, 14.0, 17.0),
    "dark": (33.0, 11.0, 13.0),
}


def patch(lab: tuple[float, float, float], side: int = 40) -> np.ndarray:
    """A plain square of a colour, as RGB."""
    color = (lab2rgb(np.array(lab).reshape(1, 1, 3)) * 255).round().astype(np.uint8)
    return np.tile(color, (side, side, 1))


def angle(lab: tuple[float, float, float]) -> float:
    return math.degrees(math.atan((lab[0] - 50) / lab[2]))


@pytest.mark.parametrize("lab", SKINS.values(), ids=SKINS)
def test_the_tone_of_a_plain_patch_is_its_typology_angle(lab: tuple[float, float, float]) -> None:
    assert skin_tone(patch(lab)) == pytest.approx(angle(lab), abs=2)


def test_tones_follow_each_other_from_very_light_to_dark() -> None:
    tones = [skin_tone(patch(lab)) for lab in SKINS.values()]
    assert None not in tones and tones == sorted(tones, reverse=True)


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((40, 40, 3), 150, np.uint8),
        np.tile(np.array([40, 90, 200], np.uint8), (40, 40, 1)),
        patch(SKINS["tan"], side=4),
    ],
    ids=["grey", "blue", "a handful of pixels"],
)
def test_without_enough_skin_there_is_no_tone(pixels: np.ndarray) -> None:
    assert skin_tone(pixels) is None


def test_hair_and_glasses_beside_the_skin_do_not_darken_it() -> None:
    pixels = patch(SKINS["light"])
    pixels[:15] = patch((20.0, 9.0, 11.0))[:15]
    assert skin_tone(pixels) == pytest.approx(angle(SKINS["light"]), abs=3)


def test_what_covers_the_lower_face_does_not_change_the_tone() -> None:
    box = (180, 60, 280, 190)
    photo, covered = bare(), bare()
    covered.paste((20, 60, 200), (180, 130, 280, 190))
    tones = [traits(image, box, shown=100).tone for image in (photo, covered)]
    assert tones[0] is not None and tones[0] == tones[1]


def test_a_grey_photo_has_light_and_detail_but_no_tone() -> None:
    seen = traits(bare().convert("L").convert("RGB"), (180, 60, 280, 190), shown=100)
    assert seen.tone is None
    assert 0 < seen.light < 100 and seen.detail > 0


@pytest.mark.parametrize(("grey", "light"), [(0, 0), (119, 50), (255, 100)])
def test_light_is_the_lightness_of_the_face(grey: int, light: float) -> None:
    seen = traits(Image.new("RGB", (60, 60), (grey, grey, grey)), (0, 0, 60, 60), shown=60)
    assert seen.light == pytest.approx(light, abs=1)


def test_the_more_a_face_is_blurred_the_less_detail_it_has() -> None:
    box = (170, 50, 290, 200)
    details = [traits(bare().filter(ImageFilter.GaussianBlur(r)), box, shown=120).detail for r in (0, 2, 4, 8)]
    assert details == sorted(details, reverse=True) and details[0] > 5 * details[-1]


def test_detail_is_about_the_same_in_a_larger_photo_and_in_less_contrast() -> None:
    photo, box = bare(), (170, 50, 290, 200)
    twice = photo.resize((photo.width * 2, photo.height * 2), Image.Resampling.BICUBIC)
    flat = photo.point([round(64 + value / 2) for value in range(256)] * 3)
    known = traits(photo, box, shown=120).detail
    assert traits(twice, (340, 100, 580, 400), shown=240).detail == pytest.approx(known, rel=0.25)
    assert traits(flat, box, shown=120).detail == pytest.approx(known, rel=0.1)


def test_a_face_of_one_pixel_is_measured_without_an_error() -> None:
    assert traits(bare(), (10, 10, 11, 11), shown=1).tone is None
