"""`python -m benchmarks.many`: photos per second in one process, on one core and on all; how that grows with the faces in a
photo and with its size; and what the network gains from pictures that go through it together."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from benchmarks.answers import expect_face
from benchmarks.figures import percentile, say, side_by_side
from benchmarks.pictures import photo
from model import Classifier

FACES = (0, 1, 2, 4, 8, 16)
SIZES = ((320, 240), (640, 480), (1280, 960), (2560, 1920), (4000, 3000))
TOGETHER = (1, 2, 4, 8, 16)


def main(photos: Annotated[int, typer.Option(help="How many are answered for each rate.")] = 300) -> None:
    """Measure many photos."""
    cores = sorted(os.sched_getaffinity(0))
    for some in ([cores[0]], cores):
        os.sched_setaffinity(0, some)
        classifier, data = Classifier.open(), photo()
        expect_face(classifier.predict(data).label)
        with ThreadPoolExecutor(len(some)) as threads:
            list(threads.map(classifier.predict, [data] * 10))
            started, worked = time.perf_counter(), time.process_time()
            list(threads.map(classifier.predict, [data] * photos))
            rate, each = photos / (time.perf_counter() - started), (time.process_time() - worked) / photos
        note = f"{each * 1000:.0f} ms of CPU time each"
        say(f"many photos, {len(some)} core{'s'[: len(some) > 1]}", rate, "/s", note)
    shown = {str(faces): photo(faces=faces) for faces in FACES}
    found = {faces: classifier.predict(data) for faces, data in shown.items()}
    for faces, answer in found.items():
        if faces != "0":
            expect_face(answer.label)
    ways = {faces: partial(classifier.predict, data) for faces, data in shown.items()}
    for faces, times in side_by_side(ways, 3).items():
        note = f"faces classified: {len(found[faces].faces)}"
        say(f"a photo with {faces} face{'s'[: faces != '1']}, p50", percentile(times, 50) * 1000, "ms", note)
    sizes = {f"{width} x {height}": photo(width, height) for width, height in SIZES}
    for data in sizes.values():
        expect_face(classifier.predict(data).label)
    ways = {size: partial(classifier.predict, data) for size, data in sizes.items()}
    for size, times in side_by_side(ways, 3).items():
        say(f"a photo of {size}, p50", percentile(times, 50) * 1000, "ms")
    rule = classifier.bundle.manifest.input
    assert rule is not None
    square = Image.fromarray(np.zeros((rule.height, rule.width, 3), np.uint8))
    batches = {str(n): partial(classifier.runtime.outputs, [square] * n) for n in TOGETHER}
    for together, times in side_by_side(batches, 3).items():
        each = percentile(times, 50) * 1000 / int(together)
        say(f"the network, batch of {together}, p50 per picture", each, "ms")


if __name__ == "__main__":
    typer.run(main)
