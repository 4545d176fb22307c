"""What does not come from a person typing in a private chat: edits, groups, channels, blocks, failures, floods."""

import asyncio
import logging
import time
from typing import Any

import pytest
from telegram import Bot

from bot.handlers import photos
from bot.reply.languages import LANGUAGES
from bot.telegram.download import download
from localchat import LocalChat
from model import Classifier, Prediction
from model.image import Photo
from tests.bot.conftest import Meet, RunningBot, running_bot
from tests.bot.photos import blue_face, red_face
from tests.person import Person


class StubClassifier:
    """Stands in for a classifier: takes its time, or fails."""

    def __init__(self, classifier: Classifier, seconds: float = 0.0, error: Exception | None = None):
        self.bundle, self.runtime, self.name = classifier.bundle, classifier.runtime, classifier.name
        self.seconds, self.error = seconds, error
        self.begun, self.finished = 0, 0

    def predict(self, photo: Photo) -> Prediction:
        self.begun += 1
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        self.finished += 1
        return Prediction(photo.size)


def message(person: Person, chat_type: str = "private", **content: Any) -> dict[str, Any]:
    """A Message as Telegram sends it, from that person. The local chat has no groups: one has the person's number."""
    chat = {"id": person.chat, "type": chat_type, "title": "us"}
    who = {"id": person.chat, "is_bot": False, "first_name": "Ada", "language_code": person.language}
    return {"message_id": 10**6, "date": 1_700_000_000, "chat": chat, "from": who, **content}


def opened(person: Person) -> Person:
    """The person, after a word with the bot: it may write only where somebody wrote before."""
    person.say("hello")
    person.answers()
    return person


def photo_of(person: Person, data: bytes) -> list[dict[str, Any]]:
    """The `photo` field of a message the person sends; the bot's answer to it is read away."""
    person.send_photo(data)
    person.answers()
    sent = [event["message"] for event in person.seen if event["type"] == "message" and not event["from_bot"]]
    sizes: list[dict[str, Any]] = sent[-1]["photo"]
    return sizes


def test_a_photo_replaced_by_editing_is_answered_again(meet: Meet, bot: RunningBot) -> None:
    person = meet()
    photo = photo_of(person, blue_face())
    bot.receive(edited_message=message(person, photo=photo, edit_date=1_700_000_100))
    assert "No mask on this face" in person.answers()[0]["text"]


def test_an_edited_caption_under_an_answered_photo_gets_no_second_answer(meet: Meet, bot: RunningBot) -> None:
    person = meet()
    person.send_photo(red_face())
    person.answers()
    (sent,) = (event["message"] for event in person.seen if event["type"] == "message" and not event["from_bot"])
    bot.receive(edited_message=sent | {"caption": "holidays", "edit_date": sent["date"] + 60})
    bot.receive(edited_message=sent | {"edit_date": sent["date"] + 61})  # nothing changed
    person.answer_to(person.send_photo(red_face()))
    bot.receive(edited_message=sent | {"photo": photo_of(person, blue_face()), "edit_date": sent["date"] + 62})
    answer = person.answers()[0]
    assert answer["reply_to_message"]["message_id"] == sent["message_id"] and "No mask on this face" in answer["text"]


def test_an_edited_text_or_command_needs_no_answer(meet: Meet, bot: RunningBot) -> None:
    person = meet()
    start = {"type": "bot_command", "offset": 0, "length": 6}
    bot.receive(edited_message=message(person, text="hello again", edit_date=1_700_000_100))
    bot.receive(edited_message=message(person, text="/start", entities=[start], edit_date=1_700_000_100))
    person.answer_to(person.send_photo(red_face()))


def test_a_channel_post_and_a_service_message_are_left_alone(meet: Meet, bot: RunningBot) -> None:
    person = meet()
    photo = photo_of(person, red_face())
    bot.receive(channel_post=message(person, photo=photo))
    money = {"currency": "XTR", "total_amount": 5}
    payment = {"invoice_payload": "x", "telegram_payment_charge_id": "1", "provider_payment_charge_id": "2"}
    for content in (
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}},
        {"successful_payment": money | payment},
        {"refunded_payment": money | payment},
        {"boost_added": {"boost_count": 1}},
        {"invoice": money | {"title": "x", "description": "y", "start_parameter": "z"}},
        {"users_shared": {"request_id": 1, "users": [{"user_id": 5}]}},
        {"write_access_allowed": {}},
        {"from_the_future": {"anything": 1}},
        {},
    ):
        bot.receive(message=message(person, **content))
    person.answer_to(person.send_photo(red_face()))


def test_an_album_of_music_gets_one_sentence(meet: Meet, bot: RunningBot) -> None:
    person = opened(meet())
    file = {"file_id": "x", "file_unique_id": "x", "duration": 3}
    for number in range(5):
        bot.receive(message=message(person, media_group_id="7", audio=file) | {"message_id": 10**6 + number})
    assert "can't listen" in person.answers()[0]["text"]
    person.answer_to(person.send_photo(red_face()))


