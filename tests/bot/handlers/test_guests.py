"""A bot that is mentioned where it is no member: it answers in words, under its usual limits."""

import itertools
from typing import Any

import pytest
from telegram.error import TelegramError

from bot.queue import chat_limits
from bot.reply.languages import say
from localchat import LocalChat
from model import Classifier
from tests.bot.conftest import RunningBot, running_bot
from tests.bot.photos import no_face, red_face, two_faces
from tests.person import Person

_numbers = itertools.count(500)


@pytest.fixture
def elsewhere(chat: LocalChat, bot: RunningBot) -> Person:
    """Somebody in a chat without the bot."""
    return Person(chat.url, chat=next(_numbers), group=-next(_numbers), without_bot=True)


def test_a_photo_that_it_is_mentioned_under_is_answered_in_words(elsewhere: Person) -> None:
    answer = elsewhere.answer_to(elsewhere.send_photo(red_face(), "look @local_bot"))
    assert answer["text"].startswith("Mask on") and "sure" in answer["text"] and "reply_markup" not in answer
    assert elsewhere.answer_to(elsewhere.send_photo(no_face(), "@local_bot"))["text"] == say("no_face", "en")


def test_a_photo_that_somebody_replies_to_with_a_mention_is_answered(elsewhere: Person) -> None:
    photo = elsewhere.send_photo(red_face())
    asked = elsewhere.say("@local_bot what do you see?", reply_to=photo)
    assert elsewhere.answer_to(asked)["text"].startswith("Mask on")


def test_several_faces_are_answered_in_a_line_without_a_picture(elsewhere: Person) -> None:
    answer = elsewhere.answer_to(elsewhere.send_photo(two_faces(), "@local_bot"))
    assert answer["text"] == "2 faces: 1 with a mask, 1 without a mask" and "photo" not in answer


def test_what_does_not_mention_it_stays_unread_and_a_bare_mention_says_how_to_ask(elsewhere: Person) -> None:
    elsewhere.send_photo(red_face(), "for us only")
    answer = elsewhere.answer_to(elsewhere.say("@local_bot"))
    assert answer["text"] == say("guest", "en", name="@local_bot")


def test_help_and_privacy_tell_of_it_where_the_operator_has_switched_it_on(
    chat: LocalChat, bot: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(chat.url, chat=next(_numbers))
    for command in ("/help", "/privacy"):
        person.say(command)
        assert "I see only that message and the one it replies to." in person.answers()[0]["text"]
    me = bot.application.bot.bot
    with me._unfrozen():
        me.supports_guest_queries = False
    person.say("/help")
    assert "Mention me" not in person.answers()[0]["text"]
    with me._unfrozen():
        me.supports_guest_queries = True


def test_one_person_s_many_photos_are_too_many_there_too(
    elsewhere: Person, monkeypatch: pytest.MonkeyPatch, bot: RunningBot
) -> None:
    monkeypatch.setattr(chat_limits, "MOST", 0)
    counted = chat_limits.ChatLimits.counted

    def busy(self: chat_limits.ChatLimits, chat: int, photos: int = 1) -> Any:
        assert chat == elsewhere.chat  # the person's number: the chat's may be another chat's too
        self._waiting[chat] = 1
        return counted(self, chat, photos)

    monkeypatch.setattr(chat_limits.ChatLimits, "counted", busy)
    assert elsewhere.answer_to(elsewhere.send_photo(red_face(), "@local_bot"))["text"] == say("too_many", "en")


def test_an_unexpected_error_is_told_there_and_not_in_a_chat_with_the_same_number(
    elsewhere: Person, chat: LocalChat, bot: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: Any) -> None:
        raise TelegramError("no")

    monkeypatch.setattr("bot.handlers.photos.PhotoHandler.reply_to", refused)
    assert elsewhere.answer_to(elsewhere.send_photo(red_face(), "@local_bot"))["text"] == say("unexpected", "en")


def test_only_people_who_may_use_the_bot_are_answered_whatever_the_chat_s_number(classifier: Classifier) -> None:
    with LocalChat(0) as chat, running_bot(chat, classifier, allowed_users=[7], allowed_chats=[-5]):
        stranger, friend = (Person(chat.url, chat=who, group=-5, without_bot=True) for who in (8, 7))
        stranger.send_photo(red_face(), "@local_bot")
        friend.answer_to(friend.send_photo(red_face(), "@local_bot"))
