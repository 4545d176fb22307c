"""Who may use the bot, where the operator says so."""

import pytest

from bot.settings import Settings
from localchat import LocalChat
from model import Classifier
from model.settings import SettingsError
from tests.bot.conftest import running_bot
from tests.bot.photos import no_face
from tests.person import Person

REFUSED = "Sorry, this bot is only for certain people"


def test_only_those_who_are_named_get_answers_and_the_others_are_told_once(classifier: Classifier) -> None:
    with LocalChat(0) as chat, running_bot(chat, classifier, allowed_users=(1,), allowed_chats=(-5,)):
        named, stranger = Person(chat.url, chat=1), Person(chat.url, chat=2)
        in_group = Person(chat.url, chat=3, group=-5)
        elsewhere = Person(chat.url, chat=4, group=-6)
        stranger.send_photo(no_face())
        assert stranger.answers()[0]["text"].startswith(REFUSED)
        stranger.say("/start")
        elsewhere.say("/help")
        in_group.say("/help")
        assert in_group.answers()[0]["text"]
        named.send_photo(no_face())
        assert named.answers()[0]["text"].startswith("I can't find a face")
        assert len([event for event in stranger.seen if event.get("message", {}).get("from", {}).get("is_bot")]) == 1
        assert not [event for event in elsewhere.seen if event.get("message", {}).get("from", {}).get("is_bot")]


def test_the_operator_may_always(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        operator = Person(chat.url, chat=9)
        operator.say("/stats")
        with running_bot(chat, classifier, allowed_users=(1,), operator_chat_id=9):
            assert "Unexpected errors" in "".join(message["text"] for message in operator.answers(2))


def test_numbers_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_USERS", " 123, -4 5")
    assert Settings.read().allowed_users == (123, -4, 5)
    monkeypatch.setenv("ALLOWED_USERS", "@ada")
    with pytest.raises(SettingsError, match="ALLOWED_USERS='@ada' cannot be used: it must be numbers such as"):
        Settings.read()
