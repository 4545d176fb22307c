"""The way of updates when Telegram brings them, over HTTP, to the web server of whoever asked for that.

It is set by every process at its start, to the same address with the same secret: both are made of the token, so that any
number of processes agree on them without a word. Which server answers there is none of its concern.
"""

import hashlib
import hmac
import json
import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.error import BadRequest, InvalidToken

from bot.app import build
from bot.settings import Settings
from bot.telegram import lifecycle as running
from bot.telegram.send import patiently
from bot.telegram.webhook_delivery import Deliveries
from model import Classifier

HEADER = "X-Telegram-Bot-Api-Secret-Token"
AT_ONCE = 100  # updates that Telegram brings at a time, to all processes together; the most it can
LARGEST = 2**20  # bytes of an update, which is much smaller

log = logging.getLogger("bot")


class WebhookError(RuntimeError):
    """Telegram brings nothing here; the message says why and what to do."""


class Webhook:
    """The bot, as something that a web server can serve.

    Args:
        settings: with a token and a `webhook_url`.
        classifier: judges photos.

    Attributes:
        route: where updates are received.
    """

    def __init__(self, settings: Settings, classifier: Classifier):
        self._settings = settings
        self._application = build(settings, classifier)
        self._deliveries = Deliveries(self._application)
        self._path, self._secret = self._made_of_token("path")[:32], self._made_of_token("secret")
        self.route = Route("/telegram/{path}", self._receive, methods=["POST"])

    async def start(self) -> None:
        """Log in, trying again until Telegram answers, and ask it to bring updates.

        Raises:
            WebhookError: Telegram refuses the token or the address.
        """
        url = f"{self._settings.webhook_url}/telegram/{self._path}"
        try:
            await running.start(self._application)
            await patiently(
                lambda: self._application.bot.set_webhook(
                    url, secret_token=self._secret, max_connections=AT_ONCE, allowed_updates=running.ALLOWED_UPDATES
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
        await running.finish(self._application)

    async def _receive(self, request: Request) -> Response:
        if not self._is_telegram(request):
            return Response(status_code=404)
        if not self._application.running:
            return _again()
        try:
            update = Update.de_json(json.loads(await _body(request)), self._application.bot)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.error("An update that Telegram brought cannot be read: %s", type(error).__name__)
            return Response(status_code=400)
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


def _again() -> Response:
    return Response(status_code=503, headers={"Retry-After": "1"})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("too large")
    return bytes(body)
