"""When the bot speaks in a group: when it is spoken to, or of every photo where an administrator has asked for that.

That wish is kept by Telegram, not here: where every photo is answered, the group's own command menu offers `/onlyasked`,
and the bot reads it back with `getMyCommands`. So it outlives restarts and holds for every process of the bot.
"""

import time
from collections.abc import Sequence

from telegram import BotCommand, BotCommandScopeChat, Message, MessageEntity, Update
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.handlers.context import Context, language
from bot.reply.languages import say
from bot.stats import note
from bot.telegram.retry import with_retries
from bot.telegram.send import send_words

ASK, EVERY, ONLY_ASKED = "check", "everyphoto", "onlyasked"  # a bundle may name another command to ask by
REMEMBERED = 600.0  # seconds that a group's wish is not asked for again
MOST = 1000  # groups whose wish is remembered
ADMINS = (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)


class Groups:
    """The wishes of groups, and who is spoken to in them; `command` asks for an answer."""

    def __init__(self, command: str = ASK) -> None:
        self.command = command
        self._every: dict[int, tuple[bool, float]] = {}

    async def wants(self, messages: Sequence[Message]) -> bool:
        """Whether a photo or an album in a group is to be answered."""
        return any(self.asks(message) for message in messages) or await self._wants_every(messages[0])

    async def answer_every(self, update: Update, context: Context) -> None:
        """`/everyphoto`: answer every photo of this group."""
        await self._switch(update, every=True)

    async def answer_only_asked(self, update: Update, context: Context) -> None:
        """`/onlyasked`: answer only when spoken to."""
        await self._switch(update, every=False)

    def menu(self, spoken: str, every: bool = False) -> list[BotCommand]:
        """The command menu that groups see; where every photo is answered, it offers to stop that."""
        entries = {self.command: "check", ONLY_ASKED if every else EVERY: None, "help": None, "privacy": None}
        return [BotCommand(name, say(f"menu.{entry or name}", spoken)) for name, entry in entries.items()]

    def asks(self, message: Message) -> bool:
        """Whether a message speaks to the bot: mentions it, has its command, or is a photo in reply to it.

        Words in reply to the bot are none of it: people thank it, or talk about its answer.
        """
        me = message.get_bot().bot
        if not message.text and is_mine(message.reply_to_message):
            return True
        kinds: list[str | None] = [MessageEntity.MENTION, MessageEntity.TEXT_MENTION, MessageEntity.BOT_COMMAND]
        entities = message.parse_caption_entities(kinds) if message.caption else message.parse_entities(kinds)
        name = f"@{me.username}".lower()
        return any(
            text.lower() in (name, f"/{self.command}", f"/{self.command}{name}")
            or (entity.user is not None and entity.user.id == me.id)
            for entity, text in entities.items()
        )

    async def _switch(self, update: Update, every: bool) -> None:
        message, spoken = update.effective_message, language(update)
        assert message
        if not await _is_admin(message):
            note("not an administrator")
            await send_words(message, say("group.only_admins", spoken))
            return
        bot, scope = message.get_bot(), BotCommandScopeChat(message.chat_id)
        if every:
            await bot.set_my_commands(self.menu(spoken, every=True), scope)  # in the language of who wants it so
        else:
            await bot.delete_my_commands(scope)
        self._remember(message.chat_id, every)
        words = say("group.every" if every else "group.only_asked", spoken, command=self.command)
        if every and not bot.bot.can_read_all_group_messages:
            words += "\n\n" + say("group.sees_little", spoken)
        note("every photo" if every else "only asked")
        await send_words(message, words)

    async def _wants_every(self, message: Message) -> bool:
        chat = message.chat_id
        every, until = self._every.get(chat, (False, 0.0))
        if time.monotonic() < until:
            return every
        bot = message.get_bot()
        try:
            menu = await with_retries(lambda: bot.get_my_commands(BotCommandScopeChat(chat)))
        except TelegramError:
            return every
        return self._remember(chat, any(command.command == ONLY_ASKED for command in menu))

    def _remember(self, chat: int, every: bool) -> bool:
        self._every.pop(chat, None)
        self._every[chat] = every, time.monotonic() + REMEMBERED
        while len(self._every) > MOST:
            del self._every[next(iter(self._every))]
        return every


def is_mine(message: Message | None) -> bool:
    """Whether the bot itself wrote a message."""
    if message is None or message.from_user is None or message.forum_topic_created:
        return False
    return message.from_user.id == message.get_bot().bot.id


async def _is_admin(message: Message) -> bool:
    if message.sender_chat:  # an administrator who stays anonymous speaks as the group
        return message.sender_chat.id == message.chat_id
    if message.from_user is None:
        return False
    who = message.from_user.id
    member = await with_retries(lambda: message.get_bot().get_chat_member(message.chat_id, who))
    return member.status in ADMINS
