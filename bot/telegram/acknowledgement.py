"""Confirms an update to Telegram only after it has been dealt with, so that a killed bot loses nothing.

Telegram keeps an update, for up to 24 hours, until the bot asks for those after it: `getUpdates` with a higher offset.
python-telegram-bot raises the offset as soon as updates are fetched. Here it stays at the oldest update that is not dealt
with, so Telegram is the queue: what this process did not finish comes again to the next one, and no database is needed.

Two things follow from how `getUpdates` works:

- While an update is under way, it returns at once, with what is known already. So it is asked at a steady pace then, and
  what is known is left out, before objects are made of it: that would take most of the event loop's time.
- It returns at most 100 updates from the offset on. Should one take so long that 100 were fetched since, nothing newer
  can be fetched before it is dealt with: if others wait, it is given up after `HOLD_UP` seconds, with words to its sender.

One update must not block the rest: one that cannot be read is skipped, and one that nobody works on is fetched again.

Knows nothing of what an update holds. See `bot.telegram.update_processor` for who says that one is dealt with.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot.telegram.request import NewUpdatesRequest

WINDOW = 100  # updates that Telegram returns from the offset on
PACE, SLOWEST_PACE = 0.1, 1.0  # seconds between two questions while updates are under way; slower while none are new
MANY, PACE_OF_MANY = 25, 0.3  # while so many are under way, asking tells little, and takes long to read
CONFIRM_WITHIN = 3.0  # seconds
HOLD_UP = 1.5  # seconds that the oldest update may keep newer ones from being fetched
FORGOTTEN = 30.0  # seconds after which an update that nobody works on is fetched again

log = logging.getLogger(__name__)


class Worker(Protocol):
    """Whoever deals with updates."""

    def works_on(self, update_id: int) -> bool: ...

    def give_up(self, update_id: int) -> None: ...

    def skip(self, update_id: int, reason: str) -> None: ...


class Acknowledgements:
    """Which updates were fetched, and which of them are dealt with. For one event loop only."""

    def __init__(self) -> None:
        self._open: dict[int, bool] = {}  # by id, oldest first: whether dealt with; the first one never is
        self._confirmed: deque[int] = deque(maxlen=WINDOW)  # which an answer that was on its way may still hold
        self._next: int | None = None
        self._forgotten: set[int] = set()  # open, but not known: Telegram hands them out again
        self._oldest_since = 0.0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def offset(self) -> int | None:
        """What to ask for: everything before it is dealt with. None before the first update."""
        return next(iter(self._open), self._next)

    @property
    def under_way(self) -> bool:
        return bool(self._open)

    @property
    def fetched(self) -> int:
        """How many updates are not confirmed, without those that are to be fetched again."""
        return len(self._open) - len(self._forgotten)

    @property
    def held_up(self) -> bool:
        """Whether the oldest update has kept newer ones from being fetched for too long."""
        return self.fetched >= WINDOW and time.monotonic() - self._oldest_since > HOLD_UP

    def knows(self, update_id: int) -> bool:
        """Whether an update was fetched before."""
        return (update_id in self._open and update_id not in self._forgotten) or update_id in self._confirmed

    def take(self, updates: Sequence[Update], unreadable: Iterable[int] = ()) -> tuple[Update, ...]:
        """Those of fetched updates that were not fetched before; the ids of unreadable ones are dealt with at once."""
        new = tuple(update for update in updates if not self.knows(update.update_id))
        ids = sorted({update.update_id for update in new}.union(unreadable))
        if ids and not self._open:
            self._restart_timer()
        self._open |= dict.fromkeys(ids, False)
        self._forgotten.difference_update(ids)
        if ids:
            self._idle.clear()
        for update_id in unreadable:
            self.done(update_id)
        return new

    def forget(self, worker: Worker) -> int | None:
        """Returns the oldest update if nobody has worked on it for too long; it will be fetched again."""
        oldest = next(iter(self._open), None)
        if oldest is None or worker.works_on(oldest) or time.monotonic() - self._oldest_since < FORGOTTEN:
            return None
        self._forgotten.add(oldest)  # still open, or the offset would move past it
        self._restart_timer()
        return oldest

    def done(self, update_id: int) -> None:
        """An update is dealt with."""
        if update_id not in self._open:
            return  # it was never fetched: somebody handed it in
        self._open[update_id] = True
        while self._open and self._open[oldest := next(iter(self._open))]:
            del self._open[oldest]
            self._forgotten.discard(oldest)
            self._confirmed.append(oldest)
            self._next = oldest + 1
            self._restart_timer()
        if not self._open:
            self._idle.set()

    def _restart_timer(self) -> None:
        self._oldest_since = time.monotonic()

    async def until_idle(self, seconds: float) -> None:
        """Return when nothing is under way, or after that many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()


