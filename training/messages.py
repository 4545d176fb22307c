"""What `python -m training` says about the photos it read and the bundle it wrote. Only words."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from model.bundle import ANSWERS, Bundle
from training.callbacks.text import duration
from training.data.dataset import Collection
from training.data.folders import some_of
from training.data.split import Parts
from training.export.bundle import Export
from training.export.words import unnamed

MOST_NAMED = 3  # files of one reason
MOST_LABELS = 20  # that are counted in a line each run
FEW = 20  # photos of a label


def say_what_was_read(collection: Collection, asked: str) -> None:
    for note in collection.notes:
        print(note)
    files: dict[str, list[str]] = {}
    for file, reason in collection.skipped.items():
        files.setdefault(reason, []).append(file)
    for reason, left_out in files.items():
        print(f"Left out {some_of(left_out, MOST_NAMED)}: {reason}")
    counts = Counter(sample.label for sample in collection.samples)
    named = [f"{count} {label}" for label, count in sorted(counts.items())]
    if len(named) > MOST_LABELS:
        (most, of_most), (least, of_least) = counts.most_common()[0], counts.most_common()[-1]
        named = [f"{len(counts)} labels, from {of_least} ({least}) to {of_most} ({most}) each"]
    print(f"{len(collection.samples)} photos: {', '.join(named)}")
    few = [label for label, count in counts.items() if count < FEW]
    if few:
        print(
            f"Warning: fewer than {FEW} photos of {some_of(sorted(few), 5)}. The result will be rough, and its figures, too: "
            "some 50 of each label make a difference."
        )
    if collection.faces.find:
        without = sum(not sample.face for sample in collection.samples)
        print(f"Faces are classified; in {without} photos none was found, so the whole photo is used.")
    else:
        print("Whole photos are classified, without looking for faces.")
    if asked == "auto":
        print(f"(To override this: --faces {'no' if collection.faces.find else 'yes'}.)", flush=True)


def say_parts(parts: Parts, collection: Collection, cross_validated: bool) -> None:
    own = any(sample.part for sample in collection.samples)
    if parts.copies:
        print(f"Left out {len(parts.copies)} photos that show what a held-out photo shows.")
    if parts.test:
        split = "As your folders split them" if own else "Split at random"
        counts = (
            f"{len(parts.train)} photos to learn from, {len(parts.valid)} to choose on, {len(parts.test)} to measure on"
        )
        print(f"{split}: {counts}.", flush=True)
    elif cross_validated:
        print(f"Few photos: all {len(parts.learned)} are learned from, and cross-validation measures.", flush=True)
    else:
        print(
            f"{len(parts.train)} photos to learn from, {len(parts.valid)} to choose on; without --test, these are reported, too.",
            flush=True,
        )


def say_what_was_written(out: Path, export: Export, seconds: float, answers: Sequence[str]) -> None:
    """Prints the end of a run; `answers` is what `write_answers` said of a file that was there."""
    print(f"Wrote {out} in {duration(seconds)}: {', '.join(sorted(file.name for file in out.iterdir()))}.")
    if export.problem:
        print(f"{export.problem} The bundle runs with MODEL_RUNTIME=fastai.")
    else:
        print(f"Both models agree; the largest difference of a probability is {export.difference:.1e}.")
    for line in [*answers, *unnamed(Bundle.open(out), "train again")]:
        print(line)
    print(f"Edit what the bot says in {out / ANSWERS}. Serve it: MODEL_PATH={out} python -m bot --local")
