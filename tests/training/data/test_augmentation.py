"""What a network sees: in validation exactly what serving cuts, in training many moved and worn versions of it."""

import io
import random

import numpy as np
import pytest
from fastai.vision.core import PILImage
from PIL import Image, ImageFilter

from model.bundle import FaceSearch
from model.faces.box import Box
from model.faces.crop import cut
from tests.training.shapes import portrait, shape_photo
from training.data.augmentation import RandomCrop, View, Wear
from training.data.crops import WIDER

FACE = Box(75, 60, 165, 190)


def kept(photo: Image.Image, size: int, face: Box = FACE) -> PILImage:
    """The wider picture around a face, as training keeps it."""
    file = io.BytesIO()
    wide = cut(photo, face, round(size * WIDER), (1 + FaceSearch(find=True).margin) * WIDER - 1)
    wide.save(file, "JPEG", quality=95, subsampling=0)
    return PILImage.create(file)


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())


@pytest.mark.parametrize("size", [64, 96, 128, 160, 224])
@pytest.mark.parametrize("face", [FACE, Box(0, 0, 90, 110), Box(150, 140, 260, 250)], ids=["inside", "corner", "edge"])
def test_validation_sees_what_serving_cuts(size: int, face: Box) -> None:
    photo = portrait(1, striped=True).filter(ImageFilter.GaussianBlur(2))  # half a pixel may lie between both
    seen = View(size, WIDER)(kept(photo, size, face), split_idx=1)
    served = cut(photo, face, size, FaceSearch(find=True).margin)
    assert seen.size == served.size == (size, size)
    moved = cut(
        photo, Box(face.left + 5, face.top + 5, face.right + 5, face.bottom + 5), size, FaceSearch(find=True).margin
    )
    assert difference(seen, served) < 8
    assert difference(seen, served) < difference(seen, moved) / 4


def test_validation_sees_the_same_each_time() -> None:
    view, picture = View(64, WIDER), kept(portrait(0, striped=False), 64)
    assert difference(view(picture, split_idx=1), view(picture, split_idx=1)) == 0


def test_validation_sees_a_whole_photo_untouched() -> None:
    picture = PILImage(shape_photo("circle", 0, 64))
    assert difference(View(64)(picture, split_idx=1), picture) == 0


def test_training_sees_something_else_each_time_but_of_the_same_size() -> None:
    view, picture = View(64, WIDER), kept(portrait(0, striped=False), 64)
    seen = [view(picture, split_idx=0) for _ in range(20)]
    assert {one.size for one in seen} == {(64, 64)}
    assert len({one.tobytes() for one in seen}) == 20


def test_training_without_turns_zoom_and_shifts_only_mirrors() -> None:
    picture = PILImage(shape_photo("square", 3, 64))
    mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    view = View(64, turn=0, zoom=1, shift=0, stretch=0)
    seen = [view(picture, split_idx=0) for _ in range(20)]
    nearest = [min((difference(one, picture), "as it is"), (difference(one, mirrored), "mirrored")) for one in seen]
    assert max(nearest)[0] < 1
    assert {which for _, which in nearest} == {"as it is", "mirrored"}


def test_where_left_and_right_matter_nothing_is_mirrored() -> None:
    picture = PILImage(shape_photo("square", 3, 64))
    view = View(64, turn=0, zoom=1, shift=0, stretch=0, mirror=False)
    assert max(difference(view(picture, split_idx=0), picture) for _ in range(20)) < 1


@pytest.mark.parametrize("side", [32, 64, 128])
def test_wear_keeps_size_and_mode_whatever_happens(side: int) -> None:
    picture, wear = PILImage(shape_photo("circle", 1, side)), Wear(p=1.0)
    for seed in range(100):
        random.seed(seed)
        worn = wear(picture, split_idx=0)
        assert (type(worn), worn.size, worn.mode) == (PILImage, (side, side), "RGB")


def test_wear_changes_training_pictures_only_and_as_often_as_asked() -> None:
    picture = PILImage(shape_photo("circle", 1, 64))
    random.seed(0)
    assert all(difference(Wear(1.0)(picture, split_idx=1), picture) == 0 for _ in range(5))
    assert all(difference(Wear(0.0)(picture, split_idx=0), picture) == 0 for _ in range(5))
    assert all(difference(Wear(1.0)(picture, split_idx=0), picture) > 0 for _ in range(5))


def test_a_whole_photo_is_seen_by_its_middle_square_and_in_training_by_random_parts() -> None:
    across = np.linspace(0, 255, 300).astype(np.uint8)
    photo = PILImage.create(np.repeat(np.tile(across, (200, 1))[..., None], 3, axis=2))
    crop = RandomCrop(size=200, train_size=128)
    served = np.asarray(crop(photo, split_idx=1))
    assert served.shape == (200, 200, 3) and (served == np.asarray(photo)[:, 50:250]).all()
    random.seed(0)
    seen = [np.asarray(crop(photo, split_idx=0)) for _ in range(40)]
    assert {part.shape for part in seen} == {(128, 128, 3)}
    rising = [bool(part[0, -1, 0] > part[0, 0, 0]) for part in seen]
    assert 8 < sum(rising) < 32  # about half are mirrored
    assert min(int(part.min()) for part in seen) < 10 and len({int(part.min()) for part in seen}) > 10


def test_no_photo_is_mirrored_where_left_and_right_matter() -> None:
    photo = PILImage.create(np.repeat(np.tile(np.arange(200, dtype=np.uint8), (200, 1))[..., None], 3, axis=2))
    crop = RandomCrop(size=200, train_size=64, mirror=False)
    for part in (np.asarray(crop(photo, split_idx=0)) for _ in range(20)):
        assert part[0, -1, 0] > part[0, 0, 0]
