"""A person chooses another language than their Telegram's, and only that person is spoken to in it."""

import pytest

from bot.handlers import context
from bot.reply.languages import LANGUAGES, name_of, say
from tests.bot.conftest import Meet, RunningBot
from tests.bot.handlers.test_feedback import tapped


def test_a_language_is_chosen_by_a_button(meet: Meet) -> None:
    person, other = meet("de"), meet("de")
    person.say("/language")
    offered = person.answers()[0]
    buttons = [button["text"] for row in offered["reply_markup"]["inline_keyboard"] for button in row]
    assert len(buttons) == len(LANGUAGES) and "✓ Deutsch" in buttons
    person.tap(offered, name_of("tr"))
    assert person.changed(offered)["text"] == say("language_chosen", "tr")
    for somebody, language in ((person, "tr"), (other, "de")):
        somebody.say("hi")
        assert somebody.answers()[0]["text"] == say("not_a_photo.text", language)


def test_a_made_up_button_changes_nothing(meet: Meet, bot: RunningBot) -> None:
    person = meet("fr")
    person.say("/language")
    bot.receive(callback_query=tapped(person, person.answers()[0], "language:../../x"))
    person.say("hi")
    assert person.answers()[0]["text"] == say("not_a_photo.text", "fr")


def test_only_so_many_choices_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "REMEMBERED", 2)
    monkeypatch.setattr(context, "_chosen", type(context._chosen)())
    for person in (1, 2, 1, 3):
        context.choose_language(person, "fr")
    assert list(context._chosen) == [1, 3]
