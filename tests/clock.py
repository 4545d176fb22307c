"""A clock for tests of limits: what waits for a time is there at once, and the time has passed all the same."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Waits for no timer, but counts what the wait would have taken."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(None if timeout is None else 0)
        if not ready and timeout:
            self.skipped += timeout
        return ready


class HurriedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer; for code that waits for nothing but timers."""

    def __init__(self) -> None:
        self._hurried = _Selector()
        super().__init__(self._hurried)

    def time(self) -> float:
        return super().time() + self._hurried.skipped


def hurried(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test by that clock; it reads the time from `asyncio.get_running_loop()`."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=HurriedLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run
