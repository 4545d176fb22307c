"""The bot says what its bundle can tell apart, whatever that is."""

import io
from pathlib import Path

from PIL import Image

from localchat import LocalChat
from model import Classifier
from tests.bot.conftest import running_bot
from tests.bot.photos import blue_face, encoded, no_face, red_face, two_faces
from tests.bundles import make_bundle
from tests.person import Person


def test_a_bundle_without_faces_makes_a_bot_that_answers_whole_photos(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, ("cat", "guinea_pig"), find_faces=False, gain=400)
    with LocalChat(0) as chat, running_bot(chat, Classifier.open(bundle, "onnx")):
        person = Person(chat.url)
        person.say("/start")
        assert "cat or guinea pig" in person.answers()[0]["text"]
        person.send_photo(red_face())
        assert person.answers()[0]["text"].startswith("Looks like this: cat.")
        person.send_photo(blue_face())
        assert person.answers()[0]["text"].startswith("Looks like this: guinea pig.")


def test_a_bundle_that_is_rarely_sure_makes_a_bot_that_says_so(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, ("cat", "dog"), find_faces=False, gain=0, bias=0.5)
    with LocalChat(0) as chat, running_bot(chat, Classifier.open(bundle, "onnx")):
        person = Person(chat.url, language="fr")
        person.send_photo(no_face())
        assert person.answers()[0]["text"].startswith("Je ne suis pas sûr. Je dirais\N{NO-BREAK SPACE}: cat (62")


def test_a_photo_of_something_else_is_told_apart_and_an_answer_is_explained_by_a_button(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, ("cat", "dog"), find_faces=False, gain=400, unlike_from=0.6)
    with LocalChat(0) as chat, running_bot(chat, Classifier.open(folder, "onnx")):
        person = Person(chat.url)
        person.send_photo(encoded(Image.new("RGB", (320, 240), "lime"), "PNG"))
        [answer] = person.answers()
        assert answer["text"] == "This doesn't look like any of these: cat, dog."
        assert "reply_markup" not in answer
        person.send_photo(red_face())
        [answer] = person.answers()
        person.tap(answer, "Why?")
        explained = person.changed(answer)
        assert explained["caption"] == answer["text"]
        assert "reply_markup" not in explained
        shown = Image.open(io.BytesIO(person.picture(explained)))
        assert shown.size == (512, 512)


def test_why_is_said_to_have_no_answer_any_more_where_the_photo_is_gone(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, ("cat", "dog"), find_faces=False, gain=400, unlike_from=0.6)
    with LocalChat(0) as chat, running_bot(chat, Classifier.open(folder, "onnx")):
        person = Person(chat.url)
        photo = person.send_photo(red_face())
        [answer] = person.answers()
        person.delete(photo)
        person.tap(answer, "Why?")
        assert person.notice() == "That answer is too old for me. Feel free to send me the photo again."


def test_a_bundle_without_maps_offers_no_button(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, ("cat", "dog"), find_faces=False, gain=400)
    with LocalChat(0) as chat, running_bot(chat, Classifier.open(folder, "onnx")):
        person = Person(chat.url)
        person.send_photo(red_face())
        [answer] = person.answers()
        assert "reply_markup" not in answer


def test_labels_of_any_script_and_signs_come_back_as_they_are(tmp_path: Path) -> None:
    labels = ("戴口罩 <b>&amp;</b> {count} $0_^", '\N{CAT FACE} "quoted" #1')
    folder = make_bundle(tmp_path, labels)
    with LocalChat(0) as chat, running_bot(chat, Classifier.open(folder, "onnx")):
        person = Person(chat.url)
        person.send_photo(two_faces())
        [answer] = person.answers()
        assert answer["caption"].splitlines()[1:] == ["• 1 戴口罩 <b>&amp;</b> {count} $0 ^ [1]", f"• 1 {labels[1]}"]
        assert Image.open(io.BytesIO(person.picture(answer))).format == "JPEG"
