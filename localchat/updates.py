"""The queue of updates that a bot fetches, with Telegram's rules for fetching them."""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from localchat.bell import Bell
from localchat.errors import Refusal

MAX_UPDATES = 10_000  # kept until they are confirmed; then the oldest go
MAX_WAIT = 50  # seconds
LEFT_OUT = {"chat_member", "message_reaction", "message_reaction_count"}  # unless a bot asks for them
OTHER_POLL = "other getUpdates"

Json = dict[str, Any]


class Updates:
    """Updates that were not confirmed yet, oldest first."""

    def __init__(self, bell: Bell):
        self._bell = bell
        self._pending: deque[Json] = deque(maxlen=MAX_UPDATES)
        self._next_id = 1
        self._polls = 0
        self._ended_by = ""
        self.allowed: list[str] = []
        self.fetched = False  # whether a bot has ever asked for them

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, kind: str, content: Json) -> None:
        """Queue an update, unless the bot asked not to get this kind."""
        if kind not in self.allowed if self.allowed else kind in LEFT_OUT:
            return
        self._pending.append({"update_id": self._next_id, kind: content})
        self._next_id += 1
        self._bell.ring()

    def __iter__(self) -> Iterator[Json]:
        return iter(self._pending)

    def forget(self, update: Json) -> None:
        """Forget one, wherever it stands."""
        with suppress(ValueError):  # the newest of too many pushed it out
            self._pending.remove(update)

    def confirm(self, offset: int) -> None:
        """Forget updates below `offset`; below the last `-offset` ones when it is negative."""
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
        while offset > 0 and self._pending and self._pending[0]["update_id"] < offset:
            self._pending.popleft()

    def clear(self) -> None:
        """Forget them all."""
        self._pending.clear()

    def interrupt(self, by: str) -> None:
        """End a poll that is waiting; `by` is the method that ends it."""
        self._polls += 1
        self._ended_by = by
        self._bell.ring()

    async def poll(self, offset: int, limit: int, seconds: int) -> list[Json]:
        """Confirm, then return up to `limit` updates, waiting up to `seconds` for the first.

        Raises:
            Refusal: 409, another poll started meanwhile, or a webhook was set.
        """
        self.interrupt(OTHER_POLL)
        mine = self._polls
        self.confirm(offset)
        await self._bell.wait_until(lambda: bool(self._pending) or mine != self._polls, min(seconds, MAX_WAIT))
        if mine != self._polls:
            only_one = "; make sure that only one bot instance is running" if self._ended_by == OTHER_POLL else ""
            raise Refusal(409, f"Conflict: terminated by {self._ended_by} request{only_one}")
        return list(self._pending)[:limit]
