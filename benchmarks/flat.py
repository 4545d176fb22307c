"""`python -m benchmarks.flat`: what a photo costs from the first to the last of many: processor's time and memory after
each part, which must neither grow."""

import os
import time
from typing import Annotated

import typer

from benchmarks.figures import say
from benchmarks.pictures import photo
from benchmarks.worker import memory
from model import Classifier

SIZES = ((320, 240), (240, 320), (300, 300), (400, 225))


def main(
    photos: Annotated[int, typer.Option(help="How many small photos are answered.")] = 20_000,
    parts: Annotated[int, typer.Option(help="In how many parts.")] = 5,
) -> None:
    """Answer many photos and look for growth."""
    classifier, data = Classifier.open(), [photo(*size) for size in SIZES]
    for number in range(100):
        classifier.predict(data[number % len(data)])
    each = photos // parts
    for part in range(parts):
        worked = time.process_time()
        for number in range(each):
            classifier.predict(data[number % len(data)])
        cost = (time.process_time() - worked) / each * 1000
        held = f"memory {memory(os.getpid(), 'VmRSS'):.0f} MB"
        say(f"a small photo, {part * each + 1:,} to {(part + 1) * each:,}", cost, "ms", f"of a processor; {held}")


if __name__ == "__main__":
    typer.run(main)
