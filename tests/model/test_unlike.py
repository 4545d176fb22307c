"""What is none of the labels is told apart, and where the network looked is shown. The test network calls green unlike."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model import NONE, Classifier, Manifest
from model.bundle import ANSWERS, write_manifest
from model.heat_map import draw_looks, overlay
from model.prediction import Look
from tests.bundles import make_bundle
from tests.model.photos import encoded, portrait

RED, GREEN, BLUE = (230, 20, 20), (20, 230, 20), (20, 20, 230)
LIMIT = 0.5


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder = tmp_path_factory.mktemp("whole")
    return Classifier.open(make_bundle(folder, ("tomato", "plum"), find_faces=False, unlike_from=LIMIT))


def picture(color: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> bytes:
    return encoded(Image.new("RGB", size, color), "PNG")


@pytest.mark.parametrize(("green", "label", "sure"), [(30, "tomato", True), (80, "tomato", False), (150, NONE, False)])
def test_a_photo_that_is_nearly_too_unlike_is_answered_but_never_surely(
    tmp_path: Path, green: int, label: str, sure: bool
) -> None:
    bundle = make_bundle(tmp_path, ("tomato", "plum"), find_faces=False, unlike_from=LIMIT, sure_within=0.2)
    answer = Classifier.open(bundle).predict(picture((230, green, 20))).as_json()
    assert (answer["label"], answer["sure"]) == (label, sure)
    assert answer["probabilities"]["tomato"] > 0.99


def test_a_photo_unlike_all_labels_is_none_of_them_and_its_probabilities_are_still_told(whole: Classifier) -> None:
    answer = whole.predict(picture(GREEN)).as_json()
    assert (answer["label"], answer["sure"]) == (NONE, False)
    assert answer["probabilities"].keys() == {"tomato", "plum"}
    assert sum(answer["probabilities"].values()) == pytest.approx(1)


@pytest.mark.parametrize(("color", "label"), [(RED, "tomato"), (BLUE, "plum")])
def test_a_photo_like_those_learned_from_gets_its_label(
    whole: Classifier, color: tuple[int, int, int], label: str
) -> None:
    answer = whole.predict(picture(color)).as_json()
    assert (answer["label"], answer["sure"]) == (label, True)


def test_probabilities_have_four_digits(whole: Classifier) -> None:
    shares = whole.predict(picture((128, 100, 126))).as_json()["probabilities"].values()
    assert all(share == round(share, 4) for share in shares)
    assert max(shares) < 1


def test_what_the_finder_takes_for_a_face_and_is_unlike_all_faces_is_no_face(tmp_path: Path) -> None:
    faces = Classifier.open(make_bundle(tmp_path, unlike_from=LIMIT))
    green, red = (Image.blend(portrait(), Image.new("RGB", (512, 512), color), 0.35) for color in (GREEN, RED))
    assert faces.predict(encoded(red, "PNG")).label == "with_mask"
    assert faces.predict(encoded(green, "PNG")).faces == ()


def test_photos_of_a_label_none_are_none_of_the_others(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, (NONE, "plum"), find_faces=False)
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_text("utf-8"))
    write_manifest(folder, manifest.model_copy(update={"none_from": 0.5}))
    bundle = Classifier.open(folder)
    assert bundle.bundle.manifest.answers == ["plum"]
    assert [bundle.predict(picture(color)).label for color in (RED, BLUE)] == [NONE, "plum"]
    assert bundle.predict(picture(RED)).as_json()["probabilities"] == {"plum": 1.0}


def test_a_label_that_a_person_called_none_stays_a_label_in_older_bundles(tmp_path: Path) -> None:
    older = Classifier.open(make_bundle(tmp_path, (NONE, "plum"), find_faces=False))
    answer = older.predict(picture(RED))
    assert (answer.label, answer.whole and answer.whole.is_none) == (NONE, False)


def test_the_words_for_none_are_the_bundles_own(tmp_path: Path) -> None:
    from bot.reply.wording import reply_to
    from model.image import decode

    own = f'[{NONE}.en]\nanswer = "That is no fruit."\n'
    for name, answers, expected in (
        ("own", own, "That is no fruit."),
        ("plain", None, "This doesn't look like any of these: tomato, plum."),
    ):
        folder = make_bundle(tmp_path / name, ("tomato", "plum"), find_faces=False, unlike_from=LIMIT, answers=answers)
        assert (folder / ANSWERS).exists() == bool(answers)
        classifier = Classifier.open(folder)
        reply = reply_to(classifier.predict(picture(GREEN)), decode(picture(GREEN)), classifier.bundle, "en")
        assert (reply.text, reply.labels, reply.explained) == (expected, (NONE,), False)


def test_a_map_covers_what_the_network_saw(whole: Classifier) -> None:
    half = Image.new("RGB", (128, 96), BLUE)
    half.paste(RED, (0, 0, 80, 96))
    answer = whole.predict(encoded(half, "PNG"))
    (look,) = answer.looks
    assert look.frame == (0, 0, 128, 96)
    heat = np.asarray(overlay(answer.looks, answer.size))
    assert heat.shape == (96, 128, 4)
    assert heat[:, :60, 3].mean() > 150
    assert heat[:, 100:, 3].mean() < 30


def test_what_lies_outside_a_map_is_dimmed() -> None:
    look = Look(np.zeros((4, 4), np.float32), (20, 20, 60, 60))
    white = Image.new("RGB", (80, 80), "white")
    drawn = np.asarray(draw_looks(white, [look], white.size))
    assert drawn[40, 40].min() == 255
    assert drawn[5, 5].max() < 200


def test_a_bundle_without_maps_explains_nothing(tmp_path: Path) -> None:
    plain = Classifier.open(make_bundle(tmp_path, ("tomato", "plum"), find_faces=False))
    answer = plain.predict(picture(RED))
    assert answer.looks == []
    assert "unlike" not in json.dumps(answer.as_json())
