"""`python -m benchmarks.unlike DIR --weights FILE`: what a model of a person's own photos says of photos of other things.

DIR comes split, as for `benchmarks.own_photos`: a bundle is trained on all parts but the last, with the default recipe, and
asked about photos of that part, of the labels left out, of other folders, and about drawn, blank and noisy pictures. Five
scores are compared by how many of those each lets through while it keeps 97 % of the test photos that are answered right;
the last line is what the bundle does, with the limit that its training chose.
"""

import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from fastai.learner import Learner, load_learner
from fastai.vision.core import PILImage
from onnx.utils import extract_model
from onnxruntime import InferenceSession, SessionOptions
from PIL import Image, ImageDraw
from scipy.special import logsumexp
from sklearn.covariance import LedoitWolf

from benchmarks.figures import side_by_side
from benchmarks.own_photos import draw
from model import Classifier, Face
from model.classifier import softmax
from model.image import decode
from training.data.layouts import photos_of

KEPT = 0.97
BATCH = 16
Photos = Sequence[Image.Image]


def main(
    folder: Annotated[Path, typer.Argument(help="A folder that comes split.", exists=True, file_okay=False)],
    weights: Annotated[Path, typer.Option(help="File of the backbone's weights.", dir_okay=False)],
    far: Annotated[list[Path], typer.Option(help="A folder of photos of other things.", file_okay=False)] = [],  # noqa: B006
    without: Annotated[list[str], typer.Option(help="A label to leave out and to show afterwards.")] = [],  # noqa: B006
    per_label: Annotated[int, typer.Option(help="Photos per label to learn from; 0 for all.")] = 0,
    most: Annotated[int, typer.Option(help="Photos of each other thing.")] = 300,
    seed: Annotated[int, typer.Option(help="Of the photos drawn.")] = 0,
    quality: Annotated[str, typer.Option(help="As in `python -m training`.")] = "good",
) -> None:
    """Compare ways to tell that a photo is none of the labels."""
    with tempfile.TemporaryDirectory() as made:
        data = Path(made, "data")
        asked = draw(folder, data, per_label, seed, merge=bool(without))
        for label in without:
            shutil.rmtree(data / label)
        bundle = _train(data, Path(made), weights, quality)
        groups = {f"without {label}": [file for file, name in asked if name == label] for label in without}
        groups |= {f"{other.parent.name}/{other.name}": [file for file, _ in photos_of(other)] for other in far}
        chance = random.Random(seed)
        shown = {
            name: [_open(file) for file in chance.sample(files, min(most, len(files)))]
            for name, files in groups.items()
        }
        shown |= {"drawings": _drawings(most // 3), "blank": _blanks(12), "noise": _noises(most // 3)}
        asked = [(file, label) for file, label in asked if label not in without]
        test = [_open(file) for file, _ in asked]
        learned = photos_of(data)
        lines = _compare(bundle, learned, test, [label for _, label in asked], shown)
        more = _cost(bundle)
    print("| score | right test photos kept | " + " | ".join(f"{name}: let through" for name in shown) + " |")
    print("| --- " * (2 + len(shown)) + "|")
    print("\n".join(lines))
    print(f"The distance and the map cost {more:.2f} ms a photo, of a processor's core.")


def _train(data: Path, made: Path, weights: Path, quality: str) -> Path:
    command = [sys.executable, "-m", "training", "--data", str(data), "--out", str(made / "bundle"), "--no-tensorboard"]
    command += ["--run", str(made / "run"), "--cache", str(made / "cache"), "--weights", str(weights), "--faces", "no"]
    subprocess.run([*command, "--quality", quality], check=True, stdout=sys.stderr)
    return made / "bundle"


def _compare(
    bundle: Path,
    learned: Sequence[tuple[Path, str]],
    test: Photos,
    labels: Sequence[str],
    shown: dict[str, list[Image.Image]],
) -> list[str]:
    learner = load_learner(bundle / "model.pkl", cpu=True)
    classifier = Classifier.open(bundle)
    manifest = classifier.bundle.manifest
    features, _ = _look(learner, [_open(file) for file, _ in learned])
    logits = {name: _look(learner, photos) for name, photos in ({"test": test} | shown).items()}
    best = [manifest.labels[index] for index in logits["test"][1].argmax(1)]
    right = np.array([answer == label for answer, label in zip(best, labels, strict=True)])
    lines = []
    for method, score in _scores(features, [label for _, label in learned], manifest.temperature).items():
        limit = np.quantile(score(*logits["test"])[right], KEPT)
        shares = [np.mean(score(*logits[name]) <= limit) for name in shown]
        lines.append(f"| {method} | {KEPT:.0%} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    kept = np.array([not answer.is_none for answer in _answers(classifier, test)])[right].mean()
    served = [_answers(classifier, photos) for photos in shown.values()]
    shares = [np.mean([answer.sure for answer in answers]) for answers in served]
    lines.append(
        f"| **as served: surely answered** | {kept:.1%} | " + " | ".join(f"{share:.1%}" for share in shares) + " |"
    )
    return lines


def _cost(bundle: Path) -> float:
    """Milliseconds that the network takes longer than one that gives nothing but logits."""
    plain = bundle / "logits.onnx"
    extract_model(bundle / "model.onnx", plain, ["pictures"], ["logits"])
    options = SessionOptions()
    options.intra_op_num_threads = 1
    sessions = [InferenceSession(file, options) for file in (bundle / "model.onnx", plain)]
    shape = sessions[0].get_inputs()[0].shape[1:]
    picture = {"pictures": np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)}
    ways = {name: partial(session.run, None, picture) for name, session in zip(("all", "plain"), sessions, strict=True)}
    times = side_by_side(ways)
    return (statistics.median(times["all"]) - statistics.median(times["plain"])) * 1000


Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _scores(learned: np.ndarray, labels: Sequence[str], temperature: float) -> dict[str, Score]:
    """By name, from features and logits to how unlike the training photos each picture is."""
    classes = np.array(labels)
    means = {label: learned[classes == label].mean(0) for label in set(labels)}
    spread = LedoitWolf().fit(learned - np.stack([means[label] for label in labels]))
    unit = _unit(learned)

    def mahalanobis(features: np.ndarray, logits: np.ndarray) -> np.ndarray:
        distances: np.ndarray = np.min([spread.mahalanobis(features - mean) for mean in means.values()], axis=0)
        return distances

    def nearest(features: np.ndarray, logits: np.ndarray) -> np.ndarray:
        similar = np.sort(_unit(features) @ unit.T, axis=1)
        distances: np.ndarray = 1 - similar[:, -min(5, len(unit))]
        return distances

    return {
        "highest probability (Hendrycks and Gimpel, 2017)": lambda _, logits: -softmax(logits / temperature).max(1),
        "energy (Liu et al., 2020)": lambda _, logits: -logsumexp(logits, axis=1),
        "Mahalanobis, Ledoit-Wolf (Lee et al., 2018)": mahalanobis,
        "cosine to the 5th nearest of all (Sun et al., 2022)": nearest,
    }


def _look(learner: Learner, photos: Photos) -> tuple[np.ndarray, np.ndarray]:
    """Features and logits, of shape (photos, features) and (photos, labels)."""
    body, head = learner.model.eval().children()
    features, logits = [], []
    loader = learner.dls.test_dl([PILImage.create(np.asarray(photo)) for photo in photos], bs=BATCH, num_workers=0)
    with torch.inference_mode():
        for (batch,) in loader:
            maps = body(batch.as_subclass(torch.Tensor))
            features.append(maps.mean((2, 3)).numpy())
            logits.append(head(maps).numpy())
    return np.concatenate(features), np.concatenate(logits)


def _answers(classifier: Classifier, photos: Photos) -> list[Face]:
    predictions = (classifier.predict(photo) for photo in photos)
    return [prediction.whole for prediction in predictions if prediction.whole]


def _open(file: Path) -> Image.Image:
    return decode(file.read_bytes()).image


def _unit(features: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = features / np.linalg.norm(features, axis=1, keepdims=True)
    return scaled


def _drawings(count: int) -> list[Image.Image]:
    """Shapes and lines in bright colors."""
    pictures = []
    for number in range(count):
        chance = random.Random(number)
        picture = Image.new("RGB", (320, 240), _color(chance))
        pen = ImageDraw.Draw(picture)
        for _ in range(chance.randint(2, 12)):
            (left, right), (top, bottom) = (sorted(chance.sample(range(side), 2)) for side in picture.size)
            shape = chance.choice([pen.ellipse, pen.rectangle])
            shape((left, top, right, bottom), fill=_color(chance))
            pen.line((left, bottom, right, top), fill=_color(chance), width=4)
        pictures.append(picture)
    return pictures


def _blanks(count: int) -> list[Image.Image]:
    return [Image.new("RGB", (320, 240), _color(random.Random(number))) for number in range(count)]


def _noises(count: int) -> list[Image.Image]:
    chance = np.random.default_rng(0)
    sizes = [(240, 320), (60, 80), (15, 20)]
    return [
        Image.fromarray(chance.integers(0, 256, (*sizes[number % 3], 3), np.uint8)).resize((320, 240))
        for number in range(count)
    ]


def _color(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)


if __name__ == "__main__":
    typer.run(main)
