"""What became of an update: noted by whoever deals with it, read by whoever counts and logs it.

Knows nothing of Telegram. Holds nothing about a person, nor what they sent.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass


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
