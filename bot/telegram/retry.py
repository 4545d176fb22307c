"""Repeats requests to Telegram through passing network trouble.

python-telegram-bot retries only `getUpdates`; a single request that fails is for the bot to repeat. Of some failures it
cannot be known whether Telegram had carried the request out before its answer was lost. A message that may have arrived
is sent again all the same, because an answer that comes twice is better than none, but later and more and more rarely.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut

from bot.telegram.http import NotSentError
from bot.telegram.request import NotTelegramError

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between two tries; each pause is twice the one before
FIRST_DOUBT, LONGEST_DOUBT = 1.0, 60.0  # likewise, where the message may have arrived
PATIENCE = 3600.0  # seconds

Result = TypeVar("Result")


async def with_retries(
    call: Callable[[], Awaitable[Result]], patience: float = PATIENCE, repeatable: bool = True
) -> Result:
    """Calls until the network carries it, for at most `patience` seconds.

    Args:
        call: makes the request.
        patience: seconds after which a network that is down is given up.
        repeatable: whether doing it twice does no more than doing it once; false for sending a message.

    Raises:
        TelegramError: Telegram refuses the request, or the network is down for longer.
    """
    began, pause, doubt = time.monotonic(), FIRST_PAUSE, FIRST_DOUBT
    while True:
        try:
            return await call()
        except BadRequest:
            raise  # Telegram's answer, although python-telegram-bot counts it as a NetworkError
        except RetryAfter as error:
            wait = seconds_to_wait(error)
        except NetworkError as error:
            if time.monotonic() - began > patience:
                raise
            if repeatable or not may_have_arrived(error):
                wait, pause = pause, min(LONGEST_PAUSE, 2 * pause)
            else:
                wait, doubt = doubt, min(LONGEST_DOUBT, 2 * doubt)
        await asyncio.sleep(wait)


def may_have_arrived(error: NetworkError) -> bool:
    """Tells whether Telegram may have carried out a request that failed.

    It surely did not where there was no connection, or where Telegram itself answered with an error.
    """
    if isinstance(error, NotSentError):
        return False
    return isinstance(error, TimedOut | NotTelegramError) or error.__cause__ is not None


def seconds_to_wait(error: RetryAfter) -> float:
    """Returns how long Telegram asks to wait: an `int`, or a `timedelta` where `PTB_TIMEDELTA` is set."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else wait