class AcknowledgingBot(ExtBot[int]):
    """A bot that fetches updates by its acknowledgements, whatever offset it is asked for.

    Args:
        connection: options for the connection that fetches; see `bot.telegram.http.AiohttpRequest`.
    """

    def __init__(self, *args: Any, connection: dict[str, Any] | None = None, **kwargs: Any):
        acknowledgements = Acknowledgements()
        self._fetching = NewUpdatesRequest(acknowledgements.knows, **connection or {})
        super().__init__(*args, **kwargs | {"get_updates_request": self._fetching})
        self._acknowledgements = acknowledgements
        self._worker: Worker | None = None
        self._stopped = False
        self._pace = PACE
        self._gave_up = 0.0

    @property
    def acknowledgements(self) -> Acknowledgements:
        """What was fetched; whoever deals with an update tells it."""
        return self._acknowledgements

    def hand_updates_to(self, worker: Worker) -> None:
        """Name who deals with updates, to be asked what it works on and told of those that hold up others."""
        self._worker = worker

    def stop_fetching(self) -> None:
        """From now on there are no updates."""
        self._stopped = True

    async def get_updates(self, *args: Any, **options: Any) -> tuple[Update, ...]:  # type: ignore[override]
        """New updates; waits while there is no room for more. See `telegram.Bot.get_updates`."""
        if self._stopped:
            return ()
        await self._acknowledgements.until_idle(self._pace)
        self._fetch_forgotten()
        while self._acknowledgements.fetched >= WINDOW:
            self._fetch_forgotten()
            await self._give_up_oldest()
            await self._acknowledgements.until_idle(PACE)
        options |= {"offset": self._acknowledgements.offset, "limit": WINDOW}
        if self._acknowledgements.under_way:
            options["timeout"] = 0
        updates = await super().get_updates(**options)
        if self._stopped:
            return ()
        new = self._acknowledgements.take(updates, unreadable := self._fetching.unreadable)
        for update_id, reason in unreadable.items():
            if self._worker:
                self._worker.skip(update_id, reason)
        usual = PACE if self._acknowledgements.fetched < MANY else PACE_OF_MANY
        self._pace = usual if new else min(SLOWEST_PACE, 1.5 * self._pace)
        return new

    async def confirm(self) -> None:
        """At the end, tell Telegram what has been dealt with since updates were fetched last."""
        if self._acknowledgements.offset is None:
            return
        try:
            async with asyncio.timeout(CONFIRM_WITHIN):
                await super().get_updates(self._acknowledgements.offset, 1, 0)
        except InvalidToken:
            pass  # which is said where the token is refused
        except (TelegramError, TimeoutError) as error:
            log.warning("What was answered last could not be confirmed, and may be answered again: %s", error)

    def _fetch_forgotten(self) -> None:
        if self._worker and (update_id := self._acknowledgements.forget(self._worker)) is not None:
            log.error("Update %d: nobody works on it, so it is fetched again", update_id)

    async def _give_up_oldest(self) -> None:
        now = time.monotonic()
        if not self._acknowledgements.held_up or now - self._gave_up < HOLD_UP or self._worker is None:
            return
        self._gave_up = now
        with suppress(TelegramError):  # while Telegram is away, nobody is held up by this bot
            waiting = (await self.get_webhook_info()).pending_update_count
            if waiting > self._acknowledgements.fetched and self._acknowledgements.offset is not None:
                self._worker.give_up(self._acknowledgements.offset)
