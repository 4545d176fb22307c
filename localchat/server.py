"""Runs the local chat in a thread of its own, on this machine's loopback address only."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import uvicorn

from localchat.app import create_app
from localchat.telegram import Telegram

HOST = "127.0.0.1"


class LocalChat:
    """A stand-in for Telegram: `with LocalChat() as chat:` serves until the block ends.

    Args:
        port: 0 takes a free one.
        token: what the bot must call itself by.

    Attributes:
        url: where it runs, once started: the page at `/`, the Bot API at `/bot<token>/<method>`.
        faults: what goes wrong between it and the bot; nothing until it is switched on.
        limits: Telegram's limits for sending; off until they are switched on.
    """

    def __init__(self, port: int = 0, token: str = "1:local-chat"):
        self.token = token
        self.url = ""
        self._port = port
        self._telegram = Telegram(token)
        self.faults, self.limits = self._telegram.faults, self._telegram.limits
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start; connections are accepted when this returns.

        Raises:
            OSError: the port is taken, or the server could not start.
        """
        listening = _listen(self._port)
        self.url = f"http://{HOST}:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(self._telegram),
            log_config=None,
            access_log=False,
            ws="none",
            timeout_keep_alive=75,  # longer than a long poll, so that a pooled connection does not close under a bot
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._serve, args=(self._server, listening), name="localchat", daemon=True
        )
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)
        if not self._server.started:
            raise OSError("The local chat could not start")

    def stop(self) -> None:
        """Stop, and end the polls that wait. What was said is forgotten with this object."""
        if self._server is None or self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._telegram.bell.stop)
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = self._loop = None

    def listen(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Call this with each event of every chat, in the server's thread; see `localchat.chats`."""
        self._telegram.chats.listeners.append(listener)

    def _serve(self, server: uvicorn.Server, listening: socket.socket) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            runner.run(server.serve(sockets=[listening]))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listen(port: int) -> socket.socket:
    # asyncio sends small packets at once only on a socket that says it is TCP; else each answer takes 40 ms
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise OSError(
            error.errno, f"The local chat cannot listen on {HOST}:{port} ({error.strerror}); choose another port"
        ) from None
    return listening
