"""Pictures to check an export with: a person's own, or some drawn here. What they show does not matter."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from model.image import MAX_BYTES, PhotoError, decode
from training.export.load import ExportRefused

SIZES = (
    (640, 480),
    (480, 640),
    (900, 250),
    (200, 800),
    (1600, 1200),
    (224, 224),
    (61, 47),
    (333, 500),
)  # wide, tall, large, small, odd
MOST = 200  # photos of a folder that are used, spread over it


def drawn(sizes: Sequence[tuple[int, int]] = SIZES) -> dict[str, Image.Image]:
    """Pictures of several sizes (width, height), the same ones each time, by a name for messages."""
    return {f"drawn, {width} x {height}": _draw(width, height, seed) for seed, (width, height) in enumerate(sizes)}


def found_in(folder: Path) -> dict[str, Image.Image]:
    """Photos of a folder and the folders in it, by their path; files that are no photos are named and left out.

    Raises:
        ExportRefused: there is none.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    photos = {}
    for file in files[:: max(1, -(-len(files) // MOST))]:
        try:
            with file.open("rb") as opened:
                photos[str(file.relative_to(folder))] = decode(opened.read(MAX_BYTES + 1)).image
        except PhotoError as error:
            print(f"{file}: left out, {error}", file=sys.stderr)
    if not photos:
        raise ExportRefused(f"There are no photos in {folder}.")
    return photos


def _draw(width: int, height: int, seed: int) -> Image.Image:
    """A color gradient with noise and shapes on it: smooth, rough and sharp, so that every way of resizing shows."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    gradient = np.stack([across, down, 1 - across * down], axis=-1) * 200
    image = Image.fromarray((gradient + random.integers(0, 56, (height, width, 3))).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        left, top = random.uniform(-0.2, 0.9, 2) * (width, height)
        right, bottom = (left, top) + random.uniform(0.05, 0.5, 2) * (width, height)
        pen.ellipse((left, top, right, bottom), fill=tuple(random.integers(0, 256, 3).tolist()))
    return image
