"""What the bot does with each kind of message.

The photo's way is here: fetched, judged by the model off the event loop, answered. What it looks like in words is
decided in `replies`; which handler gets which message, in `app`.
"""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from telegram import Message, Update
from telegram.constants import ChatAction
from telegram.error import Forbidden, TelegramError
from telegram.ext import CallbackContext

from bot.replies import Reply, label_names, photo_problem, reply_to
from bot.sending import FetchError, best_size, fetch, patiently, send, show_action
from bot.texts import TABLE, language_of, listed, say
from model import Bundle, Classifier, PhotoError

WORKERS = 2  # photos that are judged at once
PHOTOS_IN_MEMORY = 8  # fetched, being judged or waiting for it; the rest waits at Telegram
LARGE = 2 * 2**20  # bytes
LARGE_IN_MEMORY = 2  # of those, files beyond LARGE, so that a flood of 20 MB files fits a small machine

log = logging.getLogger("bot")
Context = CallbackContext[Any, Any, Any, Any]


def language(update: Update) -> str:
    """The language of whoever sent the update."""
    return language_of(update.effective_user.language_code if update.effective_user else None)


class Commands:
    """`/start`, `/help` and `/privacy`, for the labels of one bundle."""

    def __init__(self, bundle: Bundle):
        self._bundle = bundle
        self._suffix = "" if bundle.manifest.faces.find else "_whole"

    async def start(self, update: Update, context: Context) -> None:
        await self._answer(update, f"start{self._suffix}")

    async def help(self, update: Update, context: Context) -> None:
        await self._answer(update, f"help{self._suffix}")

    async def privacy(self, update: Update, context: Context) -> None:
        await self._answer(update, "privacy")

    async def _answer(self, update: Update, key: str) -> None:
        spoken = language(update)
        labels = listed(label_names(self._bundle, spoken), spoken)
        commands = "\n".join(f"/{name} – {say(f'menu.{name}', spoken)}" for name in TABLE["menu"])
        await _answer_words(update, say(key, spoken, labels=labels, commands=commands))


class Photos:
    """Answers photos, and images sent as files, with one classifier."""

    def __init__(self, classifier: Classifier):
        self._classifier = classifier
        self._workers = ThreadPoolExecutor(WORKERS, "photo")
        self._room = asyncio.Semaphore(PHOTOS_IN_MEMORY)
        self._room_for_large = asyncio.Semaphore(LARGE_IN_MEMORY)

    async def answer(self, update: Update, context: Context) -> None:
        """Answer the photo of an update."""
        assert update.effective_message
        started = time.perf_counter()
        reply = await self._reply(update.effective_message, language(update))
        await send(update.effective_message, reply)
        log.info("Update %d: %s, %.0f ms", update.update_id, reply.outcome, (time.perf_counter() - started) * 1000)

    async def _reply(self, message: Message, spoken: str) -> Reply:
        attachment = best_size(message.photo) if message.photo else message.document
        assert attachment
        large = (attachment.file_size or 0) > LARGE
        try:
            async with self._room_for_large if large else self._room:
                photo, _ = await asyncio.gather(fetch(attachment), show_action(message, ChatAction.TYPING))
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


class NotAPhoto:
    """Answers a message that is not a photo; `kind` is its entry of `not_a_photo` in the texts."""

    def __init__(self, kind: str):
        self._kind = kind

    async def answer(self, update: Update, context: Context) -> None:
        await _answer_words(update, say(f"not_a_photo.{self._kind}", language(update)))


async def explain_error(update: object, context: Context) -> None:
    """The last resort: one entry in the log, and a kind word to the person.

    Errors without an update come from fetching updates, and `Connection` has said them already.
    """
    error = context.error
    if not isinstance(update, Update):
        if not isinstance(error, TelegramError):
            log.error("Unexpected error", exc_info=error)
        return
    if isinstance(error, Forbidden):
        log.info("Update %d: not answered, the bot has been blocked or removed there", update.update_id)
        return
    if isinstance(error, TelegramError):
        log.warning("Update %d: not answered, Telegram says: %s", update.update_id, error)
    else:
        log.error("Update %d: unexpected error", update.update_id, exc_info=error)
    if update.effective_message:
        with suppress(TelegramError):
            await update.effective_message.reply_text(say("unexpected", language(update)))


async def _answer_words(update: Update, text: str) -> None:
    message = update.effective_message
    assert message
    await patiently(lambda: message.reply_text(text, allow_sending_without_reply=True))
    log.debug("Update %d: words", update.update_id)
