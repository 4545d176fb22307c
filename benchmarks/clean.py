"""`python -m benchmarks.clean DIR --weights FILE`: how many wrong labels `python -m training.clean` would show early.

Of the photos' labels, some are exchanged at random, in memory; then the photos are ranked as the page shows them.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from training.clean.looking import look
from training.clean.suspects import find_suspects

FIRST = (0.05, 0.1)  # shares of all photos that a person looks at


def main(
    folder: Annotated[Path, typer.Argument(help="One folder of photos per label.", exists=True, file_okay=False)],
    weights: Annotated[Path | None, typer.Option(help="File of backbone weights.")] = None,
    arch: Annotated[str | None, typer.Option(help="Backbone; by default, what training takes.")] = None,
    share: Annotated[float, typer.Option(min=0.001, max=0.5, help="Of the labels, so many are exchanged.")] = 0.05,
    seeds: Annotated[int, typer.Option(min=1, help="How many times, each with other photos.")] = 3,
    cache: Annotated[Path, typer.Option(help="Where small photos and their features are kept.")] = Path(
        "runs/pictures"
    ),
) -> None:
    """Exchange labels, and count how many of them are among the first photos shown."""
    collection, features = look(folder, cache, weights, arch)
    samples, labels = collection.samples, collection.labels
    heads = [f"in the first {first:.0%} ({int(first * len(samples))})" for first in FIRST]
    print(f"| seed | exchanged of {len(samples)} | {' | '.join(heads)} |\n|{' --- |' * (2 + len(FIRST))}")
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        chosen = random.choice(len(samples), round(share * len(samples)), replace=False)
        changed = list(samples)
        for row in chosen:
            others = [label for label in labels if label != samples[row].label]
            changed[row] = replace(samples[row], label=others[random.integers(len(others))])
        shown = [suspect.file for suspect in find_suspects(replace(collection, samples=changed), features)]
        exchanged = {Path(samples[row].source) for row in chosen}
        caught = [len(exchanged & set(shown[: int(first * len(samples))])) / len(exchanged) for first in FIRST]
        print(f"| {seed} | {len(exchanged)} | {' | '.join(f'{part:.1%}' for part in caught)} |", flush=True)


if __name__ == "__main__":
    typer.run(main)
