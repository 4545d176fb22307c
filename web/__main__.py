"""`python -m web`: reads the settings, opens the models and serves until it is stopped."""

import logging
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from web.settings import Settings, SettingsError

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

GRACE = 25  # seconds that what is under way has to end; Heroku kills after 30
log = logging.getLogger("web")


def main() -> None:
    """Serve the page and the API. Settings are environment variables; see the README."""
    started = time.perf_counter()
    for stop in (signal.SIGINT, signal.SIGTERM):  # what the server ends with, too, once it has finished its work
        signal.signal(stop, lambda *_: sys.exit(0))
    if sys.argv[1:]:
        _fail("python -m web takes no arguments; its settings are environment variables, see the README.")
    try:
        settings = Settings.read()
        listening = listen(settings.host, settings.port)
    except (SettingsError, OSError) as error:
        _fail(str(error))
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S", force=True
    )
    log.setLevel(settings.log_level)
    serve(settings, listening, started)


def serve(settings: Settings, listening: socket.socket, started: float) -> None:
    """Serve until a signal comes; `started` is when, by `time.perf_counter`, the program did."""
    from model import BundleError  # here, because a wrong setting should be told at once
    from web.app import create_app
    from web.models import open_models

    try:
        models = open_models(settings.model_path, settings.model_runtime)
    except BundleError as error:
        _fail(str(error))
    serving = server(create_app(models, settings))
    host, port = listening.getsockname()[:2]
    where = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    took = (time.perf_counter() - started) * 1000
    log.info("Serving %s at %s, ready in %.0f ms", " and ".join(models), where, took)
    serving.run(sockets=[listening])


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
