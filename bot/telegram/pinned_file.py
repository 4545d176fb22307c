"""Keeps one file as a document pinned in a chat, where there is no disk that lasts. Knows nothing of what is in it."""

from telegram import Bot, InputMediaDocument, Message
from telegram.error import BadRequest, TelegramError

from bot.telegram.retry import with_retries
from model.teaching.kept_file import NAME, KeepingError


class PinnedFile:
    """Keeps it as a document that the bot pins in a chat, and whose content it replaces by editing its message.

    A document that somebody else has pinned there is left alone.
    """

    def __init__(self, bot: Bot, chat: int, caption: str):
        self._bot, self._chat, self._caption = bot, chat, caption
        self._message: int | None = None

    async def load(self) -> bytes | None:
        try:
            chat = await with_retries(lambda: self._bot.get_chat(self._chat))
        except BadRequest:
            return None  # the operator has not written yet
        except TelegramError as error:
            raise KeepingError(str(error)) from None
        message = chat.pinned_message
        if message is None or not self._is_mine(message):
            return None
        assert message.document
        document = message.document
        try:
            file = await with_retries(document.get_file)
            content = await with_retries(file.download_as_bytearray)
        except TelegramError as error:
            raise KeepingError(str(error)) from None
        self._message = message.message_id
        return bytes(content)

    async def newer(self) -> bytes | None:
        return None  # nobody else edits the bot's messages

    async def save(self, content: bytes) -> None:
        try:
            if self._message is not None and await self._replace(self._message, content):
                return
            sent: Message = await with_retries(
                lambda: self._bot.send_document(self._chat, content, self._caption, filename=NAME)
            )
            await with_retries(
                lambda: self._bot.pin_chat_message(self._chat, sent.message_id, disable_notification=True)
            )
        except TelegramError as error:
            raise KeepingError(str(error)) from None
        self._message = sent.message_id

    async def set_aside(self) -> None:
        self._message = None  # a further document will be pinned; this one stays in the chat

    async def _replace(self, message: int, content: bytes) -> bool:
        """Whether the message is still there to hold it."""
        media = InputMediaDocument(content, caption=self._caption, filename=NAME)
        try:
            await with_retries(lambda: self._bot.edit_message_media(media, self._chat, message))
        except BadRequest as error:
            return "not modified" in str(error)
        return True

    def _is_mine(self, message: Message) -> bool:
        by_me = message.from_user is not None and message.from_user.id == self._bot.id
        return by_me and message.document is not None and message.document.file_name == NAME
