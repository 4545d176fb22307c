"""Fetches photos from Telegram and sends replies, through passing network trouble.

Knows nothing of what is in a photo or in a reply.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

from telegram import Bot, Document, InlineKeyboardMarkup, InputMediaPhoto, Message, PhotoSize, ReplyParameters
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.reply.wording import Reply
from model.image import MAX_BYTES

ENOUGH = 640  # pixels of the long side; faces are searched at that size
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between two tries; each pause is twice the one before
PATIENCE = 3600.0  # seconds that an answer is tried for
FETCH_PATIENCE = 600.0  # seconds that a photo is asked for
FETCH_WITHIN = 60.0  # seconds that one download may take
SOON = 0.7  # seconds; who waits longer sees that the bot is at work
ACTION_LASTS = 5.0  # seconds that Telegram shows it

Result = TypeVar("Result")


class FetchError(Exception):
    """A photo that Telegram does not hand over. `problem` is the entry of `photo_error` in the texts."""

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


def best_size(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """The smallest of the sizes Telegram offers that is large enough, else the largest."""
    ordered = sorted(sizes, key=lambda size: size.width * size.height)
    return next((size for size in ordered if max(size.width, size.height) >= ENOUGH), ordered[-1])


def largest(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """The largest of the sizes Telegram offers."""
    return max(sizes, key=lambda size: size.width * size.height)


async def fetch(attachment: PhotoSize | Document) -> bytes:
    """The file's bytes, held in memory only.

    Raises:
        FetchError: it is larger than Telegram lets a bot download, is gone, or comes too slowly.
    """
    if (attachment.file_size or 0) > MAX_BYTES:
        raise FetchError("too_many_bytes")
    try:
        file = await patiently(attachment.get_file, FETCH_PATIENCE)
        if (file.file_size or 0) > MAX_BYTES:
            raise FetchError("too_many_bytes")

        async def download() -> bytearray:
            async with asyncio.timeout(FETCH_WITHIN):
                return await file.download_as_bytearray()

        return bytes(await patiently(download, FETCH_PATIENCE))
    except BadRequest as error:
        raise FetchError("too_many_bytes" if "too big" in str(error) else "gone") from None
    except (InvalidToken, NetworkError, TimeoutError):  # python-telegram-bot takes a file's 404 for a wrong token
        raise FetchError("gone") from None


async def send(message: Message, reply: Reply, buttons: InlineKeyboardMarkup | None = None) -> None:
    """Answer a message with a reply that points to it, also when it has been deleted, or its group has moved, since.

    Buttons stand under a reply of one message; Telegram gives an album none.
    """
    where = _where(message) | {
        "reply_parameters": ReplyParameters(message.message_id, allow_sending_without_reply=True)
    }
    if buttons:
        where["reply_markup"] = buttons
    await _wherever(where, lambda place: _send(message.get_bot(), place, reply))


async def send_words(message: Message, text: str) -> None:
    """Answer a message with words; in a group they point to it."""
    where = _where(message)
    if message.chat_id < 0:
        where["reply_parameters"] = ReplyParameters(message.message_id, allow_sending_without_reply=True)
    await _wherever(where, lambda place: patiently(lambda: message.get_bot().send_message(text=text, **place)))


async def send_picture(bot: Bot, chat: int, picture: bytes, caption: str) -> None:
    """Send a JPEG file to a chat that did not ask for it.

    Raises:
        TelegramError: the chat does not take it.
    """
    await _wherever(
        {"chat_id": chat}, lambda place: patiently(lambda: bot.send_photo(photo=picture, caption=caption, **place))
    )


@asynccontextmanager
async def typing(message: Message) -> AsyncIterator[None]:
    """Show "typing" while the block takes longer than a moment. It is decoration: it may fail, and holds up nothing."""

    async def show() -> None:
        await asyncio.sleep(SOON)
        while True:
            with suppress(TelegramError):
                await message.reply_chat_action(ChatAction.TYPING, connect_timeout=2, read_timeout=2)
            await asyncio.sleep(ACTION_LASTS)

    showing = asyncio.create_task(show())
    try:
        yield
    finally:
        showing.cancel()


async def patiently(call: Callable[[], Awaitable[Result]], patience: float = PATIENCE) -> Result:
    """Call, and call again after a pause while the network fails, for that many seconds.

    python-telegram-bot retries only what it polls; a single request that fails is for the bot to repeat.
    """
    began, pause = time.monotonic(), FIRST_PAUSE
    while True:
        try:
            return await call()
        except BadRequest:
            raise  # an answer of Telegram, although python-telegram-bot counts it as a NetworkError
        except RetryAfter as asked:
            wait = timedelta.total_seconds(asked._retry_after)
        except NetworkError:
            if time.monotonic() - began > patience:
                raise
            wait, pause = pause, min(LONGEST_PAUSE, 2 * pause)
        await asyncio.sleep(wait)


async def _send(bot: Any, where: dict[str, Any], reply: Reply) -> None:
    with suppress(BadRequest):  # a group that allows no photos, a shape Telegram refuses: the words must do
        if len(reply.pictures) == 1:
            return await patiently(lambda: bot.send_photo(photo=reply.pictures[0], caption=reply.text, **where))
        if reply.pictures:
            album = [InputMediaPhoto(picture) for picture in reply.pictures]
            return await patiently(lambda: bot.send_media_group(media=album, caption=reply.text, **where))
    await patiently(lambda: bot.send_message(text=reply.text, **where))


async def _wherever(where: dict[str, Any], call: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
    try:
        await call(where)
    except ChatMigrated as moved:  # messages have other numbers there
        await call({"chat_id": moved.new_chat_id})


def _where(message: Message) -> dict[str, Any]:
    thread = {"message_thread_id": message.message_thread_id} if message.is_topic_message else {}
    return {"chat_id": message.chat_id, **thread}
