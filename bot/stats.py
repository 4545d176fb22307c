"""Counts what the bot has done since it started, from what each handler notes about its update.

Knows nothing of Telegram. Holds nothing about a person, nor what they sent.
"""

import statistics
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

LAST = 1000  # photos whose milliseconds are kept


@dataclass
class Record:
    """Of one update.

    Attributes:
        outcome: in a word or two.
        labels: that were answered, one per face or per whole photo.
        failed: it ended in an unexpected error.
    """

    outcome: str = "left alone"
    labels: tuple[str, ...] = ()
    failed: bool = False


_current: ContextVar[Record | None] = ContextVar("record", default=None)


def begin() -> Record:
    """The record that `note` writes in, in this task and in those it starts."""
    record = Record()
    _current.set(record)
    return record


def note(outcome: str, labels: Sequence[str] = (), failed: bool = False) -> None:
    """Say what became of the update that is dealt with."""
    if record := _current.get():
        record.outcome, record.labels, record.failed = outcome, tuple(labels), failed


class Stats:
    """Counts of records.

    Attributes:
        outcomes: how many updates ended in which way.
        labels: how many faces or whole photos were answered with which label.
        failed: how many updates ended in an unexpected error.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.failed = 0
        self._milliseconds: deque[float] = deque(maxlen=LAST)
        self._began = time.monotonic()

    def count(self, record: Record, milliseconds: float) -> None:
        """Count an update that is dealt with."""
        self.outcomes[record.outcome.partition(",")[0]] += 1
        self.labels.update(record.labels)
        self.failed += record.failed
        if record.labels:
            self._milliseconds.append(milliseconds)

    @property
    def hours(self) -> float:
        """Since the bot started."""
        return (time.monotonic() - self._began) / 3600

    def percentile(self, percent: int) -> float | None:
        """Milliseconds within which that share of the last answered photos was answered; None before the second."""
        if len(self._milliseconds) < 2:
            return None
        return statistics.quantiles(self._milliseconds, n=100, method="inclusive")[percent - 1]


def megabytes() -> float | None:
    """Memory that this process holds; None where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
