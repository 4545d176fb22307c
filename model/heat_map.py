"""Shows where a network looked: warm colors over a photo where it found what speaks for its answer."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from model.prediction import Look

STOPS = (0.0, 0.5, 1.0)
RAMP = np.array([[255, 235, 60, 0], [255, 150, 0, 120], [225, 20, 20, 190]], np.float32)  # red, green, blue, opacity
UNSEEN = (20, 20, 20, 130)  # what the network was not shown


def overlay(looks: Sequence[Look], size: tuple[int, int], longest: int = 1280) -> Image.Image:
    """Returns the maps as RGBA, to be laid over a photo.

    Args:
        looks: at what of it.
        size: the photo's width and height in pixels, in which `Look.frame` counts.
        longest: pixels of the long side at most.
    """
    scale = min(1.0, longest / max(size))
    shown = Image.new("RGBA", (max(1, round(size[0] * scale)), max(1, round(size[1] * scale))), UNSEEN)
    for look in looks:
        left, top, right, bottom = (round(side * scale) for side in look.frame)
        shown.paste(_colored(look.map, (max(1, right - left), max(1, bottom - top))), (left, top))
    return shown


def draw_looks(photo: Image.Image, looks: Sequence[Look], size: tuple[int, int], longest: int = 1280) -> Image.Image:
    """Returns a photo with the maps over it, as RGB; arguments as of `overlay`."""
    heat = overlay(looks, size, longest)
    picture = photo.resize(heat.size, Image.Resampling.LANCZOS).convert("RGBA")
    return Image.alpha_composite(picture, heat).convert("RGB")


def _colored(places: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """A map of shape (rows, columns) as RGBA of that width and height; what speaks against the answer stays clear."""
    share = np.clip(places, 0, None).astype(np.float32)
    share /= max(float(share.max()), 1e-9)
    smooth = np.asarray(Image.fromarray(share).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)
    channels = [np.interp(smooth, STOPS, RAMP[:, channel]) for channel in range(4)]
    return Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8))
