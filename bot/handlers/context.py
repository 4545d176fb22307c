"""What every handler needs: its context's type, and the language of whoever is answered."""

from collections import OrderedDict
from typing import Any

from telegram import Update
from telegram.ext import CallbackContext

from bot.reply.languages import language_of

Context = CallbackContext[Any, Any, Any, Any]

REMEMBERED = 10_000  # people who chose a language; of more, those who chose longest ago are forgotten
_chosen: OrderedDict[int, str] = OrderedDict()  # in memory only: a restart forgets it


def language(update: Update) -> str:
    """The language of whoever sent the update: the one they chose, else their Telegram's."""
    person = update.effective_user
    if person is None:
        return language_of(None)
    return _chosen.get(person.id) or language_of(person.language_code)


def choose_language(person: int, code: str) -> None:
    """Speak another language with a person than their Telegram's."""
    _chosen.pop(person, None)
    _chosen[person] = code
    while len(_chosen) > REMEMBERED:
        _chosen.popitem(last=False)
