"""What people get for what they send, through the local chat and back."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from model.image import MAX_BYTES
from tests.bot.conftest import Meet
from tests.bot.photos import blue_face, encoded, no_face, portrait, red_face, two_faces, two_portraits


def test_start_says_to_send_a_photo_and_what_the_bot_tells_apart(meet: Meet) -> None:
    person = meet()
    person.say("/start")
    text = person.answers()[0]["text"]
    assert "Send me a photo" in text
    assert "with a mask, mask worn incorrectly or without a mask" in text


@pytest.mark.parametrize("language", ["fr", "fr-CA"])
def test_somebody_whose_telegram_is_french_is_answered_in_french(meet: Meet, language: str) -> None:
    person = meet(language)
    for command, words in [
        ("/start", "Envoie-moi une photo"),
        ("/help", "comme fichier"),
        ("/privacy", "en mémoire"),
    ]:
        person.say(command)
        assert words in person.answers()[0]["text"]


@pytest.mark.parametrize("language", ["en", "tlh", "frr", ""])
def test_everybody_else_is_answered_in_english(meet: Meet, language: str) -> None:
    person = meet(language)
    person.say("/help")
    assert "Send me a photo" in person.answers()[0]["text"]


def test_privacy_says_that_photos_are_never_written_to_a_disk(meet: Meet) -> None:
    person = meet()
    person.say("/privacy")
    assert "never written to a disk" in person.answers()[0]["text"]


@pytest.mark.parametrize(
    ("language", "photo", "sentence", "sure"),
    [
        ("en", red_face, "Mask on, and worn the right way 😷", "I'm more than 99% sure."),
        ("en", blue_face, "No mask on this face.", "I'm more than 99% sure."),
        ("fr", red_face, "Masque bien en place 😷", "J'en suis sûr à plus de 99\N{NO-BREAK SPACE}%."),
        (
            "fr",
            blue_face,
            "Pas de masque sur ce visage.",
            "J'en suis sûr à plus de 99\N{NO-BREAK SPACE}%.",
        ),
    ],
)
def test_a_photo_with_one_face_is_answered_as_a_reply_to_it(
    meet: Meet, language: str, photo: Callable[[], bytes], sentence: str, sure: str
) -> None:
    person = meet(language)
    sent = person.send_photo(photo(), "am I fine?")
    answer = person.answers()[0]
    assert answer["text"].startswith(sentence)
    assert answer["text"].endswith(sure)
    assert answer["reply_to_message"]["message_id"] == sent


def test_several_faces_come_back_as_a_picture_with_a_box_on_each_and_a_caption_that_counts(meet: Meet) -> None:
    person = meet()
    sent = person.send_photo(two_faces())
    answer = person.answers()[0]
    assert answer["caption"] == "I see 2 faces:\n• 1 with a mask\n• 1 without a mask"
    assert answer["reply_to_message"]["message_id"] == sent
    assert_boxes_lie_on_the_two_faces(person.picture(answer))


def test_several_faces_are_counted_in_french(meet: Meet) -> None:
    person = meet("fr")
    person.send_photo(two_faces())
    assert person.answers()[0]["caption"] == "Je vois 2 visages\N{NO-BREAK SPACE}:\n• 1 avec un masque\n• 1 sans masque"


def test_boxes_lie_on_the_faces_of_a_photo_that_was_taken_with_the_camera_turned(meet: Meet) -> None:
    person = meet()
    sideways = two_portraits().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn it clockwise to see it upright"
    person.send_file(encoded(sideways, exif=exif), "turned.jpg", "image/jpeg")
    assert_boxes_lie_on_the_two_faces(person.picture(person.answers()[0]))


def test_a_photo_without_a_face_gets_advice_on_taking_a_better_one(meet: Meet) -> None:
    person = meet()
    sent = person.send_photo(no_face())
    answer = person.answers()[0]
    assert "can't find a face" in answer["text"] and "try another" in answer["text"]
    assert answer["reply_to_message"]["message_id"] == sent


def test_an_album_gets_one_answer_with_a_line_for_each_photo(meet: Meet) -> None:
    person = meet()
    sent = person.send_album([red_face(), blue_face(), no_face()])
    answer = person.answers()[0]
    assert answer["text"] == ("I looked at your 3 photos:\n1. with a mask\n2. without a mask\n3. I can't find a face.")
    assert answer["reply_to_message"]["message_id"] == sent[0]
    person.answer_to(person.send_photo(red_face()))


def test_an_album_with_several_faces_in_its_photos_comes_back_as_an_album_of_pictures(meet: Meet) -> None:
    person = meet("fr")
    person.send_album([two_faces(), red_face(), two_faces()])
    first, second = person.answers(2)
    assert first["caption"].splitlines()[1:] == [
        "1. 2 visages\N{NO-BREAK SPACE}: 1 avec un masque, 1 sans masque",
        "2. avec un masque",
        "3. 2 visages\N{NO-BREAK SPACE}: 1 avec un masque, 1 sans masque",
    ]
    assert first["media_group_id"] == second["media_group_id"]
    assert_boxes_lie_on_the_two_faces(person.picture(second))


@pytest.mark.parametrize(
    ("name", "mime", "data"),
    [
        ("face.png", "image/png", lambda: _png_with_alpha()),
        ("face.png", "image/png", lambda: encoded(portrait().quantize(64), "PNG")),
        ("cmyk.jpg", "image/jpeg", lambda: encoded(portrait().convert("CMYK"))),
        ("progressive.jpg", "image/jpeg", lambda: encoded(portrait(), progressive=True)),
        ("face.gif", "image/gif", lambda: encoded(portrait(), "GIF")),
        ("face.webp", "image/webp", lambda: encoded(portrait(), "WEBP")),
        ("face.bmp", "image/bmp", lambda: encoded(portrait(), "BMP")),
        ("FACE.JPG", "application/octet-stream", red_face),
    ],
    ids=["png with alpha", "palette", "cmyk", "progressive", "gif", "webp", "bmp", "only the name says so"],
)
def test_an_image_sent_as_a_file_is_answered_like_a_photo(
    meet: Meet, name: str, mime: str, data: Callable[[], bytes]
) -> None:
    person = meet()
    sent = person.send_file(data(), name, mime)
    answer = person.answers()[0]
    assert answer["text"].startswith("Mask on, and worn the right way")
    assert answer["reply_to_message"]["message_id"] == sent


@pytest.mark.parametrize(
    ("data", "english", "french"),
    [
        (lambda: b"this is no image at all", "can't open that file as an image", "ouvrir ce fichier comme image"),
        (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG", "SVG"),
        (lambda: red_face()[: len(red_face()) // 3], "damaged or incomplete", "abîmée ou incomplète"),
        (lambda: encoded(Image.new("1", (20_000, 20_000)), "PNG"), "too many pixels", "trop de pixels"),
        (lambda: bytes(MAX_BYTES + 2**20), "up to 20 MB", "20 Mo"),
        (lambda: encoded(Image.new("RGB", (1, 1)), "PNG"), "can't find a face", "pas de visage"),
    ],
    ids=["garbage", "SVG", "cut short", "20,000 x 20,000", "21 MB", "1 x 1"],
)
def test_a_bad_image_gets_one_clear_sentence(meet: Meet, data: Callable[[], bytes], english: str, french: str) -> None:
    content = data()
    for language, words in [("en", english), ("fr", french)]:
        person = meet(language)
        sent = person.send_file(content, "photo.jpg", "image/jpeg")
        answer = person.answers()[0]
        assert words in answer["text"]
        assert answer["reply_to_message"]["message_id"] == sent


def test_an_empty_file_is_called_empty(meet: Meet) -> None:
    person = meet()
    person.send_file(b"", "photo.jpg", "image/jpeg")
    assert "empty" in person.answers()[0]["text"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("voice", "can't listen"),
        ("location", "only understand photos"),
        ("contact", "only understand photos"),
        ("poll", "only understand photos"),
        ("dice", "only understand photos"),
    ],
)
def test_anything_that_is_not_a_photo_gets_a_short_helpful_answer(meet: Meet, kind: str, words: str) -> None:
    person = meet()
    person.send(kind)
    text = person.answers()[0]["text"]
    assert words in text and "photo" in text and len(text) < 200


def test_a_text_gets_a_short_helpful_answer(meet: Meet) -> None:
    for language, words in [("en", "send me one"), ("fr", "envoie-m'en une")]:
        person = meet(language)
        person.say("hello, who are you?")
        assert words in person.answers()[0]["text"]


def test_an_unknown_command_is_pointed_to_help(meet: Meet) -> None:
    person = meet()
    person.say("/dance")
    assert "/help" in person.answers()[0]["text"]


def test_a_file_that_is_not_an_image_is_not_opened(meet: Meet) -> None:
    person = meet()
    person.send_file(b"%PDF-1.7", "invoice.pdf", "application/pdf")
    assert "only open images" in person.answers()[0]["text"]


def test_answers_hold_no_traceback_and_come_once(meet: Meet) -> None:
    person = meet()
    for _ in range(2):
        answer = person.answer_to(person.send_photo(red_face()))
        assert "Traceback" not in answer["text"]


def _png_with_alpha() -> bytes:
    image = portrait().convert("RGBA")
    image.putalpha(200)
    return encoded(image, "PNG")


def assert_boxes_lie_on_the_two_faces(file: bytes) -> None:
    """A blue box, of "with a mask", around the left face of `two_portraits`; an orange one around the right face."""
    picture = Image.open(io.BytesIO(file)).convert("RGB").resize((1024, 512))
    blue, orange = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)
    for left, color in [(160, blue), (672, orange)]:
        assert count_of_color(picture.crop((left, 30, left + 130, 200)), color) > 100
    for left, color in [(0, orange), (512, blue)]:
        assert count_of_color(picture.crop((left, 0, left + 512, 60)), color) < 20  # only a label could be up there


def count_of_color(picture: Image.Image, color: tuple[int, int, int]) -> int:
    """How many pixels have nearly that color."""
    return int((np.abs(np.asarray(picture, dtype=int) - color).max(axis=2) < 40).sum())
