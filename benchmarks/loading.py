"""`python -m benchmarks.loading ROOM FILE`: runs `python -m ROOM`, and leaves in FILE what it imported until it ended. For
`benchmarks.imports`; knows the standard library alone, lest it loads what it looks for."""

import json
import resource
import runpy
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any


class Watch:
    """Finds modules as Python does, and times their loading: the first of `sys.meta_path`.

    Attributes:
        cost: of each package by its name, without what it imports of others: seconds of a processor's time, bytes of memory.
    """

    def __init__(self) -> None:
        self.cost: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._inner = threading.local()  # what the imports inside of the current one cost, one entry for each level

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder.find_spec`."""
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, found), None)
        if spec and spec.loader and spec.origin not in ("built-in", "frozen"):
            for step in ("create_module", "exec_module"):  # of an extension, the first loads the library
                setattr(spec.loader, step, self._timed(name.partition(".")[0], getattr(spec.loader, step)))
        return spec

    def _timed(self, package: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def timed(of: object) -> Any:
            levels = self._inner.__dict__.setdefault("levels", [[0.0, 0.0]])
            levels.append([0.0, 0.0])
            began = time.thread_time(), resident()
            try:
                return step(of)
            finally:
                inner = levels.pop()
                for unit, (before, now) in enumerate(zip(began, (time.thread_time(), resident()), strict=True)):
                    self.cost[package][unit] += now - before - inner[unit]
                    levels[-1][unit] += now - before

        return timed


def resident() -> int:
    """Bytes of memory that this process holds, as Linux tells."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main(room: str, file: str) -> None:
    """Run a room's program until it ends."""
    watch = Watch()
    sys.meta_path.insert(0, watch)  # type: ignore[arg-type]
    sys.argv = [room]
    try:
        runpy.run_module(room, run_name="__main__", alter_sys=True)
    finally:
        Path(file).write_text(json.dumps(watch.cost), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
