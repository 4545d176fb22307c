"""Repeats requests to Telegram through passing network trouble.

python-telegram-bot retries only `getUpdates`; a single request that fails is for the bot to repeat.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from telegram.error import BadRequest, NetworkError, RetryAfter

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between two tries; each pause is twice the one before
PATIENCE = 3600.0  # seconds

Result = TypeVar("Result")


async def with_retries(call: Callable[[], Awaitable[Result]], patience: float = PATIENCE) -> Result:
    """Calls until the network carries it, for at most `patience` seconds.

    Raises:
        TelegramError: Telegram refuses the request, or the network is down for longer.
    """
    began, pause = time.monotonic(), FIRST_PAUSE
    while True:
        try:
            return await call()
        except BadRequest:
            raise  # Telegram's answer, although python-telegram-bot counts it as a NetworkError
        except RetryAfter as error:
            wait = seconds_to_wait(error)
        except NetworkError:
            if time.monotonic() - began > patience:
                raise
            wait, pause = pause, min(LONGEST_PAUSE, 2 * pause)
        await asyncio.sleep(wait)


def seconds_to_wait(error: RetryAfter) -> float:
    """Returns how long Telegram asks to wait: an `int`, or a `timedelta` where `PTB_TIMEDELTA` is set."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else wait
