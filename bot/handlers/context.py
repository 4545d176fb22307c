"""What every handler needs: its context's type, and the language of whoever is answered."""

from typing import Any

from telegram import Update
from telegram.ext import CallbackContext

from bot.reply.languages import language_of

Context = CallbackContext[Any, Any, Any, Any]


def language(update: Update) -> str:
    """The language of whoever sent the update."""
    return language_of(update.effective_user.language_code if update.effective_user else None)
