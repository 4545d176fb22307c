"""Stopping in a bounded time: what is under way is finished, what takes too long is given up.

Knows nothing of what an update holds.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from telegram.ext import Application, SimpleUpdateProcessor

STOP_WITHIN = 20.0  # seconds; Heroku ends a process 30 s after SIGTERM
log = logging.getLogger("bot")


class StoppableProcessor(SimpleUpdateProcessor):
    """Handles a bounded number of updates at once, and can give them up."""

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
        log.warning("Stopping now, although %d messages are still being answered.", len(self._tasks))
        self._given_up = True
        for task in self._tasks:
            task.cancel()


class StoppableApplication(Application[Any, Any, Any, Any, Any, Any]):
    """An `Application` whose `stop` takes at most `STOP_WITHIN` seconds."""

    async def stop(self) -> None:
        """Finish what is under way; see `telegram.ext.Application.stop`."""
        assert isinstance(self.update_processor, StoppableProcessor)
        log.info("Stopping: finishing what is under way.")
        timer = asyncio.get_running_loop().call_later(STOP_WITHIN, self.update_processor.give_up)
        try:
            await super().stop()
        finally:
            timer.cancel()
