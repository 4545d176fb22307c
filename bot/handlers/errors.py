"""Tells people kindly what did not work, and the operator what was unexpected."""

import asyncio
import logging

from telegram import Message, Update
from telegram.error import Forbidden, TelegramError

from bot.handlers.context import Context, language
from bot.handlers.operator_chat import OperatorChat
from bot.queue.chat_limits import ChatLimits
from bot.reply.languages import say
from bot.stats import note
from bot.telegram.send import send_words

WITHIN = 2.0  # seconds that an apology may take

log = logging.getLogger(__name__)


class ErrorReplies:
    """Tells people kindly what did not work, and the operator what was unexpected."""

    def __init__(self, operator: OperatorChat, chat_limits: ChatLimits):
        self._operator, self._chat_limits = operator, chat_limits

    async def explain_error(self, update: object, context: Context) -> None:
        """The last resort: one entry in the log, and a kind word to the person.

        Errors without an update come from fetching updates, and `Client` has said them already.
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
            await _apologize(update, update.effective_message, "unexpected")

    async def give_up(self, update: Update) -> None:
        """Tell a person, once for many, that photos were given up; see `bot.telegram.acknowledgement`."""
        message = update.effective_message
        if message is None:
            return
        where = update.effective_user.id if message.guest_query_id and update.effective_user else message.chat_id
        self._chat_limits.refuse_burst(where)
        if self._chat_limits.may_tell(where, "too_late"):
            await _apologize(update, message, "too_late")


async def _apologize(update: Update, message: Message, key: str) -> None:
    try:
        async with asyncio.timeout(WITHIN):
            await send_words(message, say(key, language(update)))
    except (TelegramError, TimeoutError):
        pass  # whoever cannot be reached is not told
    except Exception as error:  # python-telegram-bot would log it where the bot does not
        log.error("Update %d: its sender could not be told", update.update_id, exc_info=error)
