"""How a benchmark measures several ways side by side, and says what it found; `python -m benchmarks` collects that."""

import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

COLLECTED = "BENCHMARK_FIGURES"  # the environment variable that names the file where figures are collected


def rounded(value: float) -> str:
    """A figure as people read it: three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def with_unit(figure: Mapping[str, Any]) -> str:
    """A figure and its unit, as text."""
    gap = "" if figure["unit"] == "%" else " "
    return f"{rounded(figure['value'])}{gap}{figure['unit']}"


def say(what: str, value: float, unit: str, note: str = "") -> None:
    """Print a figure, and add it to the file that collects them."""
    print(f"{what:52} {rounded(value):>9} {unit:9} {note}".rstrip(), flush=True)
    if file := os.environ.get(COLLECTED):
        with Path(file).open("a", encoding="utf-8") as collected:
            collected.write(json.dumps({"what": what, "value": value, "unit": unit, "note": note}) + "\n")


def say_times(what: str, seconds: Sequence[float]) -> None:
    """Say the median and the 95th percentile of some times, in milliseconds."""
    say(f"{what}, p50", percentile(seconds, 50) * 1000, "ms")
    say(f"{what}, p95", percentile(seconds, 95) * 1000, "ms")


def percentile(values: Sequence[float], part: int) -> float:
    """The value below which `part` in a hundred lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[part - 1]


def side_by_side(ways: Mapping[str, Callable[[], object]], rounds: int = 6, calls: int = 20) -> dict[str, list[float]]:
    """Seconds of each call of each way, in turns, so that a busy moment of the machine falls on all of them.

    Args:
        ways: what is called, by name.
        rounds: how often each has its turn.
        calls: how often it is called in a turn, after two calls that do not count.
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            for call in range(calls + 2):
                started = time.perf_counter()
                way()
                if call >= 2:
                    times[name].append(time.perf_counter() - started)
    return times
