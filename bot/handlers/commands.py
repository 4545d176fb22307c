"""What the bot does with whatever is not a photo: commands, other messages, errors.

Which handler gets which message is decided in `app`; photos go their way in `photos`.
"""

import asyncio
import logging
from contextlib import suppress

from telegram import Update
from telegram.error import Forbidden, TelegramError

from bot.handlers.context import Context, language
from bot.handlers.operator_chat import Operator
from bot.outcome import note
from bot.queue.chat_limits import Floods
from bot.reply.languages import listed, say
from bot.reply.wording import label_names
from bot.telegram.send import send_words
from model import Bundle

MENU = ("start", "help", "privacy")  # of private chats
APOLOGY_WITHIN = 2.0  # seconds

log = logging.getLogger("bot")


class Commands:
    """`/start`, `/help` and `/privacy`, for the labels of one bundle.

    Args:
        bundle: says its labels.
        asks: whether people are asked if an answer is right; see `bot.handlers.feedback`.
    """

    def __init__(self, bundle: Bundle, asks: bool = False):
        self._bundle, self._asks = bundle, asks
        self._suffix = "" if bundle.manifest.faces.find else "_whole"

    async def start(self, update: Update, context: Context) -> None:
        await self._answer(update, f"start{self._suffix}")

    async def help(self, update: Update, context: Context) -> None:
        await self._answer(update, f"help{self._suffix}")

    async def privacy(self, update: Update, context: Context) -> None:
        spoken = language(update)
        kept = say("privacy_given" if self._asks else "privacy_never", spoken)
        await _answer_words(update, "\n\n".join([say("privacy", spoken), kept, say("privacy_chat", spoken)]))

    async def _answer(self, update: Update, key: str) -> None:
        spoken = language(update)
        labels = listed(label_names(self._bundle, spoken), spoken)
        commands = "\n".join(f"/{name} – {say(f'menu.{name}', spoken)}" for name in MENU)
        await _answer_words(update, say(key, spoken, labels=labels, commands=commands))


class NotAPhoto:
    """Answers a message that is not a photo; `kind` is its entry of `not_a_photo` in the texts."""

    def __init__(self, kind: str):
        self._kind = kind

    async def answer(self, update: Update, context: Context) -> None:
        await _answer_words(update, say(f"not_a_photo.{self._kind}", language(update)))


class Apologies:
    """Tells people kindly what did not work, and the operator what was unexpected."""

    def __init__(self, operator: Operator, floods: Floods):
        self._operator, self._floods = operator, floods

    async def explain_error(self, update: object, context: Context) -> None:
        """The last resort: one entry in the log, and a kind word to the person.

        Errors without an update come from fetching updates, and `Connection` has said them already.
        """
        error = context.error
        number = update.update_id if isinstance(update, Update) else None
        if isinstance(error, Forbidden):
            note("blocked")  # the person blocked the bot, or a group removed it
        elif isinstance(error, TelegramError):
            note(f"not answered, Telegram says: {error}")
        elif error:
            note("unexpected error", failed=True)
            log.error("Update %s: unexpected error", number, exc_info=error)
            self._operator.report(error)
        if isinstance(update, Update) and update.effective_message and not isinstance(error, Forbidden):
            with suppress(TelegramError, TimeoutError):
                async with asyncio.timeout(APOLOGY_WITHIN):
                    await send_words(update.effective_message, say("unexpected", language(update)))

    async def give_up(self, update: Update) -> None:
        """Tell a person, once for many, that photos were given up; see `bot.telegram.acknowledgement`."""
        message = update.effective_message
        if message is None:
            return
        self._floods.refuse_burst(message.chat_id)
        if self._floods.may_tell(message.chat_id, "too_late"):
            with suppress(TelegramError, TimeoutError):
                async with asyncio.timeout(APOLOGY_WITHIN):
                    await send_words(message, say("too_late", language(update)))


async def _answer_words(update: Update, text: str) -> None:
    assert update.effective_message
    note("words")
    await send_words(update.effective_message, text)
