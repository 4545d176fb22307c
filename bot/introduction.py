"""What the bot tells Telegram about itself: the command menu and the descriptions in each language, and a profile photo.

English first, which everybody sees whose language is not set. The others follow while the bot is at work already, one
after the other and only where something changed: Telegram may ask for hours before the next `setMyDescription`.
"""

import asyncio
import logging
from pathlib import Path

from telegram import BotCommand, BotCommandScopeAllGroupChats, InputProfilePhotoStatic
from telegram.error import TelegramError

from bot.handlers.commands import MENU
from bot.handlers.groups import Groups
from bot.reply.languages import LANGUAGES, listed, say
from bot.telegram.client import Client
from model import Bundle
from model.wording import label_names

DESCRIPTION_LIMIT, SHORT_DESCRIPTION_LIMIT = 512, 120  # characters, Telegram's
PHOTO = Path(__file__).with_name("profile_photo.jpg")
PAUSE = 1.0  # seconds before each further language

log = logging.getLogger(__name__)


class Introduction:
    """Introduces the bot."""

    def __init__(self, bot: Client, groups: Groups):
        self._bot, self._groups = bot, groups
        self._others: asyncio.Task[None] | None = None
        self._seen = False

    async def begin(self, bundle: Bundle) -> None:
        """Say in English what a bot with that bundle answers; the other languages follow in the background."""
        self.end()
        try:
            await self._say_in(LANGUAGES[0], None, bundle)
        except TelegramError as error:
            log.warning("The command menu or description could not be set: %s", error)
        else:
            self._others = asyncio.create_task(self._say_in_others(bundle))

    def end(self) -> None:
        """Leave the languages that are left for the next start."""
        if self._others:
            self._others.cancel()

    async def _show_face(self) -> None:
        """Set a profile photo where the operator has set none; tried once."""
        if self._seen:
            return
        self._seen = True
        try:
            if not (await self._bot.get_user_profile_photos(self._bot.id, limit=1)).total_count:
                await self._bot.set_my_profile_photo(InputProfilePhotoStatic(PHOTO.read_bytes()))
        except TelegramError as error:
            log.warning("The profile photo could not be set: %s", error)

    async def _say_in_others(self, bundle: Bundle) -> None:
        await self._show_face()
        for code in LANGUAGES[1:]:
            if len(code) != 2:  # Telegram knows only such codes
                continue
            await asyncio.sleep(PAUSE)
            try:
                if not await self._knows(code, bundle):
                    await self._say_in(code, code, bundle)
            except TelegramError as error:
                log.warning("The command menu or description could not be set for %s: %s", code, error)
                return

    async def _knows(self, code: str, bundle: Bundle) -> bool:
        menu = await self._bot.get_my_commands(language_code=code)
        description = (await self._bot.get_my_description(code)).description
        return list(menu) == _menu(code) and description == _description(code, bundle)

    async def _say_in(self, spoken: str, code: str | None, bundle: Bundle) -> None:
        short = say("short_description", spoken)[:SHORT_DESCRIPTION_LIMIT]
        await asyncio.gather(
            self._bot.set_my_commands(_menu(spoken), language_code=code),
            self._bot.set_my_commands(self._groups.menu(spoken), BotCommandScopeAllGroupChats(), language_code=code),
            self._bot.set_my_short_description(short, language_code=code),
            self._bot.set_my_description(_description(spoken, bundle), language_code=code),
        )


def _description(spoken: str, bundle: Bundle) -> str:
    labels = listed(label_names(bundle, spoken), spoken, most=5)
    return say("description", spoken, labels=labels)[:DESCRIPTION_LIMIT]


def _menu(spoken: str) -> list[BotCommand]:
    return [BotCommand(name, say(f"menu.{name}", spoken)) for name in MENU]
