"""How many photos of one chat may wait, and how often somebody is told that these are too many.

Knows nothing of Telegram.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MOST = 30  # photos of one chat that are under way or wait
TELL_AGAIN = 60.0  # seconds after which the same chat is told again
BURST_ENDS = 2.0  # seconds without a photo after which a flood is over
LONGEST_BURST = 10.0  # seconds after which it is looked at anew


class TooManyError(Exception):
    """A chat has too many photos waiting."""


class ChatLimits:
    """Counts the photos of each chat. For one event loop only."""

    def __init__(self) -> None:
        self._waiting: Counter[int] = Counter()
        self._bursts: dict[int, tuple[float, float]] = {}  # when it is over, and when it is over at the latest
        self._told: dict[tuple[int, str], float] = {}

    @contextmanager
    def counted(self, chat: int, photos: int = 1) -> Iterator[None]:
        """Count photos while they wait and are answered.

        Raises:
            TooManyError: too many of that chat are waiting, or others were given up just now.
        """
        if self._bursting(chat) or (self._waiting[chat] and self._waiting[chat] + photos > MOST):
            raise TooManyError
        self._waiting[chat] += photos
        try:
            yield
        finally:
            self._waiting[chat] -= photos
            if not self._waiting[chat]:
                del self._waiting[chat]

    def refuse_burst(self, chat: int) -> None:
        """That chat's photos hold up others: take none until no more come for a moment."""
        now = time.monotonic()
        self._bursts[chat] = now + BURST_ENDS, now + LONGEST_BURST

    def may_tell(self, chat: int, what: str) -> bool:
        """Whether to tell that chat that now; the next time is a while later."""
        now = time.monotonic()
        self._told = {told: at for told, at in self._told.items() if now - at < TELL_AGAIN}
        if (chat, what) in self._told:
            return False
        self._told[chat, what] = now
        return True

    def _bursting(self, chat: int) -> bool:
        now = time.monotonic()
        self._bursts = {burst: ends for burst, ends in self._bursts.items() if now < min(ends)}
        if chat not in self._bursts:
            return False
        self._bursts[chat] = now + BURST_ENDS, self._bursts[chat][1]
        return True
