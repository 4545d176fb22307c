"""`python -m web`: reads the settings, opens the models and serves until it is stopped.

With `WEBHOOK_URL`, Telegram brings the bot's updates here too. The only place of this room that knows the bot.
"""

import asyncio
import gc
import logging
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from model import BundleError, Classifier
from model.photo_pool import PhotoPool
from model.settings import SettingsError
from web.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from bot.settings import Settings as BotSettings
    from bot.telegram.webhook import Webhook

GRACE = 25  # seconds that what is under way has to end; Heroku kills after 30
log = logging.getLogger("web")  # `__name__` is "__main__" here


def main() -> None:
    """Serve the page and the API: python -m web. Settings are environment variables; see docs/deploy.md."""
    started = time.perf_counter()
    for stop in (signal.SIGINT, signal.SIGTERM):  # what the server ends with, too, once it has finished its work
        signal.signal(stop, lambda *_: sys.exit(0))
    if sys.argv[1:] == ["--help"]:
        print(main.__doc__)
        return
    if sys.argv[1:]:
        _fail("python -m web takes no arguments; its settings are environment variables, see docs/deploy.md.")
    try:
        settings = Settings.read()
        of_bot = _settings_of_bot() if settings.webhook_url else None
        listening = listen(settings.host, settings.port)
    except (SettingsError, OSError) as error:
        _fail(str(error))
    if of_bot:
        from bot import log as logs

        logs.set_up(of_bot.log_level, of_bot.telegram_token.get_secret_value(), of_bot.log_format)
    else:
        logging.basicConfig(
            level=logging.WARNING,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            datefmt="%H:%M:%S",
            force=True,
        )
    log.setLevel(settings.log_level)
    serve(settings, of_bot, listening, started)


def serve(settings: Settings, of_bot: "BotSettings | None", listening: socket.socket, started: float) -> None:
    """Serve until a signal comes.

    Args:
        settings: of the page.
        of_bot: of the bot, if updates are received for it.
        listening: where.
        started: when, by `time.perf_counter`, the program did.
    """
    from web.app import create_app  # here, because a wrong setting should be told at once
    from web.models import open_models

    try:
        models = open_models(settings.model_path, settings.model_runtime)
    except BundleError as error:
        _fail(str(error))
    if of_bot and settings.trusted_hosts:
        known = *settings.trusted_hosts, urlsplit(of_bot.webhook_url or "").hostname or ""
        settings = settings.model_copy(update={"trusted_hosts": known})
    pool = PhotoPool()
    app = create_app(models, settings, pool)
    gc.freeze()  # else collecting garbage walks through all the libraries again and again: 30 ms without an answer
    serving = server(app)
    try:
        bot = _bot(of_bot, next(iter(models.values())), pool) if of_bot else None
    except SettingsError as error:
        _fail(str(error))
    if bot:
        app.router.routes.append(bot.route)
    host, port = listening.getsockname()[:2]
    where = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    took = (time.perf_counter() - started) * 1000
    log.info("Serving %s at %s, ready in %.0f ms", " and ".join(models), where, took)
    try:
        if bot:
            _serve_with_bot(serving, listening, bot)
        else:
            serving.run(sockets=[listening])
    finally:  # the server ends with the signal it got
        log.info("Stopped.")


def _bot(settings: "BotSettings", classifier: Classifier, pool: PhotoPool) -> "Webhook":
    from bot.app import build
    from bot.telegram.webhook import Webhook

    return Webhook(settings, build(settings, classifier, pool))


def _serve_with_bot(serving: "uvicorn.Server", listening: socket.socket, bot: "Webhook") -> None:
    """Serve until a signal comes, or Telegram refuses to bring updates. The page does not wait for Telegram."""
    from bot.telegram.webhook import WebhookError

    def end_if_refused(starting: asyncio.Task[None]) -> None:
        if not starting.cancelled() and starting.exception():
            serving.should_exit = True

    async def both() -> None:
        starting = asyncio.create_task(bot.start())
        starting.add_done_callback(end_if_refused)
        try:
            await serving.serve(sockets=[listening])
        finally:
            starting.cancel()
            await asyncio.wait((starting,))
            await bot.stop()
        starting.result()

    try:
        asyncio.run(both())
    except WebhookError as error:
        _fail(str(error))


def _settings_of_bot() -> "BotSettings":
    from bot.settings import Settings as BotSettings

    settings = BotSettings.read()
    if not settings.telegram_token.get_secret_value():
        raise SettingsError("WEBHOOK_URL is set but TELEGRAM_TOKEN is not: set it too, or unset WEBHOOK_URL.")
    return settings


def server(app: "FastAPI") -> "uvicorn.Server":
    """What speaks HTTP for an application. Who is asked for, and by whom, is the application's matter."""
    import uvicorn

    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; 0 takes a free port.

    Raises:
        OSError: that cannot be listened on; the message says why.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise OSError(f"HOST={host} cannot be listened on: {error.strerror}.") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise OSError(f"HOST={host} PORT={port} cannot be listened on: {error.strerror}; set another PORT.") from None
    return listening


def _fail(reason: str) -> NoReturn:
    sys.exit(f"Error: {reason}")


if __name__ == "__main__":
    main()
