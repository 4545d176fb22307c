"""From a prediction to words and picture, without Telegram."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.reply.drawing import Mark, draw
from bot.reply.labels import legible
from bot.reply.languages import LANGUAGES, say
from bot.reply.several_faces import MAX_LINES, marks_of
from bot.reply.wording import reply_to, reply_to_album
from model import Bundle, Face, Prediction
from model.bundle import ANSWERS, SHIPPED, FaceSearch, Manifest
from model.image import from_image
from model.wording import short_name
from tests.bundles import make_bundle

PHOTO = from_image(Image.new("RGB", (400, 300), "gray"))
SHIPPED_LABELS = ("with_mask", "without_mask", "worn_incorrectly")


def bundle(labels: list[str]) -> Bundle:
    """A bundle that says nothing about its labels."""
    return Bundle(Path(), Manifest(name="any", labels=labels, faces=FaceSearch(find=True), files={}))


def face(label: str, confidence: float = 0.9, sure: bool = True, left: int = 10) -> Face:
    return Face((left, 100, left + 50, 160), label, {label: confidence}, sure)


def text(*faces: Face, labels: list[str], language: str = "en") -> str:
    return reply_to(Prediction((400, 300), faces), PHOTO, bundle(labels), language).text


def crowd(count: int, labels: list[str], unsure: Sequence[int] = ()) -> tuple[Face, ...]:
    """Faces in rows, whose labels take turns; those with the given numbers are unsure."""
    return tuple(
        Face((x, y, x + 20, y + 25), labels[number % len(labels)], {labels[0]: 0.9}, number + 1 not in unsure)
        for number in range(count)
        for x, y in [(number % 12 * 32, number // 12 * 32)]
    )


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.97, "I'm 97% sure."), (0.994, "I'm 99% sure."), (0.996, "I'm more than 99% sure."), (1.0, "more than 99%")],
)
def test_the_bot_says_how_sure_it_is_and_never_claims_to_be_certain(confidence: float, words: str) -> None:
    said = text(face("cat", confidence), labels=["cat", "dog"])
    assert words in said and "100" not in said


def test_an_unsure_answer_is_called_a_guess() -> None:
    assert text(face("cat", 0.61, sure=False), labels=["cat", "dog"]).startswith(
        "I'm not sure. My best guess: cat (61%)."
    )
    assert "Je ne suis pas sûr" in text(face("cat", 0.61, sure=False), labels=["cat", "dog"], language="fr")


def test_a_sure_threshold_of_one_still_never_gives_a_hundred_percent() -> None:
    assert "(99%)" in text(face("cat", 0.9999, sure=False), labels=["cat", "dog"])


def test_a_label_the_bundle_says_nothing_about_gets_a_plain_sentence() -> None:
    assert text(face("siamese_cat"), labels=["siamese_cat", "dog"]).startswith("Looks like this: siamese cat.")
    whole = Prediction((400, 300), whole=face("siamese_cat"))
    assert reply_to(whole, PHOTO, bundle(["siamese_cat", "dog"]), "fr").text.startswith("On dirait ceci")


def test_unsure_faces_among_several_are_told() -> None:
    said = text(face("cat"), face("cat", 0.6, sure=False, left=200), labels=["cat", "dog"])
    assert said == "I see 2 faces:\n• 2 cat\n\nI'm not sure about 1 of them, marked with a question mark."


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_crowd_of_a_hundred_labels_with_long_names_fits_a_caption(language: str) -> None:
    labels = [f"{number:03}" + "ß" * 200 for number in range(100)]
    said = text(*crowd(100, labels, unsure=range(101)), labels=labels, language=language)
    assert len(said.encode("utf-16-le")) / 2 <= 1024
    assert said.count("•") == MAX_LINES + 1
    assert say("other_faces", language, count=100 - MAX_LINES) in said


def test_the_caption_of_a_crowd_lists_the_numbers_that_stand_at_the_boxes() -> None:
    faces, words = crowd(9, ["cat", "cat", "cat", "dog"], unsure=[3, 8]), bundle(["cat", "dog"])
    marks, numbered = marks_of(Prediction((400, 300), faces), words, "en")
    assert numbered and [mark.text for mark in marks] == ["1", "2", "3?", "4", "5", "6", "7", "8?", "9"]
    assert text(*faces, labels=["cat", "dog"]).splitlines()[:3] == [
        "I see 9 faces:",
        "• 7 cat: 1, 2, 3?, 5–7, 9",
        "• 2 dog: 4, 8?",
    ]
    assert "• 2 dog\N{NO-BREAK SPACE}: 4, 8?" in text(*faces, labels=["cat", "dog"], language="fr")


def test_an_album_lists_the_numbers_in_its_pictures_as_far_as_there_is_room() -> None:
    words, faces = bundle(["cat", "dog"]), crowd(9, ["cat", "dog"])
    one, many = Prediction((2000, 1500), (face("cat"),)), Prediction((400, 300), faces)
    replies = [reply_to(each, PHOTO, words, "en") for each in (one, many)]
    assert reply_to_album(replies, "en").text.splitlines() == [
        "I looked at your 2 photos:",
        "1. cat",
        "2. I see 9 faces:",
        "• 5 cat: 1, 3, 5, 7, 9",
        "• 4 dog: 2, 4, 6, 8",
    ]
    crowded = reply_to(Prediction((400, 300), crowd(100, ["cat", "dog"])), PHOTO, words, "en")
    said = reply_to_album([crowded] * 10, "en").text
    assert len(said) <= 1024 and said.count("I see") + said.count("a lot of faces") == 1
    assert said.count("100 faces: 50 cat, 50 dog") == 9


def test_few_faces_have_names_at_their_boxes_as_long_as_those_find_room() -> None:
    words = bundle(["without_a_mask", "with_a_mask"])
    apart = Prediction((1280, 960), (face("with_a_mask"), face("without_a_mask", sure=False, left=600)))
    close = Prediction((1280, 960), (face("with_a_mask"), face("without_a_mask", left=35)))
    assert [mark.text for mark in marks_of(apart, words, "en")[0]] == ["with a mask", "without a mask ?"]
    assert [mark.text for mark in marks_of(apart, words, "en", asking=True)[0]][1] == "2. without a mask ?"
    assert [mark.text for mark in marks_of(close, words, "en")[0]] == ["with a mask", "without a mask"]
    crossing = tuple(face("without_a_mask", left=left) for left in (10, 40, 70, 100))
    assert [mark.text for mark in marks_of(Prediction((1280, 960), crossing), words, "en")[0]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_of_a_hundred_unsure_faces_fit_a_caption_and_end_with_a_whole_one(language: str) -> None:
    labels = [f"{number:02}" + "ß" * 200 for number in range(10)]
    said = text(*crowd(100, labels, unsure=range(101)), labels=labels, language=language)
    ends = [line.replace("：", ": ").rpartition(": ")[2] for line in said.splitlines() if line.endswith(("?", ", …"))]
    listed = {number for end in ends for number in end.removesuffix(", …").split(", ")}
    assert len(ends) == MAX_LINES and listed <= {f"{number}?" for number in range(1, 101)}
    assert len(said.encode("utf-16-le")) / 2 <= 1024
    astral = ["\N{OLD ITALIC LETTER A}" * 200 + label for label in labels]
    said = text(*crowd(100, astral, unsure=range(101)), labels=astral, language=language)
    assert len(said.encode("utf-16-le")) / 2 <= 1024


ODD_LABELS = [
    "$0_to_$10",
    "a_^_b",
    "{count} {} }{",
    "<b>&amp; #1</b>",
    "\"quoted\" 'twice' \\ `code`",
    "cat \N{CAT FACE}\N{VARIATION SELECTOR-16}",
    "cafe\N{COMBINING ACUTE ACCENT} ",
    "two\nlines\tand a tab",
    "戴口罩",
    "كمامة",
    "मास्क",
    "หน้ากาก",
    "מסכה",
    "\N{CAT FACE}",
    "x" * 200,
]


@pytest.mark.parametrize("label", ODD_LABELS)
def test_whatever_a_label_is_called_the_words_hold_it_and_the_picture_shows_no_empty_box(label: str) -> None:
    words = bundle(["dog", label])
    two = Prediction((2000, 1500), (face(label), face("dog", left=1200)))
    marks, _ = marks_of(two, words, "en")
    assert marks[0].text and legible(marks[0].text) == marks[0].text
    assert legible(marks_of(two, words, "en", asking=True)[0][0].text).startswith("1. ")
    reply = reply_to(two, PHOTO, words, "en")
    name = short_name(label, words, "en")
    assert f"• 1 {name}" in reply.text and reply.pictures
    assert ("[2]" in reply.text) == (marks[0].text == "[2]")
    assert name in reply_to(Prediction((400, 300), (face(label),)), PHOTO, words, "en").text.replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("avec un masque", "avec un masque"),
        ("без маски, με μάσκα, đeo khẩu trang", "без маски, με μάσκα, đeo khẩu trang"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "café"),
        ("cat \N{CAT FACE} & dog \N{DOG FACE}", "cat & dog"),
        ("戴口罩 (mask)", ""),
        ("मास्क", ""),
        ("\N{CAT FACE}", ""),
    ],
)
def test_a_picture_shows_the_letters_that_its_font_has(text: str, shown: str) -> None:
    assert legible(text) == shown


def test_two_long_names_that_begin_alike_are_counted_apart() -> None:
    labels = ["x" * 60 + "a", "x" * 60 + "b"]
    assert text(*map(face, labels), labels=labels).count("• 1 ") == 2


def test_a_picture_comes_back_only_for_several_faces() -> None:
    words = bundle(["cat", "dog"])
    assert reply_to(Prediction((400, 300), (face("cat"),)), PHOTO, words, "en").pictures == ()
    assert reply_to(Prediction((400, 300)), PHOTO, words, "en").pictures == ()
    assert reply_to(Prediction((400, 300), (face("cat"), face("dog"))), PHOTO, words, "en").pictures


@pytest.fixture(scope="module")
def shipped_words(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle with the shipped one's words."""
    folder = tmp_path_factory.mktemp("words")
    return Bundle.open(make_bundle(folder, SHIPPED_LABELS, answers=(SHIPPED / ANSWERS).read_text("utf-8")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("label", SHIPPED_LABELS)
def test_the_shipped_words_hold_a_name_a_sentence_and_a_color_for_each_label(
    label: str, language: str, shipped_words: Bundle
) -> None:
    assert label in shipped_words.colors
    assert shipped_words.answers[label][language].answer
    assert shipped_words.answers[label][language].name != label


@pytest.mark.parametrize("size", [(40, 30), (400, 300), (4000, 3000), (3000, 100)])
def test_the_picture_has_a_size_that_telegram_shows_as_it_is(size: tuple[int, int]) -> None:
    marks = [Mark((0, 0, size[0] // 4, size[1] // 2), "with a mask", "#0072B2")]
    picture = Image.open(io.BytesIO(draw(from_image(Image.new("RGB", size)), marks)))
    assert 640 <= max(picture.size) <= 1280
    assert picture.width / picture.height == pytest.approx(size[0] / size[1], rel=0.05)


def test_the_label_is_written_inside_the_picture_wherever_the_face_is() -> None:
    for box in [(0, 0, 60, 80), (340, 0, 400, 80), (0, 220, 60, 300), (340, 220, 400, 300), (0, 0, 400, 300)]:
        drawn = Image.open(io.BytesIO(draw(PHOTO, [Mark(box, "masque mal porté", "#F0E442")]))).convert("RGB")
        red, green, blue = np.asarray(drawn, dtype=int).transpose(2, 0, 1)
        yellow = (red > 200) & (green > 190) & (blue < 130)
        assert yellow.sum() > 1000, box  # a label's background, not only a frame


def test_accents_are_drawn_and_not_replaced_by_empty_boxes() -> None:
    def drawn(words: str) -> bytes:
        return draw(PHOTO, [Mark((100, 100, 200, 200), words, "#F0E442")])

    assert drawn("é") != drawn("è")
