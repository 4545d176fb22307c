"""The pictures of a run: the confusion matrix, for the model card, and a sheet of what the network sees."""

from collections.abc import Sequence
from pathlib import Path
from unicodedata import bidirectional

import matplotlib.pyplot as plt
import numpy as np
from fastai.data.core import DataLoaders
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font
from sklearn.metrics import ConfusionMatrixDisplay

from model.wording import shortened
from training.evaluate.calibration import Figures

CONFUSION = "confusion.png"
SAMPLES = "samples.png"  # shows people, so it stays with the run and is no part of the bundle
MOST_IN_TABLE = 20  # labels, from which on tables and numbers of every pair help nobody
MOST_NAMED = 80  # labels along a picture's side
MOST_PAIRS = 15
LONGEST_LABEL = 30  # characters


def save_samples(loaders: DataLoaders, file: Path) -> None:
    """What `show_batch` shows, as a picture: how the network sees the training photos."""
    names = dict(zip(loaders.vocab, drawable(loaders.vocab), strict=True))
    with plt.ioff(), plt.rc_context({"text.parse_math": False}):
        loaders.train.show_batch(max_n=min(16, loaders.bs), figsize=(9, 9))
        for axes in plt.gcf().axes:
            axes.set_title(names.get(axes.get_title(), axes.get_title()))
        plt.savefig(file, dpi=80, bbox_inches="tight")
        plt.close("all")


def drawable(labels: Sequence[str]) -> list[str]:
    """Labels as a picture can show them: themselves, or numbers from 1 where its font lacks a letter or writes it wrong."""
    known = FT2Font(findfont(plt.rcParams["font.sans-serif"][0])).get_charmap()
    letters = {letter for label in labels for letter in label}
    if all(ord(letter) in known and bidirectional(letter) not in ("R", "AL") for letter in letters):
        return list(labels)
    return [str(number) for number in range(1, len(labels) + 1)]


def save_confusion(figures: Figures, file: Path) -> None:
    """The confusion matrix as a picture; with many labels, shades without numbers, since each number is slow to draw."""
    names = [shortened(name, LONGEST_LABEL) for name in drawable(figures.labels)]
    many = len(names) > MOST_IN_TABLE
    side = min(24.0, 3 + (0.25 if many else 0.6) * len(names))
    with plt.ioff(), plt.rc_context({"text.parse_math": False}):  # a label may have dollar signs
        _, axes = plt.subplots(figsize=(side, side))
        if many:
            shares = figures.confusion / np.maximum(1, figures.confusion.sum(axis=1, keepdims=True))
            axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
            places = range(0, len(names), -(-len(names) // MOST_NAMED))
            axes.set_xticks(places, [names[place] for place in places], rotation=90)
            axes.set_yticks(places, [names[place] for place in places])
        else:
            display = ConfusionMatrixDisplay(figures.confusion, display_labels=names)
            display.plot(ax=axes, cmap="Blues", colorbar=False, xticks_rotation=30)
        axes.set(xlabel="answered", ylabel="true", title=f"Held-out photos: {figures.accuracy.value:.1%} right")
        plt.savefig(file, dpi=100, bbox_inches="tight")
        plt.close("all")


def confusion_text(figures: Figures) -> str:
    """The confusion matrix for a terminal; with many labels, the pairs that are mistaken most often."""
    counts, names = figures.confusion, [shortened(label, LONGEST_LABEL) for label in figures.labels]
    if len(names) > MOST_IN_TABLE:
        wrong = [(int(counts[place]), place) for place in zip(*np.nonzero(counts), strict=True) if len({*place}) > 1]
        worst = sorted(wrong, key=lambda pair: -pair[0])[:MOST_PAIRS]
        lines = [f"  {names[truth]} answered as {names[answer]}: {count}" for count, (truth, answer) in worst]
        return "\n".join(["Most frequent mistakes:", *lines] if lines else ["No mistakes."])
    width = max(8, *map(len, names)) + 2
    head = "true \\ answered".ljust(max(width, 17)) + "".join(name.rjust(width) for name in names)
    rows = [
        name.ljust(max(width, 17)) + "".join(str(count).rjust(width) for count in row)
        for name, row in zip(names, counts, strict=True)
    ]
    return "\n".join([head, *rows])
