"""Brings updates to a bot's own web server, one by one, when the bot asked for that instead of polling."""

import asyncio
import time
from typing import Any

import httpx

from localchat.bell import Bell
from localchat.updates import Updates

PAUSE = 1.0  # seconds before an update that was not taken is brought again


class Webhook:
    """Where updates are brought to. Empty `url`: nowhere, the bot polls.

    Attributes:
        last_error: what `getWebhookInfo` says of the last update that was not taken.
    """

    def __init__(self, bell: Bell, updates: Updates):
        self._bell, self._updates = bell, updates
        self._secret = ""
        self.url = ""
        self.last_error: dict[str, Any] = {}

    def set(self, url: str, secret: str) -> None:
        """Bring updates there from now on, with the secret in a header as Telegram does."""
        self.url, self._secret, self.last_error = url, secret, {}
        self._bell.ring()

    async def run(self) -> None:
        """Bring updates until the server closes."""
        await self._bell.wait_until(lambda: bool(self.url))
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            while not self._bell.stopped:
                await self._bell.wait_until(lambda: bool(self.url and len(self._updates)))
                if self.url and (update := self._updates.first()) and not await self._bring(http, update):
                    await asyncio.sleep(PAUSE)

    async def _bring(self, http: httpx.AsyncClient, update: dict[str, Any]) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret} if self._secret else {}
        try:
            answer = await http.post(self.url, json=update, headers=headers)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            self.last_error = {"last_error_date": int(time.time()), "last_error_message": str(error)[:200]}
            return False
        self._updates.confirm(update["update_id"] + 1)
        return True
