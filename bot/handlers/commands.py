"""Answers commands, and messages that are not photos.

Which handler gets which message is decided in `bot.app`.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from telegram import Update

from bot.handlers.context import Context, language
from bot.reply.languages import listed, say
from bot.stats import note
from bot.telegram.send import send_words
from model import Bundle
from model.wording import label_names

REMEMBERED = 1000  # albums
MENU = ("start", "help", "privacy", "language")  # of private chats


class Commands:
    """`/start`, `/help` and `/privacy`, for the labels of one bundle.

    Args:
        bundle: says its labels.
        asks: whether people are asked if an answer is right; see `bot.handlers.feedback`.
        teacher: the chat that may teach the bot, if any; see `bot.handlers.teaching`.
    """

    def __init__(self, bundle: Bundle, asks: bool = False, teacher: int | None = None):
        self._bundle, self._asks, self._teacher = bundle, asks, teacher
        self._suffix = "" if bundle.manifest.faces.find else "_whole"

    async def start(self, update: Update, context: Context) -> None:
        await self._answer(update, f"start{self._suffix}")

    async def help(self, update: Update, context: Context) -> None:
        spoken = language(update)
        await self._answer(update, f"help{self._suffix}", [say("help_film", spoken), *_as_guest(update, spoken)])

    async def privacy(self, update: Update, context: Context) -> None:
        spoken = language(update)
        kept = say("privacy_given" if self._asks else "privacy_never", spoken)
        taught = [say("privacy_taught", spoken)] if self._teacher else []
        guest = _as_guest(update, spoken)
        parts = [say("privacy", spoken), kept, *taught, *guest, say("privacy_chat", spoken)]
        await _answer_words(update, "\n\n".join(parts))

    async def _answer(self, update: Update, key: str, more: Sequence[str] = ()) -> None:
        spoken = language(update)
        labels = listed(label_names(self._bundle, spoken), spoken)
        commands = "\n".join(f"/{name} – {say(f'menu.{name}', spoken)}" for name in MENU)
        text = say(key, spoken, labels=labels, commands=commands)
        if update.effective_chat and update.effective_chat.id == self._teacher:
            text += "\n\n" + say("teach.offer", spoken)
        await _answer_words(update, "\n\n".join([text, *more]))


class NonPhotoReply:
    """Answers messages that are not photos, an album of them once."""

    def __init__(self) -> None:
        self._albums: deque[tuple[int, str]] = deque(maxlen=REMEMBERED)

    def of(self, kind: str) -> Callable[[Update, Context], Coroutine[Any, Any, None]]:
        """The handler for a kind of message, an entry of `not_a_photo` in the texts."""

        async def answer(update: Update, context: Context) -> None:
            message = update.effective_message
            assert message
            if message.media_group_id:
                album = message.chat_id, message.media_group_id
                if album in self._albums:
                    note("in an album")
                    return
                self._albums.append(album)
            await _answer_words(update, say(f"not_a_photo.{kind}", language(update)))

        return answer


def _as_guest(update: Update, spoken: str) -> list[str]:
    """What the bot does in chats that it is no member of, where its operator lets it."""
    assert update.effective_message
    me = update.effective_message.get_bot()
    return [say("guest", spoken, name=me.name)] if me.bot.supports_guest_queries else []


async def _answer_words(update: Update, text: str) -> None:
    assert update.effective_message
    note("words")
    await send_words(update.effective_message, text)
