"""Who may use the bot: everybody, or only the people and chats that the operator names."""

from collections import OrderedDict
from collections.abc import Iterable

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop

from bot.handlers.context import Context, language
from bot.reply.languages import say
from bot.stats import note
from bot.telegram.send import send_words

REMEMBERED = 1000  # chats that were told


class Access:
    """Lets updates of the people and chats through that are named, and tells the others once that it does not.

    Args:
        users: people, by their numbers.
        chats: chats, by their numbers; whoever writes there may use the bot.
    """

    def __init__(self, users: Iterable[int], chats: Iterable[int]):
        self._users, self._chats = frozenset(users), frozenset(chats)
        self._told: OrderedDict[int, None] = OrderedDict()

    async def check(self, update: Update, context: Context) -> None:
        """Stop what follows where somebody may not use the bot.

        Raises:
            ApplicationHandlerStop: so that no other handler gets the update.
        """
        user, chat = update.effective_user, update.effective_chat
        where = None if update.guest_message or chat is None else chat.id  # a guest's chat may share its number
        if (user and user.id in self._users) or where in self._chats:
            return
        note("not allowed")
        message = update.message
        if chat and message and chat.type == ChatType.PRIVATE and chat.id not in self._told:
            self._told[chat.id] = None
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
            await send_words(message, say("not_allowed", language(update)))
        raise ApplicationHandlerStop
