"""Messages to people, over any service that Apprise knows, sent in the background.

Whatever a service does (refuse, be slow, be down), the program goes on, and ends a few seconds later at most. Knows
nothing of training. Addresses hold passwords: none is ever printed, logged or pickled.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from apprise import Apprise, NotifyFormat
from apprise.attachment.memory import AttachMemory
from dotenv import dotenv_values

VARIABLE = "NOTIFY_URLS"
THREAD = "messenger"

logging.getLogger("apprise").disabled = True  # it names whole addresses, passwords too
logging.getLogger("urllib3.connectionpool").addFilter(lambda record: not str(record.threadName).startswith(THREAD))


class AddressError(ValueError):
    """An address that no message can be sent to; says which one by its place, never by its content."""


def read_addresses(given: Sequence[str]) -> list[str]:
    """All addresses to send to.

    Args:
        given: addresses, or `@FILE` for a file of addresses. Those in `NOTIFY_URLS` of the environment, or else of
            `.env`, follow. Between addresses stands white space; a line that starts with `#` is left out.

    Raises:
        AddressError: a file cannot be read.
    """
    in_environment = os.environ.get(VARIABLE) or dotenv_values(".env").get(VARIABLE) or ""
    return [address for text in (*given, in_environment) for address in _split(text)]


def _split(text: str) -> Iterator[str]:
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text"
            raise AddressError(f"The file of addresses {text[1:]} cannot be read ({reason}).") from None
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            yield from line.split()


class Messenger:
    """Sends messages to every address, each from a thread of its own.

    A pickled messenger, as in a learner exported with its callbacks, has forgotten its addresses.

    Args:
        addresses: Apprise's, such as `tgram://TOKEN/CHAT`, `mailto://...`, `json://...`.
        say: where one line goes about each service that did not take a message.

    Raises:
        AddressError: Apprise does not know such an address.
    """

    def __init__(self, addresses: Sequence[str] = (), say: Callable[[str], None] = print):
        services = [Apprise.instantiate(address) for address in addresses]
        if None in services:
            raise AddressError(
                f"Address {services.index(None) + 1} of {len(services)} is not one that Apprise can send to; "
                "for the formats, see https://appriseit.com/services/"
            )
        self._lines = [_Line(service, f"{THREAD}-{place}", say) for place, service in enumerate(services, 1)]

    def send(self, title: str, text: str, picture: bytes | None = None) -> None:
        """Send a message soon, and return at once.

        Args:
            title: on services without titles, the text's first line.
            text: plain, not Markdown.
            picture: a PNG file's bytes, for the services that take one.
        """
        for line in self._lines:
            line.put((title, text, picture))

    def close(self, patience: float = 5.0) -> None:
        """Wait until everything is sent; after half of `patience` seconds only for the last message, then no more."""
        end = time.monotonic() + patience
        for line in self._lines:
            line.drain(until=end - patience / 2)
        for line in self._lines:
            line.keep_the_last()
        for line in self._lines:
            line.drain(until=end)

    def __reduce__(self) -> tuple[type["Messenger"], tuple[()]]:
        return Messenger, ()


class _Line:
    """One service and the messages that wait for it."""

    def __init__(self, service: Any, name: str, say: Callable[[str], None]):
        self._service, self._say = service, say
        self._waiting: queue.Queue[tuple[str, str, bytes | None]] = queue.Queue()
        self._told = False
        # a daemon: a service that never answers does not keep the program from ending
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def put(self, message: tuple[str, str, bytes | None]) -> None:
        self._waiting.put(message)

    def drain(self, until: float) -> None:
        """Wait until all is sent, or until that time of `time.monotonic`."""
        with self._waiting.all_tasks_done:
            while self._waiting.unfinished_tasks and (left := until - time.monotonic()) > 0:
                self._waiting.all_tasks_done.wait(left)

    def keep_the_last(self) -> None:
        """Forget what waits, but for the newest message."""
        while self._waiting.qsize() > 1:
            self._waiting.get()
            self._waiting.task_done()

    def _run(self) -> None:
        while True:
            title, text, picture = self._waiting.get()
            try:
                self._send(title, text, picture)
            finally:
                self._waiting.task_done()

    def _send(self, title: str, text: str, picture: bytes | None) -> None:
        attached = [AttachMemory(content=picture, name="losses.png", mimetype="image/png")] if picture else None
        try:
            sent = self._service.notify(title=title, body=text, attach=attached, body_format=NotifyFormat.TEXT)
        except Exception:  # whatever a plugin raises; its words may hold the address
            sent = False
        if not sent and not self._told:
            self._told = True
            self._say(f"Warning: {self._service.service_name} did not accept a message; training continues.")
