"""The way of a photo: fetched when its turn comes, judged by the model off the event loop, answered.

What it looks like in words is decided in `replies`; which messages come here, in `app`.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from telegram import Document, Message, PhotoSize, Update
from telegram.constants import ChatType

from bot.albums import Albums
from bot.floods import Floods, TooManyError
from bot.groups import Groups
from bot.records import note
from bot.replies import Reply, photo_problem, reply_to, reply_to_album
from bot.sending import FetchError, best_size, fetch, send, send_words, typing
from bot.speaking import Context, language
from bot.texts import say
from bot.turns import Turns
from model import Classifier, PhotoError

WORKERS = 2  # photos that are judged at once
PHOTOS_IN_MEMORY, PER_CHAT = 12, 3  # fetched, being judged or waiting for it; the rest waits at Telegram
LARGE = 2 * 2**20  # bytes
LARGE_IN_MEMORY = 2  # of those, files beyond LARGE, so that a flood of 20 MB files fits a small machine


class Photos:
    """Answers photos, and images sent as files, with one classifier."""

    def __init__(self, classifier: Classifier, groups: Groups, floods: Floods):
        self._classifier, self._groups, self._floods = classifier, groups, floods
        self._albums = Albums()
        self._workers = ThreadPoolExecutor(WORKERS, "photo")
        self._turns, self._turns_of_large = Turns(PHOTOS_IN_MEMORY, PER_CHAT), Turns(LARGE_IN_MEMORY, 1)

    async def answer(self, update: Update, context: Context) -> None:
        """Answer the photo of an update, together with its album; in a group, if it is wanted."""
        message = update.effective_message
        assert message
        async with self._albums.together(message) as album:
            if not album:
                note("in an album")
            elif message.chat.type == ChatType.PRIVATE or await self._groups.wants(album):
                await self._answer(album, language(update))

    async def answer_asked(self, update: Update, context: Context) -> None:
        """Answer the photo that a text replies to, if the text speaks to the bot."""
        message = update.effective_message
        assert message
        if not self._groups.asks(message):
            return
        replied = message.reply_to_message
        if replied and _attachment(replied):
            await self._answer([replied], language(update))
        elif message.text and message.text.startswith("/"):
            note("words")
            await send_words(message, say("group.check", language(update), command=self._groups.command))

    async def _answer(self, messages: Sequence[Message], spoken: str) -> None:
        first = messages[0]
        try:
            with self._floods.counted(first.chat_id, len(messages)):
                async with typing(first):
                    replies = await asyncio.gather(*(self._reply(message, spoken) for message in messages))
                reply = reply_to_album(replies, spoken)
                await send(first, reply)
                note(reply.outcome, reply.labels)
        except TooManyError:
            note("too many")
            if self._floods.may_tell(first.chat_id, "too_many"):
                await send_words(first, say("too_many", spoken))

    async def _reply(self, message: Message, spoken: str) -> Reply:
        attachment = _attachment(message)
        assert attachment
        turns = self._turns_of_large if (attachment.file_size or 0) > LARGE else self._turns
        try:
            async with turns.turn(message.chat_id):
                photo = await fetch(attachment)
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._workers, self._judge, photo, spoken)
        except FetchError as error:
            return photo_problem(error.problem, spoken)

    def _judge(self, photo: bytes, spoken: str) -> Reply:
        """Runs in a worker's thread: all that takes longer than a moment."""
        try:
            return reply_to(self._classifier.predict(photo), photo, self._classifier.bundle, spoken)
        except PhotoError as error:
            return photo_problem(error.problem, spoken)


def _attachment(message: Message) -> PhotoSize | Document | None:
    return best_size(message.photo) if message.photo else message.document
