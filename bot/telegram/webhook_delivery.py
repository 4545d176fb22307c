"""Deals with updates that are brought to this process, instead of fetched by it, and says of each whether it was dealt with.

Telegram brings an update again, for up to 24 hours, until it is told that it was dealt with, and brings the next one of a
chat only then. So Telegram is the queue here too (see `bot.telegram.acknowledgement`), and nothing needs to be kept between processes: what
one of them did not finish comes again, to whichever is there. Two things follow:

- An update that takes long is brought again while it is under way, which another process would answer a second time. So
  it is stopped before that; and given up, with words to its sender, when it has been tried for long.
- The photos of an album come one by one, and each is answered by itself.

Knows nothing of HTTP, nor of what an update holds.
"""

import asyncio
from collections import deque
from datetime import UTC, datetime

from telegram import Update

from bot.telegram.lifecycle import AnyApplication
from bot.telegram.update_processor import Processor

WITHIN = 20.0  # seconds that an update may take; Heroku ends a request after 30
PATIENCE = 600.0  # seconds after which a message that took too long once more is given up
REMEMBERED = 1000  # updates that were dealt with, should Telegram not have heard of it


class Deliveries:
    """For the updates of one application."""

    def __init__(self, application: AnyApplication):
        assert isinstance(application.update_processor, Processor)
        self._application, self._processor = application, application.update_processor
        self._under_way: dict[int, asyncio.Task[bool]] = {}
        self._dealt_with: deque[int] = deque(maxlen=REMEMBERED)

    async def deal_with(self, update: Update) -> bool:
        """Deal with an update; once, however often it is brought.

        Returns:
            Whether it is dealt with; else it must come again.
        """
        number = update.update_id
        if number in self._dealt_with:
            return True
        if number not in self._under_way:
            self._under_way[number] = asyncio.create_task(self._deal_with(update))
        return await asyncio.shield(self._under_way[number])

    async def _deal_with(self, update: Update) -> bool:
        timer = asyncio.get_running_loop().call_later(WITHIN, self._end, update)
        try:
            done = await self._processor.deal_with(update, self._application.process_update(update))
        finally:
            timer.cancel()
            del self._under_way[update.update_id]
        if done:
            self._dealt_with.append(update.update_id)
        return done

    def _end(self, update: Update) -> None:
        message = update.effective_message
        if message and (datetime.now(UTC) - message.date).total_seconds() > PATIENCE:
            self._processor.give_up(update.update_id)
        else:
            self._processor.interrupt(update.update_id)
