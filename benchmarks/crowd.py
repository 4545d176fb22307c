"""Many people who send photos to the real bot through the local chat, and when each was answered. For the benchmarks.

The chat and its people are in this process, the bot in one of its own. Telegram's limits are switched on.
"""

import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, Literal

import httpx

from benchmarks.answers import FACELESS, is_faceless
from benchmarks.pictures import photo as portrait
from localchat import LocalChat
from localchat.faults import Fault

Photo = tuple[int, int]  # chat, message


class Crowd:
    """People in a local chat.

    Args:
        chat: where they are.
        photo: what they send, with a face; a small portrait by default.

    Attributes:
        sent: when each photo came in, by `time.perf_counter`.
        answers: when each was answered, as often as it was.
        told: when the bot last said something to a chat that answers no photo, such as that it got too many.
    """

    def __init__(self, chat: LocalChat, photo: bytes | None = None):
        self.sent: dict[Photo, float] = {}
        self.answers: dict[Photo, list[float]] = {}
        self.told: dict[int, float] = {}
        self._photo = photo or portrait(320, 240)
        self._faceless = False
        self._http = httpx.Client(base_url=chat.url, timeout=120, trust_env=False)
        self._senders = ThreadPoolExecutor(4)
        chat.limits.on = True
        chat.listen(self._hear)

    def send(self, person: int, kind: str = "photo") -> Future[Any]:
        """Let a person send a photo, or a message of another kind."""
        photo = {"files": ("photo.jpg", self._photo, "image/jpeg")} if kind == "photo" else None
        form = {"chat": person, "kind": kind}
        return self._senders.submit(lambda: self._http.post("/chat/send", data=form, files=photo))

    def wait(self, photos: int, seconds: float) -> None:
        """Wait until that many photos are answered, at most that long; end the benchmark if one is said to have no face."""
        deadline = time.monotonic() + seconds
        while len(self.answers) < photos and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._faceless:
            sys.exit(FACELESS)

    @property
    def lost(self) -> int:
        """Photos without an answer."""
        return len(self.sent.keys() - self.answers.keys())

    @property
    def ignored(self) -> int:
        """Photos without an answer whose sender was not told anything since."""
        waiting = self.sent.keys() - self.answers.keys()
        return sum(self.told.get(photo[0], 0.0) < self.sent[photo] for photo in waiting)

    @property
    def again(self) -> int:
        """Answers beyond the first."""
        return sum(len(times) - 1 for times in self.answers.values())

    def milliseconds(self, of: set[int] | None = None) -> list[float]:
        """From a photo to its first answer; of those people only, if given."""
        return [
            (times[0] - self.sent[photo]) * 1000
            for photo, times in self.answers.items()
            if photo in self.sent and (of is None or photo[0] in of)
        ]

    def _hear(self, event: dict[str, Any]) -> None:
        message = event.get("message", {})
        if event["type"] != "message":
            return
        chat = message["chat"]["id"]
        if not event["from_bot"]:
            if "photo" not in message:
                return
            self.sent[chat, message["message_id"]] = time.perf_counter()
        elif replied := message.get("reply_to_message"):
            self._faceless |= is_faceless(message)
            self.answers.setdefault((chat, replied["message_id"]), []).append(time.perf_counter())
        else:
            self.told[chat] = time.perf_counter()


def fail_at_random(chat: LocalChat, share: float) -> None:
    """Let a share of all requests to Telegram fail: refused, cut off before Telegram acts, or, a fifth of them, after it."""
    for status, retry_after in ((500, None), (502, None), (429, 1)):
        chat.faults.refuse("*", status, times=None, share=share / 5, retry_after=retry_after)
    kinds: tuple[Literal["reset", "lose"], ...] = ("reset", "lose")
    for kind in kinds:
        chat.faults.add(Fault(kind, times=None, share=share / 5))


def start_bot(chat: LocalChat, log: IO[bytes] | None = None, **settings: str) -> subprocess.Popen[bytes]:
    """The real bot, in a process of its own; its log goes to that file."""
    environment = os.environ | {"TELEGRAM_TOKEN": chat.token, "TELEGRAM_API_URL": chat.url, "LOG_LEVEL": "ERROR"}
    return subprocess.Popen([sys.executable, "-m", "bot"], env=environment | settings, stderr=log)


def percentiles(milliseconds: list[float]) -> str:
    """Median, 99th percentile and maximum, in words."""
    if len(milliseconds) < 2:
        return "too few to tell"
    parts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return f"p50 {parts[49]:.0f} ms, p99 {parts[98]:.0f} ms, at most {max(milliseconds):.0f} ms"
