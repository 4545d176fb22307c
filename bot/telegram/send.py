"""Sends replies to Telegram, and shows "typing" while one is on its way.

Knows nothing of what is in a reply.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputTextMessageContent,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.telegram.retry import with_retries
from model.wording import shortened

SOON = 0.7  # seconds; who waits longer sees that the bot is at work
ACTION_LASTS = 5.0  # seconds that Telegram shows it


async def send(
    message: Message, text: str, pictures: Sequence[bytes] = (), buttons: InlineKeyboardMarkup | None = None
) -> None:
    """Answers a message with a reply that points to it, even if it has been deleted or its group has moved since.

    Args:
        message: what is answered.
        text: the caption of the pictures, where there are any.
        pictures: JPEG files; several become an album.
        buttons: shown under the reply; Telegram gives an album none.
    """
    where = _where(message) | {
        "reply_parameters": ReplyParameters(message.message_id, allow_sending_without_reply=True)
    }
    if buttons:
        where["reply_markup"] = buttons
    await _wherever(where, lambda place: _send(message.get_bot(), place, text, pictures))


async def send_words(message: Message, text: str) -> None:
    """Answer a message with words; in a group they point to it. A guest's message can be answered once."""
    if message.guest_query_id:
        content = InputTextMessageContent(text)
        result = InlineQueryResultArticle("answer", shortened(text), content)
        return await _sent(lambda: message.answer_guest_query(result))
    where = _where(message)
    if message.chat_id < 0:
        where["reply_parameters"] = ReplyParameters(message.message_id, allow_sending_without_reply=True)
    await _wherever(where, lambda place: _sent(lambda: message.get_bot().send_message(text=text, **place)))


async def send_picture(
    bot: Bot, chat: int, picture: bytes, caption: str, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Send a JPEG file to a chat that did not ask for it.

    Raises:
        TelegramError: the chat does not take it.
    """
    await _wherever(
        {"chat_id": chat},
        lambda place: _sent(lambda: bot.send_photo(photo=picture, caption=caption, reply_markup=keyboard, **place)),
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


async def _send(bot: Any, where: dict[str, Any], text: str, pictures: Sequence[bytes]) -> None:
    with suppress(BadRequest):  # a group that allows no photos, a shape Telegram refuses: the words must do
        if len(pictures) == 1:
            return await _sent(lambda: bot.send_photo(photo=pictures[0], caption=text, **where))
        if pictures:
            album = [InputMediaPhoto(picture) for picture in pictures]
            return await _sent(lambda: bot.send_media_group(media=album, caption=text, **where))
    await _sent(lambda: bot.send_message(text=text, **where))


async def _sent(call: Callable[[], Awaitable[Any]]) -> None:
    await with_retries(call, repeatable=False)


async def _wherever(where: dict[str, Any], call: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
    try:
        await call(where)
    except ChatMigrated as moved:  # messages have other numbers there
        await call({"chat_id": moved.new_chat_id})


def _where(message: Message) -> dict[str, Any]:
    thread = {"message_thread_id": message.message_thread_id} if message.is_topic_message else {}
    return {"chat_id": message.chat_id, **thread}
