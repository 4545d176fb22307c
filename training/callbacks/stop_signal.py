"""Turns Ctrl-C and SIGTERM into a wish to stop, so that a training can end between two steps.

Signals reach the main thread only: in other threads nothing here does anything.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Yields a function that tells whether one of the signals has come; a second one raises `KeyboardInterrupt`."""
    asked = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        os.write(2, b"\nStopping after this step. Interrupt again to stop at once.\n")

    with _handled_by(note, *SIGNALS):
        yield asked.is_set


def deaf_to_sigterm() -> AbstractContextManager[None]:
    """Ignores SIGTERM inside, for the last seconds of a program that is ending anyway."""
    return _handled_by(signal.SIG_IGN, signal.SIGTERM)


def sigterm_as_ctrl_c() -> AbstractContextManager[None]:
    """Lets SIGTERM raise `KeyboardInterrupt` inside, as Ctrl-C does."""
    return _handled_by(signal.default_int_handler, signal.SIGTERM)


@contextmanager
def sigterm_as_exit() -> Iterator[None]:
    """Lets SIGTERM raise `SystemExit` inside, unless it is handled already, so that unfinished work is cleaned up."""
    handled = signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
    with _handled_by(lambda number, frame: sys.exit(128 + number), *(() if handled else (signal.SIGTERM,))):
        yield


@contextmanager
def _handled_by(handler: Any, *signals: signal.Signals) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        signals = ()
    before = {number: signal.signal(number, handler) for number in signals}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
