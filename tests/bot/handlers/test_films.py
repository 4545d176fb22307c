"""GIFs, videos, video messages, stickers and live photos: one frame is answered, and the reply says so."""

import itertools

import pytest

from bot.reply.languages import say
from localchat import LocalChat
from tests.bot.conftest import Meet, RunningBot
from tests.bot.photos import encoded, portrait, red_face
from tests.model.films import MP4, WEBM, film
from tests.person import Person

FRAME = say("frame", "en")
_numbers = itertools.count(800)


@pytest.mark.parametrize(
    ("kind", "codec"), [("animation", MP4), ("video", MP4), ("video_note", MP4), ("sticker", WEBM), ("video", WEBM)]
)
def test_a_frame_of_a_film_is_answered(meet: Meet, kind: str, codec: str) -> None:
    person = meet()
    text = person.answer_to(person.send(kind, film(codec)))["text"]
    assert text.startswith("Mask on") and text.endswith(FRAME)
    assert person.answer_to(person.send(kind, film(codec, "#0000ff")))["text"].startswith("No mask")


def test_a_video_sent_as_a_file_is_answered_too(meet: Meet) -> None:
    person = meet()
    assert person.answer_to(person.send_file(film(), "a.mp4", "video/mp4"))["text"].endswith(FRAME)


@pytest.mark.parametrize(("kind", "form"), [("sticker", "WEBP"), ("animation", "GIF")])
def test_a_still_sticker_and_a_gif_file_are_answered_like_photos(meet: Meet, kind: str, form: str) -> None:
    person = meet()
    text = person.answer_to(person.send(kind, encoded(portrait(), form)))["text"]
    assert text.startswith("Mask on") and text.endswith(FRAME) is (kind == "animation")


def test_a_live_photo_is_answered_by_its_photo(meet: Meet) -> None:
    person = meet()
    sent = person.send_live_photo(red_face(), film())
    text = person.answer_to(sent)["text"]
    assert text.startswith("Mask on") and FRAME not in text


@pytest.mark.parametrize("data", [b"\0\0\0\x18ftypisom and nothing more", film(MP4)[:900]])
def test_a_film_that_cannot_be_read_gets_one_sentence(meet: Meet, data: bytes) -> None:
    person = meet()
    assert person.answer_to(person.send("video", data))["text"] == say("photo_error.film", "en")


def test_an_animated_sticker_is_none_to_look_at(meet: Meet) -> None:
    person = meet()
    person.send("sticker", b"\x1f\x8b an animation")
    assert person.answers()[0]["text"] == say("not_a_photo.sticker", "en")


def test_in_a_group_a_film_is_answered_when_the_bot_is_asked_and_not_otherwise(
    chat: LocalChat, bot: RunningBot
) -> None:
    person = Person(chat.url, chat=next(_numbers), group=-next(_numbers))
    quiet = person.send("animation", film())
    person.send("sticker", film(WEBM))
    person.say("/mask", reply_to=quiet)
    answer = person.answers()[0]
    assert answer["reply_to_message"]["message_id"] == quiet and answer["text"].endswith(FRAME)
    asked = person.send("video", film(), caption="@local_bot?")
    assert person.answer_to(asked)["text"].endswith(FRAME)


def test_a_guest_is_asked_about_a_film_too(chat: LocalChat, bot: RunningBot) -> None:
    person = Person(chat.url, chat=next(_numbers), group=-next(_numbers), without_bot=True)
    asked = person.say("@local_bot", reply_to=person.send("animation", film()))
    assert person.answer_to(asked)["text"].endswith(FRAME)


def test_help_tells_of_films(meet: Meet) -> None:
    person = meet()
    person.say("/help")
    assert "GIFs" in person.answers()[0]["text"]