def test_an_album_of_a_photo_and_videos_gets_one_answer(meet: Meet, bot: RunningBot) -> None:
    person = meet()
    album = {"media_group_id": "8"}
    photo = photo_of(person, red_face())
    gone = {"file_id": "x", "file_unique_id": "x", "width": 640, "height": 360, "duration": 3}
    for number, content in enumerate([{"video": gone}, {"photo": photo}]):
        bot.receive(message=message(person, **album, **content) | {"message_id": 10**6 + number})
    _, first, second = person.answers()[0]["text"].splitlines()
    assert first.startswith("1. I couldn't get that") and second == "2. with a mask"
    person.answer_to(person.send_photo(red_face()))


@pytest.mark.parametrize("command", ["/mask", "/Mask", "/MASK"])
def test_the_command_looks_at_a_photo_of_another_chat_that_it_replies_to(
    meet: Meet, bot: RunningBot, command: str
) -> None:
    person = meet()
    origin = {"type": "hidden_user", "date": 1_700_000_000, "sender_user_name": "Bob"}
    elsewhere = {"origin": origin, "photo": photo_of(person, blue_face())}
    start = {"type": "bot_command", "offset": 0, "length": len(command)}
    bot.receive(message=message(person, text=command, entities=[start], external_reply=elsewhere))
    assert "No mask on this face" in person.answers()[0]["text"]
    bot.receive(message=message(person, text=command, entities=[start]))
    assert "reply to a photo" in person.answers()[0]["text"]


def test_a_file_that_telegram_has_lost_is_asked_for_again(meet: Meet, bot: RunningBot) -> None:
    person = opened(meet())
    lost = {"file_id": "no-such-file", "file_unique_id": "x", "width": 800, "height": 600}
    bot.receive(message=message(person, photo=[lost]))
    assert "send it again" in person.answers()[0]["text"]


def test_a_file_of_unknown_size_that_telegram_refuses_is_called_too_large(
    meet: Meet, bot: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from telegram.error import BadRequest

    async def refuse(*_: Any, **__: Any) -> None:
        raise BadRequest("File is too big")

    monkeypatch.setattr("telegram.Document.get_file", refuse)
    person = opened(meet())
    document = {"file_id": "x", "file_unique_id": "x", "file_name": "a.jpg"}
    bot.receive(message=message(person, document=document))
    assert "up to 20 MB" in person.answers()[0]["text"]


def test_an_unexpected_error_is_logged_once_and_the_person_hears_of_it_kindly(
    chat: LocalChat, classifier: Classifier, caplog: pytest.LogCaptureFixture
) -> None:
    with LocalChat(0) as own, running_bot(own, StubClassifier(classifier, error=RuntimeError("a bug"))):
        for language, words in [("en", "Sorry, something went wrong"), ("fr", "Désolé")]:
            person = Person(own.url, language=language, name="Grace Hopper")
            caplog.clear()
            person.send_photo(red_face(), "my secret caption")
            assert words in person.answers()[0]["text"]
            errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
            assert len(errors) == 1 and "Update" in errors[0].getMessage()
            assert "secret" not in caplog.text and "Hopper" not in caplog.text and own.token not in caplog.text


def test_while_a_photo_takes_longer_than_a_moment_the_chat_shows_it(classifier: Classifier) -> None:
    with LocalChat(0) as own, running_bot(own, StubClassifier(classifier, seconds=1.2)):
        person = Person(own.url)
        person.send_photo(red_face())
        person.answers()
    assert [event["action"] for event in person.seen if event["type"] == "action"] == ["typing"]


def test_only_a_few_photos_are_in_memory_at_once(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = StubClassifier(classifier, seconds=0.05)
    fetched: list[int] = []

    async def counted(attachment: Any) -> bytes:
        fetched.append(len(fetched) + 1 - stub.finished)
        return await download(attachment)

    monkeypatch.setattr(photos, "download", counted)
    monkeypatch.setattr(photos, "PHOTOS_IN_MEMORY", 5)
    with LocalChat(0) as own, running_bot(own, stub):
        people = [Person(own.url, chat=number) for number in range(1, 21)]
        for person in people:
            person.send_photo(red_face())
        for person in people:
            person.answers()
    assert 1 < max(fetched) <= 5


def test_the_menu_and_descriptions_are_set_in_every_language(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.introduction.PAUSE", 0.0)

    async def ask(chat: LocalChat, last: str) -> dict[str, tuple[str, str, list[str]]]:
        async with Bot(chat.token, f"{chat.url}/bot") as telegram:
            async with asyncio.timeout(60):
                while not await telegram.get_my_commands(language_code=last):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            return {
                code: (
                    (await telegram.get_my_description(code or None)).description,
                    (await telegram.get_my_short_description(code or None)).short_description,
                    [command.description for command in await telegram.get_my_commands(language_code=code or None)],
                )
                for code in ("", "fr")
            }

    with LocalChat(0) as chat, running_bot(chat, classifier):
        english, french = asyncio.run(ask(chat, last=LANGUAGES[-1])).values()
    assert "with a mask" in english[0] and "avec un masque" in french[0]
    assert english[1].startswith("Send me a photo") and french[1].startswith("Envoie-moi une photo")
    assert english[2][0] == "What I do" and french[2][0] == "Ce que je fais" and len(french[2]) == 4
