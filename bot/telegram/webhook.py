"""Receives updates over HTTP when Telegram pushes them (a webhook), and acknowledges each once it is dealt with.

Every process sets the webhook at its start, to the same address with the same secret: both are derived from the token, so
any number of processes agree on them. Which server answers there is none of its concern.

Telegram pushes an update again, for up to 24 hours, until it is acknowledged, and the next one of a chat only then. So
Telegram is the queue here too (see `bot.telegram.acknowledgement`): what one process did not finish is pushed again, to
whichever is there. Two things follow:

- An update that takes long is pushed again while it is under way, which another process would answer a second time. So
  it is stopped before that, and given up, with an apology to its sender, if it has been tried for long.
- The photos of an album come one by one, and each is answered by itself.
"""

import asyncio
import hashlib
import hmac
import json
import logging
from collections import deque
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.error import BadRequest, InvalidToken

from bot.settings import Settings
from bot.telegram import lifecycle
from bot.telegram.retry import with_retries
from bot.telegram.update_processor import UpdateProcessor

HEADER = "X-Telegram-Bot-Api-Secret-Token"
AT_ONCE = 100  # updates that Telegram brings at a time, to all processes together; the most it can
LARGEST = 2**20  # bytes of an update, which is much smaller
WITHIN = 20.0  # seconds that an update may take; Heroku ends a request after 30
PATIENCE = 600.0  # seconds after which a message that took too long once more is given up
REMEMBERED = 1000  # updates that were dealt with, should Telegram not have heard of it

log = logging.getLogger(__name__)


class WebhookError(RuntimeError):
    """Telegram brings nothing here; the message says why and what to do."""


class Webhook:
    """The bot, as something that a web server can serve.

    Args:
        settings: with a token and a `webhook_url`.
        application: as `bot.app.build` gives it.

    Attributes:
        route: where updates are received.
    """

    def __init__(self, settings: Settings, application: lifecycle.AnyApplication):
        self._settings, self._application = settings, application
        self._deliveries = Deliveries(application)
        self._path, self._secret = self._made_of_token("path")[:32], self._made_of_token("secret")
        self.route = Route("/telegram/{path}", self._receive, methods=["POST"])

    async def start(self) -> None:
        """Log in, trying again until Telegram answers, and ask it to bring updates.

        Raises:
            WebhookError: Telegram refuses the token or the address.
        """
        url = f"{self._settings.webhook_url}/telegram/{self._path}"
        try:
            await lifecycle.start(self._application)
            await with_retries(
                lambda: self._application.bot.set_webhook(
                    url, secret_token=self._secret, max_connections=AT_ONCE, allowed_updates=lifecycle.ALLOWED_UPDATES
                ),
                float("inf"),
            )
        except InvalidToken:
            raise WebhookError(self._settings.refused_token) from None
        except BadRequest as error:
            raise WebhookError(f"WEBHOOK_URL={self._settings.webhook_url} is refused by Telegram: {error}.") from None
        log.info("Telegram brings messages for @%s to %s", self._application.bot.username, self._settings.webhook_url)

    async def stop(self) -> None:
        """Finish what is under way. Telegram keeps what comes later, and brings it to others or to the next start."""
        await lifecycle.finish(self._application)

    async def _receive(self, request: Request) -> Response:
        if not self._is_telegram(request):
            return Response(status_code=404)
        if not self._application.running:
            return _again()
        content: Any = None
        try:
            content = json.loads(await _body(request))
            update = Update.de_json(content, self._application.bot)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self._deliveries.skip(content, error)
            return Response()  # else Telegram brings it again and again
        return Response() if await self._deliveries.deal_with(update) else _again()

    def _is_telegram(self, request: Request) -> bool:
        given = request.path_params["path"], request.headers.get(HEADER, "")
        known = self._path, self._secret
        return all(
            [hmac.compare_digest(mine.encode(), theirs.encode()) for mine, theirs in zip(known, given, strict=True)]
        )

    def _made_of_token(self, purpose: str) -> str:
        token = self._settings.telegram_token.get_secret_value()
        return hmac.new(token.encode(), f"webhook {purpose}".encode(), hashlib.sha256).hexdigest()


class Deliveries:
    """For the updates of one application."""

    def __init__(self, application: lifecycle.AnyApplication):
        assert isinstance(application.update_processor, UpdateProcessor)
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

    def skip(self, content: Any, error: Exception) -> None:
        """Count what was brought and cannot be read."""
        number = content.get("update_id") if isinstance(content, dict) else None
        self._processor.skip(number if isinstance(number, int) else None, type(error).__name__)

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


def _again() -> Response:
    return Response(status_code=503, headers={"Retry-After": "1"})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("too large")
    return bytes(body)
