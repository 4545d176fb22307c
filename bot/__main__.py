"""`python -m bot [--local] [--port N]`: reads the settings, opens the model and runs the bot until it is stopped.

The only place that may start the local chat.
"""

import gc
import logging
import signal
import sys
import time
from contextlib import ExitStack
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from pydantic import SecretStr

from bot import log as logs
from bot.settings import Settings
from model import BundleError, Classifier
from model.settings import SettingsError

if TYPE_CHECKING:
    from localchat import LocalChat

LOCAL_PORT = 8080
LOCAL_PERSON = 1  # who the chat page shows first
NO_TOKEN = (
    "TELEGRAM_TOKEN is not set. Get a token from @BotFather and set it, or try the bot here: python -m bot --local"
)
WEBHOOK = (
    "WEBHOOK_URL is set, so Telegram brings the bot's messages to a web server: start python -m web instead, "
    "or unset WEBHOOK_URL to fetch them from here."
)
log = logging.getLogger("bot")  # `__name__` is "__main__" here


def main(
    local: Annotated[
        bool, typer.Option("--local", help="Use a chat page on this machine instead of Telegram.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            help=f"Port of the chat page; by default {LOCAL_PORT}, or a free one if that is taken.", min=0, max=65535
        ),
    ] = None,
) -> None:
    """Classify the photos that people send on Telegram. Set TELEGRAM_TOKEN; docs/deploy.md lists all settings."""
    started = time.perf_counter()
    gc.disable()  # until all is read: there is no garbage before, and looking for it takes a tenth of that time
    for stop in (signal.SIGINT, signal.SIGTERM):  # until the bot runs and takes signals over
        signal.signal(stop, lambda *_: sys.exit(0))
    if port is not None and not local:
        _fail("--port is the local chat's: add --local")
    try:
        settings = Settings.read()
    except SettingsError as error:
        _fail(str(error))
    with ExitStack() as open_until_the_end:
        if local:
            try:
                chat = _local_chat(port)
            except OSError as error:
                _fail(error.strerror or str(error))
            open_until_the_end.callback(chat.stop)
            settings = settings.model_copy(
                update={"telegram_token": SecretStr(chat.token), "telegram_api_url": chat.url, "webhook_url": None}
            )
            print(f"\n  Chat with the bot: {chat.url}   (Ctrl-C stops it)\n", flush=True)
        elif not settings.telegram_token.get_secret_value():
            _fail(NO_TOKEN)
        elif settings.webhook_url:
            _fail(WEBHOOK)
        logs.set_up(settings.log_level, settings.telegram_token.get_secret_value(), settings.log_format)
        run(settings, started, teacher=LOCAL_PERSON if local else None)


def run(settings: Settings, started: float, teacher: int | None = None) -> None:
    """Run the bot until a signal stops it.

    Args:
        settings: with a token.
        started: when the program did, by `time.perf_counter`.
        teacher: the chat that may teach the bot; by default the operator's.
    """
    Thread(target=import_module, args=("bot.app",), daemon=True).start()  # it is read while the networks are opened
    try:
        classifier = Classifier.open(settings.model_path, settings.model_runtime)
    except BundleError as error:
        _fail(str(error))
    from telegram.error import InvalidToken  # here, because a wrong setting should be told at once

    from bot.app import build
    from bot.telegram import lifecycle as running

    if settings.metrics_port:
        from model import metrics  # here, because most bots are not measured

        try:
            metrics.serve(settings.metrics_port)
        except OSError as error:
            _fail(f"METRICS_PORT={settings.metrics_port} cannot be listened on: {error.strerror}.")

    def say_started(username: str) -> None:
        gc.freeze()  # else collecting garbage walks through all the libraries again and again: 30 ms without an answer
        name, took = classifier.bundle.manifest.name, (time.perf_counter() - started) * 1000
        log.info("Started as @%s: model %s on %s, ready in %.0f ms", username, name, classifier.runtime.name, took)

    try:
        application = build(settings, classifier, teacher=teacher)
        gc.enable()
        running.run(application, say_started)
    except SettingsError as error:
        _fail(str(error))
    except InvalidToken:
        _fail(settings.refused_token)
    except Exception:
        log.critical("The bot has stopped on an unexpected error", exc_info=True)  # the log hides the token
        sys.exit(1)
    log.info("Stopped.")


def _local_chat(port: int | None) -> "LocalChat":
    """A local chat that listens; on a free port when none was asked for and the usual one is taken."""
    from localchat import LocalChat

    chat = LocalChat(LOCAL_PORT if port is None else port)
    try:
        chat.start()
    except OSError:
        if port is not None:
            raise
        print(f"\n  Port {LOCAL_PORT} is taken, so the chat page is on a free one; --port N chooses.", flush=True)
        chat = LocalChat(0)
        chat.start()
    return chat


def _fail(reason: str) -> NoReturn:
    sys.exit(f"Error: {reason}")


if __name__ == "__main__":
    typer.run(main)
