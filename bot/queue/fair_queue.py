"""Lets a bounded number of photos in at a time, and chats by turns, so that nobody waits behind somebody's many.

Knows nothing of photos or of Telegram.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairQueue:
    """Room for a few at once. For one event loop only.

    Args:
        at_once: how many, of all chats together.
        per_chat: how many of one chat.
    """

    def __init__(self, at_once: int, per_chat: int):
        self._free, self._per_chat = at_once, per_chat
        self._inside: Counter[int] = Counter()
        self._waiting: OrderedDict[int, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def slot(self, chat: int) -> AsyncIterator[None]:
        """Wait for a turn of that chat, and give the room back at the end."""
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(chat, deque()).append(slot)
        self._let_in()
        try:
            await slot
            yield
        finally:
            if slot.done() and not slot.cancelled():
                self._free += 1
                self._inside[chat] -= 1
                if not self._inside[chat]:
                    del self._inside[chat]
            self._let_in()

    def _let_in(self) -> None:
        for chat in list(self._waiting):
            queue = self._waiting[chat]
            while queue and queue[0].done():  # its wait was cancelled
                queue.popleft()
            if queue and self._free and self._inside[chat] < self._per_chat:
                queue.popleft().set_result(None)
                self._free -= 1
                self._inside[chat] += 1
                self._waiting.move_to_end(chat)
            if not queue:
                del self._waiting[chat]
