"""Calls a function for many items on all cores, in order."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_threads(act: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yields the results in the order of the items; items that have not started are dropped when the caller stops."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        try:
            yield from pool.map(act, items)
        finally:
            pool.shutdown(cancel_futures=True)
