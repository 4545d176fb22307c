"""`python -m benchmarks.own_photos DIR...`: how right models of a person's own photos are, and how long they take to train:
our recipe, the fastai book's, scikit-learn on frozen features, and, with `--before`, the recipe of another commit.

Each DIR comes split, into `train/` and `test/` (or `val/`), each with one folder of photos per label. Every method learns
from `train/` alone (and `validation/`, if there is one) and is asked about the other part, which chooses nothing. Whoever
learns from all photos is given the person's own split; of a few per label, no method is told which part they are from. Our
recipe gets all parts of such a split, as a person would hand them over: its test part chooses nothing and is left out of training.
"""

import csv
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.plot import OURS
from training.data.folders import PARTS
from training.data.layouts import photos_of

BOOK = "the book's fine_tune"
BACKBONES = {"tf_efficientnet_lite0": 224, "tf_efficientnet_lite2": 260}  # and the sizes they were trained at
ALL = 10**9  # photos per label, for sorting
COLUMNS = ("photos", "per_label", "method", "seed", "right", "of", "seconds")


def main(
    folders: Annotated[list[Path], typer.Argument(help="Folders that come split.", exists=True, file_okay=False)],
    weights: Annotated[Path, typer.Option(help="Folder of weights, named ARCH.safetensors.", file_okay=False)],
    seeds: Annotated[int, typer.Option(min=1, help="Of every method; the curve draws other photos with each.")] = 3,
    per_label: Annotated[str, typer.Option(help="Photos per label, 0 for all.")] = "5,10,25,50,0",
    methods: Annotated[str, typer.Option(help="Only these, by name or by a word in it.")] = "",
    before: Annotated[str | None, typer.Option(help="A commit whose recipe to measure, too.")] = None,
    out: Annotated[Path, typer.Option(help="A CSV file; measurements are added to it, and drawn beside it.")] = Path(
        "own_photos.csv"
    ),
) -> None:
    """Compare ways of learning from one's own photos."""
    with tempfile.TemporaryDirectory() as made:
        known = _methods(weights, before, Path(made))
        chosen = {
            name: known[name]
            for word in methods.split(",")
            for name in ([word] if word in known else [name for name in known if word in name])
        }
        for folder in folders:
            for count in map(int, per_label.split(",")):
                for seed in range(seeds):
                    data = Path(made, "data")
                    asked = draw(folder, data, count, seed)
                    for name, method in chosen.items():
                        started = time.perf_counter()
                        right = method(data, asked, seed)
                        row = (
                            folder.name,
                            count,
                            name,
                            seed,
                            right,
                            len(asked),
                            round(time.perf_counter() - started, 1),
                        )
                        _write(out, row)
                        print(*row, flush=True)
                    shutil.rmtree(data)
    print(table(out))
    draw_curves(out, out.with_suffix(".png"))


def table(file: Path) -> str:
    """The mean of each method's measurements, in Markdown."""
    lines = ["| photos | per label | method | right | seconds |", "| --- | --- | --- | --- | --- |"]
    for (photos, count, name), rows in _measured(file).items():
        seconds = statistics.mean(float(row["seconds"]) for row in rows)
        lines.append(f"| {photos} | {count if count < ALL else 'all'} | {name} | {_right(rows):.1%} | {seconds:.0f} |")
    return "\n".join(lines)


def draw_curves(file: Path, picture: Path) -> None:
    """Draws how right each method is by the number of photos per label, a panel for each folder; all photos have no place."""
    curves: dict[str, dict[str, dict[int, float]]] = {}
    for (photos, count, name), rows in _measured(file).items():
        if count < ALL:
            curves.setdefault(photos, {}).setdefault(name, {})[count] = 100 * _right(rows)
    if not curves:
        return
    drawn = Figure(figsize=(5.5 * len(curves), 4.2), layout="constrained")
    for axes, (photos, methods) in zip(drawn.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True):
        for place, (name, points) in enumerate(
            sorted(methods.items(), key=lambda method: not method[0].startswith("ours"))
        ):
            color, width = (OURS, 2.5) if name.startswith("ours") else (str(0.3 + 0.15 * (place % 4)), 1.5)
            axes.plot([*points], [*points.values()], "o-", label=name, color=color, linewidth=width)
        axes.set(title=photos, xlabel="photos per label", ylabel="right on test photos, %", xscale="log")
        axes.set_xticks(ticks := sorted({count for points in methods.values() for count in points}), map(str, ticks))
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    drawn.savefig(picture, dpi=110)


def _measured(file: Path) -> dict[tuple[str, int, str], list[dict[str, str]]]:
    """Measurements by folder, photos per label (`ALL` for all) and method, in this order."""
    groups: dict[tuple[str, int, str], list[dict[str, str]]] = {}
    with file.open(newline="") as opened:
        for row in csv.DictReader(opened):
            groups.setdefault((row["photos"], int(row["per_label"]) or ALL, row["method"]), []).append(row)
    return dict(sorted(groups.items()))


def _right(rows: list[dict[str, str]]) -> float:
    return statistics.mean(int(row["right"]) / int(row["of"]) for row in rows)


Method = Callable[[Path, list[tuple[Path, str]], int], int]


