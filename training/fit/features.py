"""What a frozen backbone sees in pictures: computed once per picture and view, for the linear head."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import typer
from fastai.learner import Learner
from torch import Tensor

from training.callbacks.distributed import is_first

BATCH = 4  # pictures that a processor's caches hold; a GPU takes more
BATCH_OF_GPU = 64


def extract_features(
    learner: Learner,
    pictures: Sequence[Path],
    mirror: bool,
    seconds: float | None = None,
    least: int = 0,
    label: str = "Looking at photos",
) -> np.ndarray:
    """Features of the learner's body, pooled as its head pools them.

    Args:
        learner: its model is a body and a head, the last layer of which is linear.
        pictures: prepared as those of the validation set are.
        mirror: whether to look at mirror images too.
        seconds: after which to stop; None looks at all.
        least: pictures to look at however long it takes.
        label: of the progress bar.

    Returns:
        Of shape (photos, views, features) as float32; a view is the picture itself, first, or its mirror image. With
        `seconds`, mirror images may be missing altogether, or else pictures at the end.
    """
    pooled = torch.nn.Sequential(learner.model[0], *list(learner.model[1].children())[:-1]).eval()
    passes = [False, True] if mirror else [False]
    end = None if seconds is None else time.monotonic() + seconds
    views: list[np.ndarray] = []
    length = len(pictures) * len(passes)
    with (
        typer.progressbar(length=length, label=label, file=sys.stderr, hidden=not is_first()) as bar,
        torch.inference_mode(),
    ):
        for mirrored in passes:
            seen: list[np.ndarray] = []
            for batch in batches_of(learner, pictures):
                seen.append(pooled(batch.flip(-1) if mirrored else batch).float().cpu().numpy())
                bar.update(len(seen[-1]))
                if end is not None and len(seen) * len(seen[0]) >= least and time.monotonic() > end:
                    break
            one = np.concatenate(seen)
            if views and len(one) < len(views[0]):
                break  # a head needs every photo's mirror image, or none
            views.append(one)
            if len(one) < len(pictures):
                break
    return np.stack(views, axis=1)


def batches_of(learner: Learner, pictures: Sequence[Path]) -> Iterator[Tensor]:
    """Pictures as the network takes them fastest, of shape (batch, 3, height, width)."""
    for (batch,) in learner.dls.test_dl(list(pictures), bs=inference_batch(learner.dls.device)):
        yield batch.contiguous(memory_format=torch.channels_last)


def inference_batch(device: torch.device) -> int:
    """How many pictures to look at at once there."""
    return BATCH if device.type == "cpu" else BATCH_OF_GPU
