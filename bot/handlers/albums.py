"""Brings together the photos that were sent as one album, which Telegram hands out one by one.

Knows nothing of what is answered.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from telegram import Message

QUIET = 0.7  # seconds
MOST = 10  # photos of an album, Telegram's


class _Album:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.more = asyncio.Event()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Albums:
    """The albums that are coming in. For one event loop only.

    Args:
        quiet: seconds without another photo after which an album is complete.
    """

    def __init__(self, quiet: float = QUIET) -> None:
        self._quiet = quiet
        self._open: dict[tuple[int, str], _Album] = {}

    @asynccontextmanager
    async def together(self, message: Message) -> AsyncIterator[list[Message]]:
        """For the first photo of an album: all of them, in order, once they are there. A photo on its own is one.

        For the others: none, and not before the first one's block has ended, so that none counts as dealt with earlier.
        """
        if message.media_group_id is None:
            yield [message]
            return
        key = message.chat_id, message.media_group_id
        album = self._open.get(key)
        if album is not None:
            album.messages.append(message)
            album.more.set()
            await asyncio.shield(album.over)
            yield []
            return
        album = self._open[key] = _Album()
        album.messages.append(message)
        try:
            await self._wait_for_all(album)
            del self._open[key]
            yield sorted(album.messages, key=lambda member: member.message_id)
        finally:
            if self._open.get(key) is album:
                del self._open[key]
            album.over.set_result(None)

    async def _wait_for_all(self, album: _Album) -> None:
        with suppress(TimeoutError):
            while len(album.messages) < MOST:
                album.more.clear()
                async with asyncio.timeout(self._quiet):
                    await album.more.wait()
