"""Makes requests to the Bot API, and recognizes answers that are not Telegram's.

Knows nothing of what a request asks for.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from telegram import Update
from telegram.error import BadRequest, NetworkError

from bot.telegram.http import AiohttpRequest


class NotTelegramError(NetworkError):
    """An answer that no Bot API server gives: of a proxy, of another web site, of an outage."""


class TelegramRequest(AiohttpRequest):
    """Requests to the Bot API; raises `NotTelegramError` where something else answers.

    A server of one's own may be older than the library: what it lacks is a `BadRequest`, not a wrong token.
    """

    async def do_request(self, url: str, method: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(url, method, *args, **kwargs)
        if method == "POST" and code >= 300:  # python-telegram-bot takes any 404 for a wrong token
            problem = _parse(payload, f"HTTP status {code}")["description"]
            if code == 404 and "method not found" in str(problem):
                raise BadRequest(f"this server has no method {url.rpartition('/')[2]}")
        return code, payload

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]
        return _parse(payload, "no JSON of the Bot API")


class NewUpdatesRequest(TelegramRequest):
    """Asks for updates, and leaves out those that are known or cannot be read.

    Args:
        knows: whether the update with an id was fetched before.
        connection: options of `bot.telegram.http.AiohttpRequest`.

    Attributes:
        unreadable: what is wrong with those of the last answer, by id.
    """

    def __init__(self, knows: Callable[[int], bool], **connection: Any):
        super().__init__(**connection | {"connections": 1, "pool_timeout": 10.0, "read_timeout": 10.0})
        self._knows = knows
        self.unreadable: dict[int, str] = {}

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]
        self.unreadable = {}
        answer = super().parse_json_payload(payload)
        if isinstance(updates := answer.get("result"), list):
            with unexpected_answer():
                new = [update for update in updates if not self._knows(int(update["update_id"]))]
                answer["result"] = [update for update in new if self._readable(update)]
        return answer

    def _readable(self, update: dict[str, Any]) -> bool:
        try:
            Update.de_json(update)  # twice, as the library does so itself: it would log what the update holds
        except Exception as error:
            self.unreadable[update["update_id"]] = type(error).__name__
            return False
        return True


@contextmanager
def unexpected_answer() -> Iterator[None]:
    """Turns what goes wrong while an answer is read into `NotTelegramError`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise NotTelegramError(f"an answer without what belongs in it, {type(error).__name__}") from error


def _parse(payload: bytes, problem: str) -> dict[str, Any]:
    try:
        answer = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not ("result" in answer if answer.get("ok") else "description" in answer):
        raise NotTelegramError(problem)
    return answer
