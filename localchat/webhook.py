"""Brings updates to a bot's own web server, when the bot asked for that instead of polling.

As Telegram does: those of one chat one after another, those of several chats at once; what is not taken comes again.
"""

import asyncio
import time
from typing import Any

import httpx

from localchat.bell import Bell
from localchat.updates import Updates

AT_ONCE = 40  # updates, unless the bot asks for another number
PAUSE = 1.0  # seconds before an update that was not taken is brought again


class Webhook:
    """Where updates are brought to. Empty `url`: nowhere, the bot polls.

    Attributes:
        last_error: what `getWebhookInfo` says of the last update that was not taken.
    """

    def __init__(self, bell: Bell, updates: Updates):
        self._bell, self._updates = bell, updates
        self._secret = ""
        self._at_once = AT_ONCE
        self._busy: set[int] = set()  # chats
        self.url = ""
        self.last_error: dict[str, Any] = {}

    def set(self, url: str, secret: str, at_once: int = AT_ONCE) -> None:
        """Bring updates there from now on, so many at once, with the secret in a header as Telegram does."""
        self.url, self._secret, self._at_once, self.last_error = url, secret, at_once, {}
        self._bell.ring()

    async def run(self) -> None:
        """Bring updates until the server closes."""
        await self._bell.wait_until(lambda: bool(self.url))
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http, asyncio.TaskGroup() as bringing:
            while not self._bell.stopped:
                await self._bell.wait_until(lambda: self._next() is not None)
                if update := self._next():
                    self._busy.add(_chat_of(update))
                    bringing.create_task(self._bring(http, update))

    def _next(self) -> dict[str, Any] | None:
        if not self.url or len(self._busy) >= self._at_once:
            return None
        return next((update for update in self._updates if _chat_of(update) not in self._busy), None)

    async def _bring(self, http: httpx.AsyncClient, update: dict[str, Any]) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret} if self._secret else {}
        try:
            answer = await http.post(self.url, json=update, headers=headers)
            answer.raise_for_status()
            self._updates.forget(update)
        except httpx.HTTPError as error:
            self.last_error = {"last_error_date": int(time.time()), "last_error_message": str(error)[:200]}
            await asyncio.sleep(PAUSE)
        finally:
            self._busy.discard(_chat_of(update))
            self._bell.ring()


def _chat_of(update: dict[str, Any]) -> int:
    """Whose turn it takes: a chat's; of a pressed button, a person's."""
    content = next(value for value in update.values() if isinstance(value, dict))
    number: int = content["chat"]["id"] if "chat" in content else content["from"]["id"]
    return number
