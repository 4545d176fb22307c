"""Wakes everyone who waits for news. Knows nothing of what the news is."""

import asyncio
from collections.abc import Callable
from contextlib import suppress


class Bell:
    """What long polls wait on. For one event loop only.

    Attributes:
        stopped: the server is closing, nobody waits any more.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.stopped = False

    def ring(self) -> None:
        """Wake everyone who waits."""
        self._event.set()
        self._event = asyncio.Event()

    def stop(self) -> None:
        """Wake everyone, and let nobody wait again: the server is closing."""
        self.stopped = True
        self.ring()

    async def wait_until(self, condition: Callable[[], bool], seconds: float | None = None) -> None:
        """Return when the condition holds, which is looked at after each ring, or after that many seconds if given."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition() and not self.stopped:
                    await self._event.wait()
