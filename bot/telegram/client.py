"""The line to Telegram, which says once when it is broken and once when it works again.

python-telegram-bot retries by itself, with growing pauses; it would log a traceback at each try. Knows nothing of
what the bot answers.
"""

import asyncio
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from telegram import Update
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError

from bot.settings import Settings
from bot.telegram.acknowledgement import AcknowledgingBot
from bot.telegram.proxy import proxy_to
from bot.telegram.rate_limit import RateLimiter
from bot.telegram.request import NotTelegramError, TelegramRequest, unexpected_answer
from model.settings import SettingsError

CONNECTIONS = 16  # enough for 30 photos a second, of 3 requests each
READ_TIMEOUT = 20.0  # seconds; a line that is silent for longer is taken for dead

log = logging.getLogger(__name__)


class Client(AcknowledgingBot):
    """Telegram's Bot API, at the address and with the token of the settings.

    Raises:
        SettingsError: a proxy or certificates are set that cannot be used.
    """

    def __init__(self, settings: Settings):
        url = settings.telegram_api_url
        self._proxy = proxy_to(url)
        connection: dict[str, Any] = {"proxy": self._proxy, "certificates": _certificates()}
        super().__init__(
            settings.telegram_token.get_secret_value(),
            base_url=f"{url}/bot",
            base_file_url=f"{url}/file/bot",
            request=TelegramRequest(
                connections=CONNECTIONS,
                pool_timeout=60,  # seconds, as all of these: a flood waits for a free connection instead of failing
                connect_timeout=10,
                read_timeout=READ_TIMEOUT,
                write_timeout=20,
                media_write_timeout=60,
                **connection,
            ),
            connection=connection,
            rate_limiter=RateLimiter(settings.messages_per_second),
        )
        self._where = url
        self._trouble: str | None = None
        self._refused = asyncio.Event()

    @property
    def refused(self) -> asyncio.Event:
        """Set when Telegram has revoked the token."""
        return self._refused

    async def initialize(self) -> None:
        """Log in; see `telegram.Bot.initialize`."""
        with self._watched():
            await super().initialize()

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:  # type: ignore[override]
        """Fetch updates; see `telegram.Bot.get_updates`."""
        try:
            with self._watched():
                return await super().get_updates(*args, **kwargs)
        except InvalidToken:
            self.refused.set()  # python-telegram-bot ends its polling now, for good
            raise

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            with unexpected_answer():
                yield
        except InvalidToken:
            raise
        except TelegramError as error:
            trouble = self._explain(error)
            if trouble != self._trouble:
                log.warning("%s Trying again until it works.", trouble)
            self._trouble = trouble
            raise
        if self._trouble:
            log.info("Telegram answers again.")
            self._trouble = None

    def _explain(self, error: TelegramError) -> str:
        if isinstance(error, Conflict):
            return "Another program fetches this bot's messages with the same token: stop it."
        if isinstance(error, NotTelegramError):
            return f"What answers at {self._where} is not Telegram ({error}): check TELEGRAM_API_URL and the network."
        if isinstance(error, NetworkError):
            through = f" through the proxy {urlsplit(self._proxy).netloc.rpartition('@')[2]}" if self._proxy else ""
            return f"Telegram cannot be reached at {self._where}{through}: check the network."
        return f"Telegram at {self._where} answers with an error: {error}."


def _certificates() -> ssl.SSLContext:
    """The certificates that are trusted, among them those that the environment names."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        reason = error.strerror or error
        raise SettingsError(f"The certificates that SSL_CERT_FILE names cannot be read: {reason}.") from None
