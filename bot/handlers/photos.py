"""Answers photos, and films by a frame: downloads each when its turn comes, decodes it once, predicts it, replies.

What the reply says is decided in `bot.reply.wording`; which messages come here, in `bot.app`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from telegram import InlineKeyboardMarkup, Message, PhotoSize, Update
from telegram.constants import ChatType

from bot.handlers import buttons
from bot.handlers.albums import Albums
from bot.handlers.answered import AnsweredPhotos
from bot.handlers.attachments import attachment_of, film_of, of_another_chat
from bot.handlers.context import Context, language
from bot.handlers.groups import Groups, is_mine
from bot.queue.chat_limits import ChatLimits, TooManyError
from bot.queue.fair_queue import FairQueue
from bot.reply.languages import say
from bot.reply.wording import Reply, photo_problem, reply_to, reply_to_album, with_frame
from bot.stats import note
from bot.telegram.download import DownloadError, best_size, download
from bot.telegram.send import send, send_words, typing
from model import Classifier, PhotoError, Prediction
from model.film import frame_of, is_film
from model.image import Photo
from model.photo_pool import PhotoPool

if TYPE_CHECKING:
    from model.metrics import Metrics

WORKERS = 2  # photos that are decoded, prepared or drawn on at once
PHOTOS_IN_MEMORY, PER_CHAT = 12, 3  # downloaded, being classified or waiting for it; the rest waits at Telegram
LARGE = 2 * 2**20  # bytes
LARGE_IN_MEMORY = 2  # of those, files beyond LARGE, so that a flood of 20 MB files fits a small machine


class PhotoHandler:
    """Answers photos, and images sent as files, with one classifier.

    Args:
        classifier: predicts them.
        pool: runs it.
        groups: know when one is wanted.
        chat_limits: count those that wait.
        albums: bring together those that were sent together.
        asks: whether people are asked if an answer is right; see `bot.handlers.feedback`.
        metrics: count what is answered, if anybody measures.
    """

    def __init__(
        self,
        classifier: Classifier,
        pool: PhotoPool,
        groups: Groups,
        chat_limits: ChatLimits,
        albums: Albums,
        asks: bool = False,
        metrics: "Metrics | None" = None,
    ):
        self._classifier, self.pool, self._metrics = classifier, pool, metrics
        self._groups, self._chat_limits, self._albums, self._asks = groups, chat_limits, albums, asks
        self._answered = AnsweredPhotos()
        self._queue, self._queue_of_large = FairQueue(PHOTOS_IN_MEMORY, PER_CHAT), FairQueue(LARGE_IN_MEMORY, 1)

    async def answer(self, update: Update, context: Context) -> None:
        """Answer the photo of an update, together with its album; in a group, if it is wanted."""
        message = update.effective_message
        assert message
        if update.edited_message and self._answered.knows(message):
            note("unchanged")
            return
        async with self._albums.together(message) as album:
            if not album:
                note("in an album")
            elif message.chat.type == ChatType.PRIVATE or await self._groups.wants(album):
                await self._answer(album, language(update))

    async def answer_film(self, update: Update, context: Context) -> None:
        """Answer a GIF, a video or a video message by one frame; in a group, if its caption speaks to the bot."""
        message = update.effective_message
        assert message
        if message.chat.type == ChatType.PRIVATE or (message.caption and self._groups.asks(message)):
            await self.answer(update, context)

    async def answer_asked(self, update: Update, context: Context) -> None:
        """Answer the photo that a text replies to, if the text speaks to the bot."""
        message = update.effective_message
        assert message
        if not self._groups.asks(message):
            return
        replied = message.reply_to_message
        if replied and attachment_of(replied) and not is_mine(replied):
            await self._answer([replied], language(update))
        elif elsewhere := of_another_chat(message):
            await self._answer([elsewhere], language(update), rated=False)
        elif message.text and message.text.startswith("/"):
            note("words")
            await send_words(message, say("group.check", language(update), command=self._groups.command))

    async def _answer(self, messages: Sequence[Message], spoken: str, rated: bool = True) -> None:
        first = messages[0]
        try:
            with self._chat_limits.counted(first.chat_id, len(messages)), self._answered.remembered(messages):
                async with typing(first):
                    replies = await asyncio.gather(*(self.reply_to(message, spoken) for message in messages))
                reply = reply_to_album(replies, spoken)
                keyboard = self._buttons(messages, reply, spoken) if rated else None
                await send(first, reply.text, reply.pictures, keyboard)
                note(reply.outcome, reply.labels)
        except TooManyError:
            note("too many")
            if self._chat_limits.may_tell(first.chat_id, "too_many"):
                await send_words(first, say("too_many", spoken))

    @asynccontextmanager
    async def downloaded(
        self, message: Message, choose: Callable[[Sequence[PhotoSize]], PhotoSize] = best_size
    ) -> AsyncIterator[bytes]:
        """Downloads a message's photo, or a frame of its film, when its turn comes; the next one's comes when the block ends.

        Raises:
            DownloadError: Telegram does not hand it over, or no frame of it can be read.
        """
        attachment = attachment_of(message, choose)
        assert attachment
        queue = self._queue_of_large if (attachment.file_size or 0) > LARGE else self._queue
        async with queue.slot(message.chat_id):
            data = await download(attachment)
            if is_film(data):
                try:
                    data = await self.pool.run(frame_of, data)
                except PhotoError:
                    raise DownloadError("film") from None
            yield data

    async def predict(self, data: bytes) -> tuple[Photo, Prediction]:
        """Decodes a photo and predicts it, without counting it.

        Raises:
            PhotoError: it cannot be decoded.
        """
        return await self.pool.decode_and_predict(self._classifier, data)

    async def reply_to(self, message: Message, spoken: str) -> Reply:
        """What to say of a message's photo, or of the trouble with it, without saying it."""
        try:
            async with self.downloaded(message) as data:
                started = time.perf_counter()
                with self._metrics.problems() if self._metrics else nullcontext():
                    photo, prediction = await self.predict(data)
                if self._metrics:
                    self._metrics.answer(prediction, (time.perf_counter() - started) * 1000)
                reply = await self.pool.run(reply_to, prediction, photo, self._classifier.bundle, spoken)
                return with_frame(reply, spoken) if film_of(message) else reply
        except (DownloadError, PhotoError) as error:
            return photo_problem(error.problem, spoken)

    def _buttons(self, messages: Sequence[Message], reply: Reply, spoken: str) -> InlineKeyboardMarkup | None:
        attachment = attachment_of(messages[0])
        if len(messages) > 1 or messages[0].chat.type != ChatType.PRIVATE or attachment is None:
            return None
        if not self._asks and not reply.explained:
            return None
        return buttons.answer_keyboard(
            reply.labels, attachment, self._classifier.bundle, spoken, self._asks, reply.explained
        )
