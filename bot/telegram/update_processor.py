"""Deals with updates side by side, writes one line for each, and gives one up when it must.

An update that is dealt with is confirmed; see `bot.telegram.acknowledgement`. Knows nothing of what an update holds.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.stats import Record, begin
from bot.telegram.acknowledgement import WINDOW, Acknowledgements

log = logging.getLogger(__name__)


@dataclass
class _Work:
    task: asyncio.Future[Any]
    chat: int | None
    given_up: bool = False
    interrupted: bool = False


class UpdateProcessor(BaseUpdateProcessor):
    """Deals with every update at once that Telegram hands out; photos wait for their turn in `bot.queue.fair_queue`.

    Args:
        acknowledgements: told of each update that is dealt with.
        apologize: tells the sender of an update that it was given up.
        count: called with the record and the milliseconds of each update that is dealt with.
    """

    def __init__(
        self,
        acknowledgements: Acknowledgements,
        apologize: Callable[[Update], Awaitable[None]],
        count: Callable[[Record, float], None],
    ):
        super().__init__(2 * WINDOW)
        self._acknowledgements, self._apologize, self._count = acknowledgements, apologize, count
        self._works: dict[int, _Work] = {}
        self._abandoned = False

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        """Nothing to do."""

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        assert isinstance(update, Update)
        await self.deal_with(update, coroutine)

    async def deal_with(self, update: Update, coroutine: Awaitable[Any]) -> bool:
        """Deal with an update.

        Returns:
            Whether it is dealt with; else it was stopped in the middle, and must come again.
        """
        began, record = time.perf_counter(), begin()
        work = _Work(asyncio.ensure_future(coroutine), update.effective_chat.id if update.effective_chat else None)
        self._works[update.update_id] = work
        if self._abandoned:
            self.interrupt(update.update_id)
        try:
            await asyncio.wait((work.task,))
            if work.given_up:
                record.outcome = "given up"
                await self._apologize_for(update)
        finally:
            del self._works[update.update_id]
        if work.task.cancelled() and work.interrupted and not work.given_up:
            return False
        if not work.task.cancelled() and (error := work.task.exception()):
            log.error("Update %d: unexpected error", update.update_id, exc_info=error)
        self._acknowledgements.done(update.update_id)
        milliseconds = (time.perf_counter() - began) * 1000
        self._count(record, milliseconds)
        details = {"update": update.update_id, "outcome": record.outcome, "ms": round(milliseconds)}
        log.info("Update %d: %s, %.0f ms", update.update_id, record.outcome, milliseconds, extra=details)
        return True

    def give_up(self, update_id: int) -> None:
        """Give up an update, and with it whatever else is under way in its chat."""
        chosen = self._works.get(update_id)
        for number, work in self._works.items():
            if number == update_id or (chosen and chosen.chat is not None and work.chat == chosen.chat):
                work.given_up = work.task.cancel() or work.given_up

    def interrupt(self, update_id: int) -> None:
        """Stop dealing with an update."""
        if work := self._works.get(update_id):
            work.interrupted = work.task.cancel() or work.interrupted

    def works_on(self, update_id: int) -> bool:
        """Whether an update is being dealt with."""
        return update_id in self._works

    def skip(self, update_id: int | None, reason: str) -> None:
        """Count an update that cannot be read; what it holds stays out of the log."""
        self._count(Record("unreadable"), 0.0)
        details = {"update": update_id, "outcome": "unreadable", "ms": 0}
        log.error("Update %s: unreadable (%s), skipped", update_id, reason, extra=details)

    def abandon(self) -> None:
        """End at once: what is under way is not confirmed."""
        log.warning("Stopping now: Telegram keeps %d messages until the bot runs again.", len(self._works))
        self._abandoned = True
        for update_id in self._works:
            self.interrupt(update_id)

    async def _apologize_for(self, update: Update) -> None:
        apology = asyncio.ensure_future(self._apologize(update))  # a task: whatever it raises stays in it
        await asyncio.wait((apology,))
        if error := asyncio.CancelledError() if apology.cancelled() else apology.exception():
            log.error("Update %d: its sender could not be told that it was given up", update.update_id, exc_info=error)
