"""What the page shows of an answer: sentences, boxes, labels that cover nothing, colors that can be read."""

import html
from pathlib import Path

import httpx
import pytest

from model import Bundle, Classifier, Face, Prediction
from tests.bot.photos import two_faces
from tests.bundles import make_bundle
from tests.web.serving import served
from web.view_model import LABEL, WIDE, result_of, tints

ANSWERS = """
[with_mask]
color = "navy"
[with_mask.en]
name = "with a mask"
answer = "You wear a mask."
[without_mask]
color = "#F0E442"
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle.open(make_bundle(tmp_path_factory.mktemp("results") / "bundle", answers=ANSWERS))


def face(*box: int, share: float = 0.97, sure: bool = True) -> Face:
    left, top, right, bottom = box
    return Face((left, top, right, bottom), "with_mask", {"with_mask": share, "without_mask": 1 - share}, sure)


def test_one_sure_face_gets_the_bundles_own_words(bundle: Bundle) -> None:
    result = result_of(Prediction((400, 300), (face(100, 100, 200, 200),)), bundle, "en")
    assert (result.sentence, result.advice) == ("I see one face: with a mask.", "You wear a mask.")
    assert result.cards[0].how_sure == "I'm 97% sure."
    assert [(bar.name, bar.share, bar.text) for bar in result.cards[0].bars] == [
        ("with a mask", 97.0, "97%"),
        ("without mask", 3.0, "3%"),
    ]


def test_an_unsure_answer_is_a_guess_and_gives_no_advice(bundle: Bundle) -> None:
    unsure = face(100, 100, 200, 200, share=0.55, sure=False)
    result = result_of(Prediction((400, 300), (unsure,)), bundle, "en")
    assert (result.sentence, result.advice) == ("I'm not sure. My best guess: with a mask.", "")
    assert "not sure" in result.cards[0].how_sure


def test_nobody_is_a_hundred_percent_sure(bundle: Bundle) -> None:
    result = result_of(Prediction((400, 300), (face(100, 100, 200, 200, share=0.9999),)), bundle, "en")
    assert result.cards[0].how_sure == "I'm more than 99% sure."


def test_boxes_are_drawn_in_the_drawings_own_units(bundle: Bundle) -> None:
    frame = result_of(Prediction((500, 400), (face(50, 100, 150, 250),)), bundle, "en").cards[0].frame
    assert frame
    assert (frame.left, frame.top, frame.width, frame.height) == (100, 200, 200, 300)
    assert WIDE == 1000


@pytest.mark.parametrize(
    ("box", "label_top", "above"),
    [
        ((100, 100, 200, 200), 100 - LABEL, True),
        ((100, 10, 200, 200), 200, False),
        ((100, 10, 200, 990), 10, False),
    ],
    ids=["above", "below, at the upper edge", "inside, from edge to edge"],
)
def test_a_label_stands_where_there_is_room(
    bundle: Bundle, box: tuple[int, int, int, int], label_top: float, above: bool
) -> None:
    frame = result_of(Prediction((1000, 1000), (face(*box),)), bundle, "en").cards[0].frame
    assert frame
    assert (frame.label_top, frame.above) == (label_top, above)


def test_labels_that_would_cover_each_other_are_numbers_only(bundle: Bundle) -> None:
    def result(distance: int) -> tuple[bool, bool]:
        faces = tuple(face(100 + distance * number, 200, 180 + distance * number, 300) for number in range(3))
        drawn = result_of(Prediction((1000, 800), faces), bundle, "en")
        return drawn.crowded, drawn.crowded_on_phones

    assert result(85) == (True, True)
    assert result(420) == (False, True)


def test_faces_without_end_are_counted_and_named(bundle: Bundle) -> None:
    faces = tuple(face(10 * number, 100, 10 * number + 8, 110) for number in range(100))
    result = result_of(Prediction((1000, 800), faces), bundle, "en")
    assert result.sentence == "That's a lot of faces! I looked at the 100 largest: 100 with a mask."
    assert len(result.cards) == 100


def test_letters_can_be_read_on_every_labels_color(bundle: Bundle) -> None:
    sheet = tints([bundle]).splitlines()
    assert sheet == [".tint-000080{--tint:#000080;--ink:#fff}", ".tint-f0e442{--tint:#f0e442;--ink:#000}"]


def test_a_label_without_words_or_color_gets_plain_ones(tmp_path: Path) -> None:
    plain = Bundle.open(make_bundle(tmp_path, ("with_mask", "b" * 60)))
    answer = Face((0, 0, 10, 10), "b" * 60, {"with_mask": 0.1, "b" * 60: 0.9}, True)
    result = result_of(Prediction((10, 10), whole=answer), plain, "fr")
    assert result.sentence == f"On dirait ceci\u00a0: {'b' * 39}…."
    assert len(tints([plain]).splitlines()) == 2


def test_labels_of_any_script_and_signs_are_data_in_the_page(tmp_path: Path) -> None:
    labels = ("戴口罩 <b>&amp;</b> {count} $0_^", "<script>alert(1)</script> \"quoted\" 'x'")
    models = {"odd": Classifier.open(make_bundle(tmp_path / "odd", labels), "onnx")}
    with served(models) as address, httpx.Client(trust_env=False, verify=False, timeout=60) as http:
        answer = http.post(address, files={"photo": ("a.jpg", two_faces())}, headers={"Accept": "text/html"})
    assert answer.status_code == 200 and "<script>alert" not in answer.text and "<b>&amp;</b>" not in answer.text
    shown = html.unescape(answer.text)
    assert all(label.replace("_", " ") in shown for label in labels)
