"""Starts the bot, waits for a signal, finishes what is under way and stops.

Does what `Application.run_polling` does, and also stops cleanly in the middle of starting, in a bounded time, at once
on a second signal, and when the token is revoked. Knows nothing of what the bot answers.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application

from bot.telegram.client import Client
from bot.telegram.update_processor import UpdateProcessor

STOP_WITHIN = 20.0  # seconds; Heroku ends a process 30 s after its signal
ALLOWED_UPDATES = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.GUEST_MESSAGE)
LONGEST_PAUSE = 30.0  # seconds between two tries to log in

log = logging.getLogger(__name__)
AnyApplication = Application[Any, Any, Any, Any, Any, Any]


def run(application: AnyApplication, on_started: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        application: as `bot.app.build` gives it.
        on_started: called with the bot's username when it begins to fetch updates.

    Raises:
        InvalidToken: Telegram refuses the token, now or later.
    """

    async def until_signal() -> None:
        stop = asyncio.Event()

        def on_signal() -> None:
            if stop.is_set():
                log.warning("Stopped at once.")
                os._exit(1)
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, on_signal)
        await serve(application, stop, on_started)

    asyncio.run(until_signal())


async def serve(application: AnyApplication, stop: asyncio.Event, on_started: Callable[[str], None]) -> None:
    """Serve until `stop` is set; see `run`."""
    client = application.bot
    assert isinstance(client, Client)
    try:
        if await _unless(stop, _start_polling(application)):
            on_started(client.username)
            if await _unless(stop, client.refused.wait()):
                raise InvalidToken("revoked")
    finally:
        await finish(application)


async def start(application: AnyApplication) -> None:
    """Log in, trying again until Telegram answers, and introduce the bot; it deals with updates from now on.

    Raises:
        InvalidToken: Telegram refuses the token.
    """
    await _log_in(application)
    if application.post_init:
        await application.post_init(application)
    await application.start()


async def _start_polling(application: AnyApplication) -> None:
    await start(application)
    assert application.updater
    await application.updater.start_polling(
        allowed_updates=ALLOWED_UPDATES,
        bootstrap_retries=-1,
        drop_pending_updates=False,
        error_callback=lambda error: None,  # `Client` has said it
    )


async def _log_in(application: AnyApplication) -> None:
    pause = 1.0
    while True:
        try:
            return await application.initialize()
        except InvalidToken:
            raise
        except TelegramError:
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)


async def finish(application: AnyApplication) -> None:
    """Finish what is under way, in a bounded time, and log out."""
    client, processor = application.bot, application.update_processor
    assert application.updater and isinstance(client, Client) and isinstance(processor, UpdateProcessor)
    client.stop_fetching()
    if application.updater.running:
        with suppress(InvalidToken):  # how polling ended, if it did
            await application.updater.stop()
    if application.running:
        log.info("Stopping: finishing what is under way.")
        timer = asyncio.get_running_loop().call_later(STOP_WITHIN, processor.abandon)
        await application.stop()
        timer.cancel()
        await client.confirm()
        if application.post_stop:
            await application.post_stop(application)
    await application.shutdown()
    await client.shutdown()  # its connections, too, where it never logged in


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, Any]) -> bool:
    """Do the work, unless `stop` is set before it is done; whether it was done."""
    doing, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not doing.done():
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing
        return False
    doing.result()
    return True
