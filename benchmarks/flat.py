"""`python -m benchmarks.flat`: what a photo costs from the first to the last of many: processor's time and memory after
each part, which must neither grow. Ctrl-C ends it early, with what was measured until then."""

import itertools
import os
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from benchmarks.answers import expect_face
from benchmarks.figures import say
from benchmarks.pictures import photo
from benchmarks.worker import memory
from model import Classifier

SIZES = ((320, 240), (240, 320), (300, 300), (400, 225))
GROWN = 1.05  # times the beginning's; what is less is the machine's doing


def main(
    photos: Annotated[int, typer.Option(help="How many small photos are answered.", min=10)] = 20_000,
    parts: Annotated[int, typer.Option(help="In how many parts.", min=3)] = 10,
) -> None:
    """Answer many photos and look for growth."""
    classifier, data = Classifier.open(), [photo(*size) for size in SIZES]
    for number in range(100):
        expect_face(classifier.predict(data[number % len(data)]).label)
    costs: list[float] = []
    held: list[float] = []
    ends = [photos * part // parts for part in range(parts + 1)]
    with suppress(KeyboardInterrupt):
        for begin, end in itertools.pairwise(ends):
            worked = time.process_time()
            for number in range(begin, end):
                classifier.predict(data[number % len(data)])
            cost, now = (time.process_time() - worked) / (end - begin) * 1000, memory(os.getpid(), "VmRSS")
            say(f"a small photo, {begin + 1:,} to {end:,}", cost, "ms", f"of CPU time; memory {now:.0f} MB")
            costs.append(cost)
            held.append(now)
    if len(costs) < 3:
        raise SystemExit("Error: ended before there was enough to tell whether anything grows.")
    cost, memory_held = growth(costs), growth(held)
    grown = [what for what, times in (("cost", cost), ("memory", memory_held)) if times > GROWN]
    verdict = f"memory {memory_held:.2f} x; {' and '.join(grown) or 'neither'} grew in {ends[len(costs)]:,} photos"
    say("a small photo, the last part relative to the first", cost, "x", verdict)


def growth(values: Sequence[float]) -> float:
    """How many times the first value the last one is, on the straight line that fits all of them best."""
    line = statistics.linear_regression(range(len(values)), values)
    return (line.intercept + line.slope * (len(values) - 1)) / line.intercept


if __name__ == "__main__":
    typer.run(main)
