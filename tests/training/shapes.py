"""Photos for the tests of training: drawn shapes on patchy backgrounds, and one portrait made into many."""

from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image, ImageDraw

LABELS = ("circle", "square")


def shape_photo(label: str, seed: int, side: int = 120) -> Image.Image:
    """A circle or a square on a background of its own; another seed is another photo, not a copy."""
    random = np.random.default_rng([seed, LABELS.index(label)])
    image = patchy(random, (side, side))
    pen = ImageDraw.Draw(image)
    reach = side * random.uniform(0.18, 0.25)
    across, down = random.uniform(0.4, 0.6, 2) * side
    box = (across - reach, down - reach, across + reach, down + reach)
    draw = pen.ellipse if label == "circle" else pen.rectangle
    draw(box, fill=(250, 60, 40) if label == "circle" else (40, 60, 250))
    return image


def patchy(random: np.random.Generator, size: tuple[int, int], low: int = 0, high: int = 256) -> Image.Image:
    """Soft random patches with some noise on them."""
    patches = Image.fromarray(random.integers(low, high, (7, 7, 3), dtype=np.uint8))
    smooth = np.asarray(patches.resize(size, Image.Resampling.BICUBIC)).astype(np.int16)
    return Image.fromarray((smooth + random.integers(-8, 9, smooth.shape)).clip(0, 255).astype(np.uint8))


def save_shapes(folder: Path, each: int = 12) -> list[Path]:
    """Write `each` photos per label into one folder per label."""
    files = []
    for label in LABELS:
        (folder / label).mkdir(parents=True)
        for seed in range(each):
            files.append(folder / label / f"{seed:02}.jpg")
            shape_photo(label, seed).save(files[-1], quality=92)
    return files


def portrait(seed: int, striped: bool) -> Image.Image:
    """The astronaut under patches of light, moved, scaled and perhaps mirrored, with stripes over mouth and chin or not.

    The light differs so much that no two seeds are taken for copies, and yet the face is found.
    """
    random = np.random.default_rng([seed, striped])
    image = Image.fromarray(skimage.data.astronaut()).crop((100, 0, 360, 260))  # the face is at 68..170 x 55..200
    if striped:
        pen = ImageDraw.Draw(image)
        for line in range(6):
            pen.rectangle((88, 135 + 9 * line, 160, 140 + 9 * line), fill=(240, 240, 250))
    if random.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    left, top, side = random.integers(0, 30), random.integers(0, 20), random.integers(200, 230)
    image = image.resize((240, 240), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
    light = np.asarray(patchy(random, image.size, 20, 256)).astype(np.float32) / 150
    return Image.fromarray((np.asarray(image) * light).clip(0, 255).astype(np.uint8))


def save_portraits(folder: Path, each: int = 8) -> None:
    """Write `each` portraits per label."""
    for label, striped in (("plain", False), ("striped", True)):
        (folder / label).mkdir(parents=True)
        for seed in range(each):
            portrait(seed, striped).save(folder / label / f"{seed}.jpg", quality=92)
