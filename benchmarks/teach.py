"""`python -m benchmarks.teach DIR...`: how right a head is that was taught in a second, how long it takes, what it needs.

Each DIR comes split, into `train/` and `test/` (or `val/`). Some photos per label are drawn from all parts but the last, five
times, and a head is asked about the last part, beside scikit-learn's `LogisticRegressionCV` on the same features. Photos of the
other folders are shown as photos of something else.
"""

import random
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from sklearn.linear_model import LogisticRegressionCV

from model import Classifier, Prediction
from model.classifier import Prepared
from model.image import decode
from model.prediction import Outputs
from model.teaching.backbone import FEATURES, Backbone
from model.teaching.examples import Examples
from model.teaching.head import fit_head
from model.teaching.taught import learn
from model.unlike import distances
from training.data.folders import PARTS
from training.data.layouts import photos_of

DRAWS = 5
COUNTS = (5, 10, 20, 25, 50)


def main(
    folders: Annotated[list[Path], typer.Argument(help="Folders that come split.", exists=True, file_okay=False)],
) -> None:
    """Measure teaching."""
    backbone = Backbone()
    sets = {folder.name: _seen(folder, backbone) for folder in folders}
    print(
        "| photos | per label | taught: most probable label right | scikit-learn | right, but called none | unrelated, surely answered |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for name, (learned, asked) in sets.items():
        others = np.concatenate(
            [features for other, (_, (features, _)) in sets.items() if other != name] or [asked[0][:0]]
        )
        for count in COUNTS:
            rows = [_measure(learned, asked, others, count, seed) for seed in range(DRAWS)]
            right, theirs, lost, surely = (f"{statistics.mean(row[place] for row in rows):.1%}" for place in range(4))
            print(f"| {name} | {count} | {right} | {theirs} | {lost} | {surely} |", flush=True)
    _times(folders[0], backbone)


Seen = tuple[np.ndarray, list[str]]


def _seen(folder: Path, backbone: Backbone) -> tuple[Seen, Seen]:
    """Features and labels of the photos to learn from, and of those to ask about."""
    held = next(folder / name for name in (*PARTS["test"], *PARTS["valid"]) if (folder / name).is_dir())
    parts: tuple[list[tuple[Path, str]], ...] = ([], photos_of(held))
    for part in sorted(folder.iterdir()):
        if part.is_dir() and part != held:
            parts[0].extend(photos_of(part))
    learned, asked = (
        (
            np.stack([backbone.features(decode(file.read_bytes()).image) for file, _ in part]),
            [label for _, label in part],
        )
        for part in parts
    )
    return learned, asked


def _measure(
    learned: Seen, asked: Seen, others: np.ndarray, count: int, seed: int
) -> tuple[float, float, float, float]:
    """Shares: right when taught, right by scikit-learn, right but called none, surely answered of photos of something else."""
    chance = random.Random(seed)
    places = [
        place
        for label in sorted(set(learned[1]))
        for place in chance.sample(
            [at for at, other in enumerate(learned[1]) if other == label], min(count, learned[1].count(label))
        )
    ]
    features, labels = learned[0][places], [learned[1][place] for place in places]
    examples = Examples(features, tuple(labels), *(tuple(range(len(labels))) for _ in range(3)))  # type: ignore[arg-type]
    classifier, head = learn(examples, Backbone())
    answers = [answer.whole for answer in _answers(classifier, head, asked[0]) if answer.whole]
    best = [max(answer.probabilities, key=lambda label: answer.probabilities[label]) for answer in answers]
    right = np.array([one == label for one, label in zip(best, asked[1], strict=True)])
    lost = right & np.array([answer.is_none for answer in answers])
    theirs = LogisticRegressionCV(
        Cs=[0.1, 1, 10, 100],
        cv=min(5, count),
        l1_ratios=(0,),
        max_iter=2000,
        scoring="accuracy",
        use_legacy_attributes=False,
    ).fit(features.astype(np.float32), labels)
    score = theirs.score(asked[0].astype(np.float32), asked[1])
    unrelated = _answers(classifier, head, others)
    surely = np.mean([bool(answer.whole and answer.whole.sure) for answer in unrelated]) if unrelated else 0.0
    return float(right.mean()), float(score), float(lost.mean()), float(surely)


def _answers(classifier: Classifier, head, features: np.ndarray) -> list[Prediction]:  # type: ignore[no-untyped-def]
    """What the classifier makes of features that were computed before."""

    class Computed:
        name = "computed"

        def __init__(self) -> None:
            self.at = 0

        def outputs(self, images: object) -> Outputs:
            rows = features[self.at : self.at + len(images)].astype(np.float32)  # type: ignore[arg-type]
            self.at += len(rows)
            return Outputs(rows @ head.weight + head.bias, distances(rows, head.known))

    asked = Classifier(classifier.bundle, Computed())
    nothing = Prepared((1, 1), (None,), ((0, 0, 1, 1),), (1.0,), ((0, 0, 1, 1),))  # type: ignore[arg-type]
    return [asked.answer(nothing) for _ in features]


def _times(folder: Path, backbone: Backbone) -> None:
    part = next(part for part in folder.iterdir() if part.is_dir())
    files = [file.read_bytes() for file, _ in photos_of(part)[:40]]
    started = time.process_time()
    for data in files:
        backbone.features(decode(data).image)
    print(
        f"a photo, decoded and looked at: {(time.process_time() - started) / len(files) * 1000:.0f} ms of a processor"
    )
    for labels, each in ((10, 50), (100, 50)):
        chance = np.random.default_rng(0)
        means = np.abs(chance.normal(size=(labels, FEATURES)))
        features = np.repeat(means, each, 0) + 0.8 * np.abs(chance.normal(size=(labels * each, FEATURES)))
        features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float16)
        started = time.perf_counter()
        fit_head(features, [str(label) for label in range(labels) for _ in range(each)], classifier=backbone.classifier)
        print(f"fitting {labels} labels x {each} photos: {time.perf_counter() - started:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"PyTorch imported: {'torch' in sys.modules}; this process needed {peak:.0f} MB at most")


if __name__ == "__main__":
    typer.run(main)
