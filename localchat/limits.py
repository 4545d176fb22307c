"""Telegram's limits for what a bot sends, to be switched on: refuses with 429 what comes too fast."""

import math
import time
from dataclasses import dataclass, field
from typing import Any

from localchat.errors import Refusal

PER_SECOND, PER_SECOND_PAID = 30, 1000  # messages, all chats together
SLACK = 1  # messages in one chat, beyond 1 a second: Telegram allows short bursts
PER_GROUP, GROUP_SECONDS = 20, 60.0


@dataclass
class Bucket:
    """Fills by one with each message and leaks at a steady rate."""

    size: float
    leak: float  # a second
    level: float = 0.0
    at: float = field(default_factory=lambda: time.monotonic())

    def wait(self) -> float:
        """Seconds until one more fits."""
        now = time.monotonic()
        self.level, self.at = max(0.0, self.level - (now - self.at) * self.leak), now
        return max(0.0, self.level + 1 - self.size) / self.leak


class Limits:
    """What was sent lately.

    Attributes:
        on: whether they are kept.
        refused: how many calls were refused.
    """

    def __init__(self) -> None:
        self.on = False
        self.refused = 0
        self._all = {False: Bucket(PER_SECOND, PER_SECOND), True: Bucket(PER_SECOND_PAID, PER_SECOND_PAID)}
        self._chats: dict[int, list[Bucket]] = {}

    def check(self, chat: int, paid: bool) -> None:
        """Count a message to a chat; an album counts as one.

        Raises:
            Refusal: 429, it comes too soon.
        """
        if not self.on:
            return
        buckets = [self._all[paid], *self._chats.setdefault(chat, _of_chat(chat))]
        if wait := max(bucket.wait() for bucket in buckets):
            self.refused += 1
            after: dict[str, Any] = {"retry_after": math.ceil(wait)}
            raise Refusal(429, f"Too Many Requests: retry after {after['retry_after']}", after)
        for bucket in buckets:
            bucket.level += 1


def _of_chat(chat: int) -> list[Bucket]:
    buckets = [Bucket(1 + SLACK, 1.0)]
    if chat < 0:
        buckets.append(Bucket(PER_GROUP, PER_GROUP / GROUP_SECONDS))
    return buckets
