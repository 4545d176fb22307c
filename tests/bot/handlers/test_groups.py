"""Groups: the bot speaks when it is spoken to, or of every photo where an administrator asks for that."""

import itertools
from collections.abc import Callable

import pytest

from localchat import LocalChat
from model import Classifier
from tests.bot.conftest import RunningBot, running_bot
from tests.bot.photos import blue_face, red_face, two_faces
from tests.person import Person

_groups = itertools.count(-100_000, -1)
Join = Callable[..., Person]


@pytest.fixture
def group() -> int:
    return next(_groups)


@pytest.fixture
def join(chat: LocalChat, bot: RunningBot, group: int) -> Join:
    """Makes a person in that group."""
    numbers = itertools.count(5_000_000 - group * 10)

    def somebody(status: str = "member", language: str = "en") -> Person:
        return Person(chat.url, chat=next(numbers), group=group, status=status, language=language)

    return somebody


def test_photos_talk_and_strange_commands_are_left_alone(join: Join) -> None:
    person = join()
    person.send_photo(red_face())
    person.send_photo(red_face(), "@somebody_else look")
    person.send_album([red_face(), blue_face()])
    person.say("nice weather, @local_bot")
    person.say("/dance")
    person.send("sticker")
    person.answer_to(person.send_photo(red_face(), "@local_bot"))


@pytest.mark.parametrize("caption", ["look @Local_bot!", "/mask", "/mask@local_bot please"])
def test_a_photo_with_a_mention_or_the_command_is_answered(join: Join, caption: str) -> None:
    person = join()
    sent = person.send_photo(red_face(), caption)
    answer = person.answers()[0]
    assert "Mask on" in answer["text"] and answer["reply_to_message"]["message_id"] == sent


@pytest.mark.parametrize("words", ["@local_bot", "/mask", "what do you say, @local_bot?"])
def test_a_photo_is_answered_when_a_reply_to_it_speaks_to_the_bot(join: Join, words: str) -> None:
    ada, bob = join(), join(language="fr")
    sent = ada.send_photo(blue_face())
    bob.say(words, reply_to=sent)
    answer = ada.answers()[0]
    assert answer["text"].startswith("Pas de masque sur ce visage")  # in the language of who asked
    assert answer["reply_to_message"]["message_id"] == sent


@pytest.mark.parametrize("words", ["thanks!", "@local_bot thanks!", "/mask"])
def test_speaking_to_the_bot_is_not_asking_about_its_own_picture(join: Join, words: str) -> None:
    person = join()
    person.send_photo(two_faces(), "@local_bot")
    person.say(words, reply_to=person.answers()[0]["message_id"])
    if words == "/mask":
        assert "photo" in person.answers()[0]["text"]
    person.answer_to(person.send_photo(red_face(), "@local_bot"))


def test_a_photo_in_reply_to_the_bot_is_answered(join: Join) -> None:
    person = join()
    person.send_photo(two_faces(), "@local_bot")
    (picture,) = person.answers()
    sent = person.send_photo(red_face(), reply_to=picture["message_id"])
    person.answer_to(sent)


def test_the_command_without_a_photo_says_how_to_use_it(join: Join) -> None:
    person = join()
    person.say("/mask")
    assert "under a photo" in person.answers()[0]["text"]


def test_an_album_is_answered_once_when_the_bot_is_mentioned_under_it(join: Join) -> None:
    person = join()
    person.send_album([red_face(), blue_face()], "@local_bot")
    assert "2 photos" in person.answers()[0]["text"]
    person.answer_to(person.send_photo(red_face(), "@local_bot"))


def test_an_admin_lets_every_photo_be_answered_and_takes_it_back(join: Join) -> None:
    admin, member = join("administrator"), join()
    member.say("/everyphoto")
    assert "Only the admins" in member.answers()[0]["text"]
    admin.answers()
    member.send_photo(red_face())
    admin.say("/everyphoto")
    assert "every photo" in member.answers()[0]["text"]
    assert "Mask on" in member.answer_to(member.send_photo(red_face()))["text"]
    admin.say("/onlyasked")
    assert "only when asked" in member.answers()[0]["text"]
    member.send_photo(red_face())
    member.answer_to(member.send_photo(red_face(), "@local_bot"))


def test_what_an_admin_switched_on_outlives_the_bot(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        owner = Person(chat.url, group=-5, status="creator")
        with running_bot(chat, classifier):
            owner.say("/everyphoto")
            owner.answers()
        with running_bot(chat, classifier):
            owner.send_photo(red_face())
            assert "Mask on" in owner.answers()[0]["text"]


def test_a_group_that_moved_is_answered_where_it_is_now(chat: LocalChat, join: Join, group: int) -> None:
    moved = -1_000_000_000_000 + group
    before, after = join(), Person(chat.url, chat=77, group=moved)
    after.say("we are here now")
    chat.faults.migrated[group] = moved
    before.send_photo(red_face(), "@local_bot")
    assert "Mask on" in after.answers()[0]["text"]
    chat.faults.migrated.clear()
