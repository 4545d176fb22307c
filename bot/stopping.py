"""Handles updates a bounded number at a time, and can give them up when stopping takes too long.

Knows nothing of what an update holds.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from telegram.ext import SimpleUpdateProcessor

log = logging.getLogger("bot")


class StoppableProcessor(SimpleUpdateProcessor):
    """Handles at most that many updates at once; the others wait."""

    def __init__(self, max_concurrent_updates: int):
        super().__init__(max_concurrent_updates)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._given_up = False

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(coroutine)
        if self._given_up:
            task.cancel()
        self._tasks.add(task)
        try:
            await task
        finally:
            self._tasks.discard(task)

    def give_up(self) -> None:
        """Cancel every update under way or waiting."""
        log.warning("Stopping now, although %d messages are not answered yet.", len(self._tasks))
        self._given_up = True
        for task in self._tasks:
            task.cancel()
