"""The bundle that ships in `model/` answers what anybody can see."""

import io
import random
from collections.abc import Iterator

import pytest
from PIL import Image, ImageEnhance

from model import Bundle, Classifier
from model.bundle import ANSWERS, ONNX, PICKLE
from model.classifier import softmax
from tests.masks import bare, beside, cat, masked


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier.open()


def as_file(image: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def test_a_bare_face_is_without_a_mask(shipped: Classifier) -> None:
    assert shipped.predict(as_file(bare())).label == "without_mask"


def test_a_face_behind_a_mask_is_with_a_mask(shipped: Classifier) -> None:
    assert shipped.predict(as_file(masked())).label == "with_mask"


def test_two_people_get_an_answer_each(shipped: Classifier) -> None:
    faces = shipped.predict(as_file(beside(bare(), masked()))).faces
    assert [face.label for face in sorted(faces, key=lambda face: face.box[0])] == ["without_mask", "with_mask"]


def test_a_cat_is_no_face(shipped: Classifier) -> None:
    assert shipped.predict(as_file(cat())).label == "no_face"


def test_it_ships_whole_and_speaks_both_languages_about_every_label() -> None:
    bundle = Bundle.open()
    assert bundle.has(ONNX)
    assert bundle.has(PICKLE)
    assert (bundle.folder / ANSWERS).is_file()
    for label in bundle.manifest.answers:
        spoken = [bundle.words(label, language).answer for language in ("en", "fr")]
        assert all(spoken)
        assert spoken[0] != spoken[1]


def test_its_manifest_says_what_it_learned_from_and_how_right_it_is() -> None:
    manifest = Bundle.open().manifest
    assert sum(manifest.data["photos"].values()) > 5000
    assert manifest.data["held_out"] > 1000
    accuracy = manifest.figures["held_out"]["accuracy"]
    assert accuracy["of"] == manifest.data["held_out"]
    assert accuracy["share"] == pytest.approx(accuracy["right"] / accuracy["of"], abs=1e-4)


def test_both_runtimes_give_the_same_answers_to_200_photos(shipped: Classifier) -> None:
    learner = Classifier.open(runtime="fastai")
    side = shipped.bundle.manifest.input.height  # type: ignore[union-attr]
    faces = [photo.crop((60, -60, 400, 280)).resize((side, side)) for photo in two_hundred_photos()]
    ours, theirs = (softmax(classifier.runtime.outputs(faces).logits) for classifier in (shipped, learner))
    assert ours == pytest.approx(theirs, abs=1e-3)
    assert len(set(ours.argmax(1))) > 1
    for photo in (bare(), masked(), cat()):
        one, other = shipped.predict(photo), learner.predict(photo)
        assert one.label == other.label
        assert [face.box for face in one.faces] == [face.box for face in other.faces]


def two_hundred_photos() -> Iterator[Image.Image]:
    """The portraits, turned, darkened and compressed in 200 ways."""
    chance = random.Random(0)
    both = bare(), masked()
    for number in range(200):
        photo = both[number % 2]
        photo = photo.rotate(chance.uniform(-25, 25), Image.Resampling.BILINEAR)
        photo = ImageEnhance.Brightness(photo).enhance(chance.uniform(0.4, 1.5))
        yield Image.open(io.BytesIO(as_file(photo, chance.randint(20, 95))))
