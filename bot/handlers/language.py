"""Lets a person choose another language than their Telegram's: `/language`, and the taps on its buttons."""

from contextlib import suppress

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, TelegramError

from bot.handlers.context import Context, choose_language, language
from bot.reply.languages import LANGUAGES, name_of, say
from bot.stats import note
from bot.telegram.retry import with_retries
from bot.telegram.send import send

PER_ROW = 2
PREFIX = "language:"  # of a button's data


async def ask(update: Update, context: Context) -> None:
    """`/language`: offer every language by its own name."""
    message, spoken = update.effective_message, language(update)
    assert message
    note("language")
    await send(message, say("choose_language", spoken), buttons=_keyboard(spoken))


async def pressed(update: Update, context: Context) -> None:
    """Speak the language that was tapped."""
    query = update.callback_query
    assert query
    note("language")
    code = (query.data or "").removeprefix(PREFIX)
    with suppress(TelegramError):  # it may be too late for the button to rest
        await query.answer()
    if code not in LANGUAGES:
        return
    choose_language(query.from_user.id, code)
    with suppress(BadRequest):  # a second tap changes nothing, or the message is gone
        await with_retries(lambda: query.edit_message_text(say("language_chosen", code), reply_markup=_keyboard(code)))


def _keyboard(spoken: str) -> InlineKeyboardMarkup:
    buttons = [
        InlineKeyboardButton(f"✓ {name_of(code)}" if code == spoken else name_of(code), callback_data=PREFIX + code)
        for code in LANGUAGES
    ]
    return InlineKeyboardMarkup([buttons[start : start + PER_ROW] for start in range(0, len(buttons), PER_ROW)])
