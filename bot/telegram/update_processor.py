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
            work.task.cancel()
        try:
            await asyncio.wait((work.task,))
            if work.given_up:
                record.outcome = "given up"
                try:
                    await self._apologize(update)
                except Exception:  # whatever it is, the update must be confirmed, or nothing is fetched any more
                    log.exception("Update %d: its sender could not be told that it was given up", update.update_id)
        finally:
            del self._works[update.update_id]
        if work.task.cancelled() and not work.given_up:
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
            work.task.cancel()

    def abandon(self) -> None:
        """End at once: what is under way is not confirmed."""
        log.warning("Stopping now: Telegram keeps %d messages until the bot runs again.", len(self._works))
        self._abandoned = True
        for work in self._works.values():
            work.task.cancel()
