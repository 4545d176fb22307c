"""The model card and the pictures beside it: what a person reads who must decide whether to use the bundle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from fastai.data.core import DataLoaders
from sklearn.metrics import ConfusionMatrixDisplay

from model.bundle import CARD, Manifest
from training.figures import Figures

CONFUSION = "confusion.png"
SAMPLES = "samples.png"  # shows people, so it stays with the run and is no part of the bundle


def save_samples(loaders: DataLoaders, file: Path) -> None:
    """What `show_batch` shows, as a picture: how the network sees the training photos."""
    with plt.ioff():
        loaders.train.show_batch(max_n=min(16, loaders.bs), figsize=(9, 9))
        plt.savefig(file, dpi=80, bbox_inches="tight")
        plt.close("all")


def save_confusion(figures: Figures, file: Path) -> None:
    """The confusion matrix as a picture."""
    side = 3 + 0.6 * len(figures.labels)
    with plt.ioff():
        _, axes = plt.subplots(figsize=(side, side))
        display = ConfusionMatrixDisplay(figures.confusion, display_labels=figures.labels)
        display.plot(ax=axes, cmap="Blues", colorbar=False, xticks_rotation=30)
        axes.set(xlabel="answered", ylabel="true", title=f"Held-out photos: {figures.accuracy.value:.1%} right")
        plt.savefig(file, dpi=100, bbox_inches="tight")
        plt.close("all")


def confusion_text(figures: Figures) -> str:
    """The confusion matrix for a terminal."""
    width = max(8, *(len(label) for label in figures.labels)) + 2
    head = "true \\ answered".ljust(max(width, 17)) + "".join(label.rjust(width) for label in figures.labels)
    rows = [
        label.ljust(max(width, 17)) + "".join(str(count).rjust(width) for count in row)
        for label, row in zip(figures.labels, figures.confusion, strict=True)
    ]
    return "\n".join([head, *rows])


def write_card(folder: Path, manifest: Manifest, figures: Figures, settings: Mapping[str, Any]) -> None:
    """Write the bundle's `README.md`."""
    labels = "\n".join(
        f"| `{label}` | {manifest.data['photos'].get(label, 0)} | {figures.recall(label)} | {figures.precision(label)} |"
        for label in figures.labels
    )
    found = (
        f"Faces are found first and each is answered; the square around a face is {1 + manifest.faces.margin:.1f} times "
        "as wide as the face."
        if manifest.faces.find
        else "The whole photo is answered."
    )
    left_out = manifest.data["left_out"].items()
    reasons = "; ".join(f"{count} because {reason}" for reason, count in left_out if count) or "none"
    sure = figures.threshold
    options = "\n".join(f"| {key} | {value} |" for key, value in settings.items())
    (folder / CARD).write_text(
        f"""# {manifest.name}

Answers a photo with one of {len(figures.labels)} labels: {", ".join(f"`{label}`" for label in figures.labels)}. {found}

## How good it is

Measured on {figures.accuracy.of} photos that were held out of training, with every copy of them. They come from the same
folders as the training photos: on photos of another kind it will be right less often.

**{figures.accuracy}** right, with the 95 % interval.

| label | photos in all | of these, answered so | answered so, and right |
|---|---|---|---|
{labels}

![Confusion matrix]({CONFUSION})

- Stated probabilities are off by {figures.calibration_error:.1%} on average (expected calibration error; the logits are
  divided by a temperature of {figures.temperature}).
- From a probability of {sure.sure_from} on, the bot does not say "not sure": that is {sure.coverage} of the photos, and
  {sure.accuracy} of those answers are right.

## What it learned from

{sum(manifest.data["photos"].values())} photos ({manifest.data["groups"]} different ones, the others being copies or parts of the same photograph).
Left out: {reasons}.

| setting | value |
|---|---|
{options}
""",
        "utf-8",
    )
