"""The whole way of a photo, on a bundle whose network answers by color: red is the first label, blue the last."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from model import NO_FACE, Bundle, Classifier, PhotoError, Prediction
from model.bundle import SHIPPED, Mirror, write_manifest
from model.classifier import BATCH, MAX_FACES, softmax, with_mirror
from model.faces.box import Box
from model.faces.crop import cut
from model.faces.finder import FoundFace
from model.image import decode
from model.prediction import Outputs
from tests.bundles import make_bundle
from tests.model.photos import cat, encoded, portrait

RED, BLUE = (230, 20, 20), (20, 20, 230)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return Classifier.open(make_bundle(tmp_path_factory.mktemp("faces")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    labels = "tomato", "lime", "plum"
    return Classifier.open(make_bundle(tmp_path_factory.mktemp("whole"), labels, find_faces=False))


def tinted(image: Image.Image, color: tuple[int, int, int]) -> Image.Image:
    """The picture in shades of one color, in which faces are still found."""
    return Image.blend(image, Image.new("RGB", image.size, color), 0.35)


def group() -> Image.Image:
    """A large face in red on the right, a smaller one in blue on the left."""
    picture = Image.new("RGB", (1100, 512), "grey")
    picture.paste(tinted(portrait(), BLUE).resize((256, 256)), (0, 100))
    picture.paste(tinted(portrait(), RED), (400, 0))
    return picture


def file(picture: Image.Image) -> bytes:
    return encoded(picture, "PNG")


@pytest.mark.parametrize(("color", "label"), [(RED, "with_mask"), (BLUE, "without_mask")])
def test_the_face_of_a_portrait_is_answered(faces: Classifier, color: tuple[int, int, int], label: str) -> None:
    prediction = faces.predict(file(tinted(portrait(), color)))
    (face,) = prediction.faces
    assert prediction.label == face.label == label
    assert prediction.main is face and prediction.whole is None
    assert prediction.size == (512, 512)
    assert math.isclose(sum(face.probabilities.values()), 1)
    assert face.confidence == max(face.probabilities.values()) == face.probabilities[label]


def test_every_face_of_a_group_is_answered_and_the_largest_stands_for_the_photo(faces: Classifier) -> None:
    prediction = faces.predict(file(group()))
    assert [face.label for face in prediction.faces] == ["with_mask", "without_mask"]
    assert prediction.faces[0].box[0] > 400 > prediction.faces[1].box[2]
    assert prediction.label == "with_mask"


@pytest.mark.parametrize(("side", "sharp"), [(300, True), (900, False)])
def test_only_a_small_face_needs_all_pixels_of_a_large_photo(side: int, sharp: bool) -> None:
    shipped = Classifier.open(SHIPPED)
    photo = Image.new("RGB", (1_280, 960), "grey")
    photo.paste(portrait().crop((80, 0, 380, 300)).resize((side, side)), (30, 30))
    data = encoded(photo, "JPEG")
    prepared = shipped.prepare(data)
    (picture,), (place,) = prepared.pictures, prepared.places
    margin = shipped.bundle.manifest.faces.margin
    whole = cut(decode(data).image, Box(*map(float, place)), picture.width, margin)
    halved = cut(decode(data, 640).image, Box(*(edge / 2 for edge in place)), picture.width, margin)
    from_whole, from_half = (np.abs(np.asarray(picture, int) - np.asarray(each)).mean() for each in (whole, halved))
    assert min(from_whole, from_half) < 2
    assert (from_whole < from_half) == sharp


def test_a_photo_without_a_face_is_answered_so(faces: Classifier) -> None:
    prediction = faces.predict(file(cat()))
    assert prediction == Prediction(size=(451, 300))
    assert (prediction.label, prediction.main) == (NO_FACE, None)
    assert prediction.as_json() == {"faces": [], "label": "no_face"}


def test_what_the_network_takes_for_no_face_is_not_answered(tmp_path: Path) -> None:
    classifier = Classifier.open(make_bundle(tmp_path, ("with_mask", "without_mask", NO_FACE)))
    assert classifier.predict(file(tinted(portrait(), BLUE))) == Prediction((512, 512))
    (face,) = classifier.predict(file(group())).faces
    assert face.label == "with_mask" and set(face.probabilities) == {"with_mask", "without_mask"}
    assert math.isclose(sum(face.probabilities.values()), 1)


def test_no_face_is_a_label_like_others_where_faces_are_not_looked_for(tmp_path: Path) -> None:
    classifier = Classifier.open(make_bundle(tmp_path, ("face", NO_FACE), find_faces=False))
    prediction = classifier.predict(file(Image.new("RGB", (60, 60), BLUE)))
    assert prediction.whole and prediction.whole.label == NO_FACE and len(prediction.whole.probabilities) == 2


def test_json_has_the_shape_that_is_documented(faces: Classifier) -> None:
    prediction = faces.predict(file(group()))
    answer = prediction.as_json()
    assert list(answer) == ["faces", "label"]
    for given, face in zip(answer["faces"], prediction.faces, strict=True):
        assert list(given) == ["box", "label", "sure", "probabilities"]
        assert given["sure"] is face.sure
        assert given["box"] == list(face.box) and all(type(side) is int for side in given["box"])
        assert list(given["probabilities"]) == ["with_mask", "without_mask"]
        assert all(type(value) is float for value in given["probabilities"].values())


def test_a_bundle_without_face_finding_answers_the_whole_photo(whole: Classifier) -> None:
    prediction = whole.predict(file(Image.new("RGB", (300, 200), BLUE)))
    assert prediction.faces == ()
    assert prediction.whole is not None and prediction.main is prediction.whole
    assert prediction.whole.box == (0, 0, 300, 200)
    answer = prediction.as_json()
    assert (answer["faces"], answer["label"]) == ([], "plum")
    assert list(answer["probabilities"]) == ["tomato", "lime", "plum"]


@pytest.mark.parametrize("size", [(1, 1), (1, 3_000), (3_000, 1), (640, 1), (8_000, 2)])
def test_a_photo_of_any_shape_is_answered(faces: Classifier, whole: Classifier, size: tuple[int, int]) -> None:
    photo = file(Image.new("RGB", size, RED))
    assert faces.predict(photo).label == NO_FACE
    assert whole.predict(photo).label == "tomato"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_are_in_pixels_of_the_photo_as_a_viewer_shows_it(faces: Classifier, orientation: int) -> None:
    upright = portrait().resize((3_000, 3_000)).crop((0, 0, 3_000, 2_000))
    ways = Image.Transpose
    stored = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_90,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_270,
    }
    picture = upright.transpose(stored[orientation]) if orientation in stored else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    prediction = faces.predict(encoded(picture, "JPEG", exif=exif))
    assert prediction.size == (3_000, 2_000)
    (face,) = prediction.faces
    assert np.abs(np.array(face.box) - (1_040, 370, 1_570, 1_030)).max() < 90


def test_an_image_is_answered_like_its_file(faces: Classifier) -> None:
    assert faces.predict(group()) == faces.predict(file(group()))


def test_a_face_over_the_edge_has_its_box_inside_the_photo(faces: Classifier) -> None:
    prediction = faces.predict(file(portrait().crop((190, 70, 300, 190)).resize((880, 960))))
    for face in prediction.faces:
        left, top, right, bottom = face.box
        assert 0 <= left < right <= 880
        assert 0 <= top < bottom <= 960
    assert prediction.faces


def test_an_answer_is_sure_from_the_bundles_threshold_on(tmp_path: Path) -> None:
    photo = file(Image.new("RGB", (10, 10), (133, 128, 128)))
    sure = {}
    for threshold in 0.7, 0.9:
        folder = make_bundle(tmp_path / str(threshold), find_faces=False, sure_from=threshold)
        answer = Classifier.open(folder).predict(photo).main
        assert answer is not None and 0.75 < answer.confidence < 0.89
        sure[threshold] = answer.sure
    assert sure == {0.7: True, 0.9: False}


def test_the_temperature_softens_the_probabilities_and_keeps_the_label(tmp_path: Path) -> None:
    photo = file(Image.new("RGB", (10, 10), (133, 128, 128)))
    folder = make_bundle(tmp_path, find_faces=False)
    plain = Classifier.open(folder).predict(photo).main
    write_manifest(folder, Bundle.open(folder).manifest.model_copy(update={"temperature": 2.0}))
    soft = Classifier.open(folder).predict(photo).main
    assert plain is not None and soft is not None
    assert plain.label == soft.label
    odds = [math.log(answer.confidence / (1 - answer.confidence)) for answer in (plain, soft)]
    assert math.isclose(odds[0], 2 * odds[1], rel_tol=1e-4)


def test_probabilities_of_huge_logits_are_numbers() -> None:
    assert softmax(np.array([[1e4, -1e4, 0], [0, 0, 0]], np.float32)).tolist() == [[1, 0, 0], [1 / 3] * 3]


class LeftSide:
    """A runtime that answers by how red the left half of a picture is, and remembers how many it was shown."""

    name = "left"

    def __init__(self) -> None:
        self.shown, self.gain = 0, 1

    def outputs(self, images: Sequence[Image.Image]) -> Outputs:
        self.shown += len(images)
        reds = [np.asarray(image)[:, : image.width // 2, 0].mean() / 100 for image in images]
        return Outputs(np.array([[red * self.gain, 0, 0] for red in reds], np.float32))


@pytest.mark.parametrize(("best", "share"), [(0.97, 0), (0.95, 0), (0.9, 0.25), (0.85, 0.5), (0.6, 0.5)])
def test_the_mirror_image_counts_the_more_the_more_doubtful_an_answer_is(best: float, share: float) -> None:
    logits = np.array([[math.log(best), math.log(1 - best)]])
    mirrored = np.array([[5.0, -5.0]])
    assert np.allclose(with_mirror(logits, mirrored, Mirror()), (1 - share) * logits + share * mirrored)


def test_a_doubtful_answer_is_the_mean_of_those_to_a_photo_and_its_mirror_image(tmp_path: Path) -> None:
    runtime = LeftSide()
    whole = Classifier(Bundle.open(make_bundle(tmp_path, ("tomato", "lime", "plum"), find_faces=False)), runtime)
    picture = Image.new("RGB", (40, 40), (200, 0, 0))
    picture.paste((100, 0, 0), (20, 0, 40, 40))

    def odds() -> float:
        answer = whole.predict(picture).main
        assert answer is not None
        return math.log(answer.probabilities["tomato"] / answer.probabilities["lime"])

    assert math.isclose(odds(), 2.0, rel_tol=1e-3)
    whole.bundle.manifest.mirror = Mirror()
    assert math.isclose(odds(), 1.5, rel_tol=1e-3)
    assert runtime.shown == 1 + 2


def test_the_mirror_image_of_a_certain_answer_is_not_looked_at(tmp_path: Path) -> None:
    runtime = LeftSide()
    whole = Classifier(Bundle.open(make_bundle(tmp_path, find_faces=False)), runtime)
    whole.bundle.manifest.mirror = Mirror()
    runtime.gain = 100
    whole.predict(Image.new("RGB", (10, 10), RED))
    assert runtime.shown == 1


class Crowd:
    """A finder that sees faces in a row, largest first."""

    def __init__(self, count: int, score: float = 0.9):
        self._count, self._score = count, score

    def find(self, image: Image.Image) -> list[FoundFace]:
        return [FoundFace(Box(10 * place, 0, 10 * place + 10, 10), self._score) for place in range(self._count)]


class Certain:
    """A runtime that gives every picture the same probabilities."""

    name = "certain"

    def __init__(self, *probabilities: float) -> None:
        self._logits = np.log(probabilities)

    def outputs(self, images: Sequence[Image.Image]) -> Outputs:
        return Outputs(np.tile(self._logits, (len(images), 1)))


@pytest.mark.parametrize(
    ("no_face", "score", "limits", "kept"),
    [
        (0.74, 0.9, {}, True),
        (0.76, 0.9, {}, False),
        (0.02, 0.4, {}, True),
        (0.04, 0.4, {}, False),
        (0.76, 0.9, {"no_face_from": 0.8}, True),
        (0.04, 0.4, {"weak_no_face_from": 0.1}, True),
        (0.04, 0.4, {"weak_below": 0.3}, True),
    ],
)
def test_a_face_is_dropped_by_the_bundles_limits_sooner_where_the_detector_was_unsure(
    tmp_path: Path, no_face: float, score: float, limits: dict[str, float], kept: bool
) -> None:
    bundle = Bundle.open(make_bundle(tmp_path, ("cat", "dog", NO_FACE)))
    bundle.manifest.faces = bundle.manifest.faces.model_copy(update=limits)
    classifier = Classifier(bundle, Certain(1 - no_face, 1e-9, no_face))
    classifier._finder = Crowd(1, score)  # type: ignore[assignment]
    assert bool(classifier.predict(Image.new("RGB", (40, 40))).faces) == kept


class Counting:
    """A runtime that remembers how many pictures it was shown at once, and tells them apart by their red."""

    name = "counting"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def outputs(self, images: Sequence[Image.Image]) -> Outputs:
        self.batches.append(len(images))
        reds = [float(np.asarray(image)[:, :, 0].mean()) for image in images]
        return Outputs(np.array([[red, 255 - red] for red in reds], np.float32))


def test_a_crowd_is_answered_face_by_face_without_much_memory(faces: Classifier) -> None:
    runtime = Counting()
    crowded = Classifier(faces.bundle, runtime)
    crowded._finder = Crowd(MAX_FACES + 20)  # type: ignore[assignment]
    picture = Image.new("RGB", (1_210, 10), "blue")
    for place in range(0, 120, 3):
        picture.paste("red", (10 * place, 0, 10 * place + 10, 10))
    prediction = crowded.predict(picture)
    assert sum(runtime.batches) == len(prediction.faces) == MAX_FACES
    assert max(runtime.batches) <= BATCH
    reds = [place for place, face in enumerate(prediction.faces) if face.probabilities["with_mask"] > 0.5]
    assert [face.box[0] for face in prediction.faces] == [10 * place for place in range(MAX_FACES)]
    assert reds == list(range(0, MAX_FACES, 3))


def test_eight_threads_get_the_same_answers_as_one(faces: Classifier) -> None:
    photos = [file(tinted(portrait(), color)) for color in (RED, BLUE)] + [file(cat()), file(group())]
    alone = [faces.predict(photo) for photo in photos]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(faces.predict, photos * 4)) == alone * 4


def test_a_file_that_is_no_photo_is_refused(faces: Classifier) -> None:
    with pytest.raises(PhotoError):
        faces.predict(b"hello")
