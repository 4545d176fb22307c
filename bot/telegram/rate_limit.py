"""Keeps Telegram's limits for messages, and comes again when Telegram asks to.

The limits: 30 messages a second, 1 a second in one chat, 20 a minute in a group. A bot that pays Telegram for messages
beyond the first may send up to 1,000 a second. When Telegram asks to wait, only the chat concerned waits. What merely
decorates a chat (the menu, "typing") waits for no message and makes none wait: Telegram may ask for hours before the next
`setMyDescription`, and where a hundred people wait, each "typing" is sent after the other, lest they take all connections.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from aiolimiter import AsyncLimiter
from telegram.constants import FloodLimit
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.telegram.retry import seconds_to_wait

FREE = int(FloodLimit.MESSAGES_PER_SECOND)
BURST = 0.5  # seconds' worth of messages that may be sent at once
KEPT = 1000  # chats whose limits are remembered

log = logging.getLogger(__name__)


class RateLimiter(BaseRateLimiter[int]):
    """Lets each request pass when it may be sent.

    Args:
        messages_per_second: of all chats together; what goes beyond the free ones is paid for.
    """

    def __init__(self, messages_per_second: int = FREE):
        burst = max(1.0, messages_per_second * BURST)  # less than a second's, lest messages bunch up on their way
        self._all = AsyncLimiter(burst, burst / messages_per_second)
        self._free = AsyncLimiter(FREE, 1)
        self._pays = messages_per_second > FREE
        self._chats: dict[int, list[AsyncLimiter]] = {}
        self._not_before: dict[int | None, float] = {}
        self._typing = asyncio.Lock()

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        """Nothing to do."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """Send a request when it may be sent, and again as often as Telegram asks to."""
        if endpoint.startswith(("setMy", "getMy")):
            return await callback(*args, **kwargs)
        if endpoint == "sendChatAction":
            async with self._typing:
                return await callback(*args, **kwargs)
        chat = data.get("chat_id")
        while True:
            await self._until_allowed(chat)
            if endpoint.startswith("send") and isinstance(chat, int):
                await self._take_turn(chat, data)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as asked:
                seconds = seconds_to_wait(asked)
                log.info("Telegram asks to wait %.0f s before the next %s.", seconds, endpoint)
                self._not_before[chat] = time.monotonic() + seconds

    async def _until_allowed(self, chat: int | None) -> None:
        await asyncio.sleep(self._not_before.get(chat, 0.0) - time.monotonic())
        if self._not_before.get(chat, 0.0) <= time.monotonic():
            self._not_before.pop(chat, None)

    async def _take_turn(self, chat: int, data: dict[str, Any]) -> None:
        for limiter in self._of(chat):
            await limiter.acquire()
        await self._all.acquire()
        if not self._pays:
            return
        if self._free.has_capacity():
            await self._free.acquire()
        else:
            data["allow_paid_broadcast"] = True

    def _of(self, chat: int) -> list[AsyncLimiter]:
        if len(self._chats) > KEPT:
            self._chats = {
                known: limiters
                for known, limiters in self._chats.items()
                if not all(limiter.has_capacity(limiter.max_rate) for limiter in limiters)
            }
        if chat not in self._chats:
            group = [AsyncLimiter(FloodLimit.MESSAGES_PER_MINUTE_PER_GROUP, 60)] if chat < 0 else []
            self._chats[chat] = [*group, AsyncLimiter(FloodLimit.MESSAGES_PER_SECOND_PER_CHAT, 1)]
        return self._chats[chat]