def _methods(weights: Path, before: str | None, made: Path) -> dict[str, Method]:
    root = Path(__file__).parents[1]
    methods: dict[str, Method] = {
        "ours": lambda data, asked, seed: _ours(root, data, asked, seed, weights),
        "ours, one minute": lambda data, asked, seed: _ours(root, data, asked, seed, weights, "--minutes", "1"),
    }
    for arch, size in BACKBONES.items():
        if (file := weights / f"{arch}.safetensors").is_file():
            methods[f"scikit-learn on {arch}"] = _frozen(arch, file, size)
    methods[BOOK] = lambda data, asked, seed: _book(data, asked, seed, weights / "tf_efficientnet_lite0.safetensors")
    if before:
        earlier = made / "before"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(earlier), before], cwd=root, check=True)
        old = ("--arch", "tf_efficientnet_lite0")
        methods[f"the recipe of {before}"] = lambda data, asked, seed: _ours(earlier, data, asked, seed, weights, *old)
    return methods


def draw(folder: Path, data: Path, count: int, seed: int, merge: bool = False) -> list[tuple[Path, str]]:
    """Links to photos to learn from, so many of each label, or all in the parts they came in, unless these shall be merged.

    Returns:
        The photos to ask about.
    """
    held = next(folder / name for name in (*PARTS["test"], *PARTS["valid"]) if (folder / name).is_dir())
    parts = [part for part in folder.iterdir() if part.is_dir() and part != held]
    if not (count or merge) and len(parts) > 1:
        data.mkdir()
        for part in parts:
            (data / part.name).symlink_to(part.resolve())
        return photos_of(held)
    by_label: dict[str, list[Path]] = {}
    for file, label in (photo for part in sorted(parts) for photo in photos_of(part)):
        by_label.setdefault(label, []).append(file)
    for label, files in by_label.items():
        (data / label).mkdir(parents=True)
        for number, file in enumerate(random.Random(seed).sample(files, min(count or len(files), len(files)))):
            os.symlink(file.resolve(), data / label / f"{number}{file.suffix}")
    return photos_of(held)


def _ours(root: Path, data: Path, asked: list[tuple[Path, str]], seed: int, weights: Path, *options: str) -> int:
    from model import Classifier, PhotoError

    with tempfile.TemporaryDirectory() as made:
        arch = options[options.index("--arch") + 1] if "--arch" in options else "tf_efficientnet_lite2"
        if any((data / part).is_dir() for part in PARTS["train"]):
            whole = Path(made, "data")
            whole.mkdir()
            for part in (*data.iterdir(), asked[0][0].parents[1]):
                (whole / part.name).symlink_to(part.resolve())
            data = whole
        command = [
            sys.executable,
            "-m",
            "training",
            "--data",
            str(data),
            "--out",
            f"{made}/bundle",
            "--seed",
            str(seed),
        ]
        command += ["--run", f"{made}/run", "--cache", f"{made}/cache", "--no-tensorboard"]
        command += ["--weights", str(weights / f"{arch}.safetensors"), *options]
        subprocess.run(command, check=True, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        classifier = Classifier.open(f"{made}/bundle")
        right = 0
        for file, label in asked:
            try:
                right += classifier.predict(file.read_bytes()).label == label
            except PhotoError:
                continue
        return right


def _frozen(arch: str, file: Path, size: int) -> Method:
    """scikit-learn's logistic regression, cross-validated, on the pooled features of photos squeezed to a square."""
    cache: dict[Path, np.ndarray] = {}

    def run(data: Path, asked: Iterable[tuple[Path, str]], seed: int) -> int:
        import timm
        import torch
        from sklearn.linear_model import LogisticRegressionCV

        overlay = {"file": str(file)}
        network = timm.create_model(arch, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=0).eval()

        def features(photos: Iterable[Path]) -> np.ndarray:
            for photo in photos:
                if photo.resolve() not in cache:
                    image = Image.open(photo).convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
                    picture = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 127.5 - 1
                    with torch.inference_mode():
                        cache[photo.resolve()] = network(picture)[0].numpy()
            return np.stack([cache[photo.resolve()] for photo in photos])

        learned = photos_of(data)
        fewest = min(sum(label == other for _, other in learned) for label in {label for _, label in learned})
        head = LogisticRegressionCV(
            Cs=[0.001, 0.01, 0.1, 1],
            cv=min(5, fewest),
            l1_ratios=(0,),
            max_iter=2000,
            scoring="accuracy",
            use_legacy_attributes=False,
        ).fit(features([photo for photo, _ in learned]), [label for _, label in learned])
        asked = list(asked)
        return int((head.predict(features([photo for photo, _ in asked])) == [label for _, label in asked]).sum())

    return run


def _book(data: Path, asked: Iterable[tuple[Path, str]], seed: int, file: Path) -> int:
    """fastai as its book does it."""
    from fastai.vision.all import ImageDataLoaders, RandomResizedCrop, aug_transforms, set_seed, vision_learner

    set_seed(seed, reproducible=True)
    valid = next((name for name in PARTS["valid"] if (data / name).is_dir()), None)
    loaders = ImageDataLoaders.from_folder(
        data,
        **({"valid": valid} if valid else {"valid_pct": 0.2}),
        seed=seed,
        item_tfms=RandomResizedCrop(224, min_scale=0.5),
        batch_tfms=aug_transforms(),
        num_workers=0,
        bs=min(64, max(4, len(photos_of(data)) // 2)),
    )
    learner = vision_learner(loaders, "tf_efficientnet_lite0", pretrained_cfg_overlay={"file": str(file)})
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(4)
        asked = list(asked)
        probabilities, _ = learner.get_preds(dl=loaders.test_dl([photo for photo, _ in asked]))
    answers = [loaders.vocab[int(index)] for index in probabilities.argmax(1)]
    return sum(answer == label for answer, (_, label) in zip(answers, asked, strict=True))


def _write(file: Path, row: tuple[object, ...]) -> None:
    new = not file.is_file()
    with file.open("a", newline="") as opened:
        csv.writer(opened).writerows([COLUMNS, row] if new else [row])


if __name__ == "__main__":
    typer.run(main)
