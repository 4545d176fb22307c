"""Fetches photos from Telegram and sends replies, through passing network trouble.

Knows nothing of what is in a photo or in a reply.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from telegram import Document, Message, PhotoSize
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, TelegramError

from bot.replies import Reply
from model.photo import MAX_BYTES

ENOUGH = 640  # pixels of the long side; faces are searched at that size
PAUSES = (1.0, 2.0, 4.0)  # seconds before the second, third and fourth try

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


async def fetch(attachment: PhotoSize | Document) -> bytes:
    """The file's bytes, held in memory only.

    Raises:
        FetchError: it is larger than Telegram lets a bot download, or is gone.
    """
    if (attachment.file_size or 0) > MAX_BYTES:
        raise FetchError("too_many_bytes")
    try:
        file = await patiently(attachment.get_file)
        if (file.file_size or 0) > MAX_BYTES:
            raise FetchError("too_many_bytes")
        return bytes(await patiently(file.download_as_bytearray))
    except BadRequest as error:
        raise FetchError("too_many_bytes" if "too big" in str(error) else "gone") from None
    except (InvalidToken, NetworkError):  # python-telegram-bot takes a file's 404 for a wrong token
        raise FetchError("gone") from None


async def send(message: Message, reply: Reply) -> None:
    """Answer a message with a reply that points to it, also when the message has been deleted since."""
    if reply.picture:
        picture = reply.picture
        await show_action(message, ChatAction.UPLOAD_PHOTO)
        with suppress(BadRequest):  # a group that allows no photos, a shape Telegram refuses: the words must do
            await patiently(
                lambda: message.reply_photo(picture, reply.text, do_quote=True, allow_sending_without_reply=True)
            )
            return
    await patiently(lambda: message.reply_text(reply.text, do_quote=True, allow_sending_without_reply=True))


async def show_action(message: Message, action: ChatAction) -> None:
    """Show "typing" or the like. It is decoration: it may fail, and must not hold up an answer."""
    with suppress(TelegramError):
        await message.reply_chat_action(action, connect_timeout=2, read_timeout=2)


async def patiently(call: Callable[[], Awaitable[Result]]) -> Result:
    """Call, and call again after a pause while the network fails.

    python-telegram-bot retries only what it polls; a single request that fails is for the bot to repeat.
    """
    for pause in PAUSES:
        try:
            return await call()
        except (BadRequest, Forbidden, ChatMigrated):
            raise  # an answer of Telegram, although BadRequest counts as a NetworkError there
        except NetworkError:
            await asyncio.sleep(pause)
    return await call()
