"""Chooses what is remembered of the training photos, and from which distance on a picture is none of the labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from fastai.learner import Learner

from model.runtimes.fastai import PROTOTYPES
from model.unlike import FURTHEST, distances, limit_of, unit
from training.fit.features import batches_of

MOST = 512  # photos that are remembered: 1.3 MB of float16 in each file of the bundle


@dataclass(frozen=True)
class Unlike:
    """What is remembered of the training photos.

    Attributes:
        prototypes: unit vectors of shape (prototypes, features), as float16.
        limit: the distance from which no answer is sure; from `NEARLY` times it, a picture is none of the labels.
    """

    prototypes: np.ndarray
    limit: float

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Distances of shape (pictures,), for features of shape (pictures, features)."""
        return distances(features, self.prototypes)


def fit_unlike(
    features: np.ndarray, groups: Sequence[int], asked: np.ndarray | None = None, seed: int = 42
) -> tuple[Unlike, np.ndarray]:
    """Chooses what to remember, and from which distance on a picture is none of the labels.

    Args:
        features: of the photos learned from, of shape (photos, features).
        groups: photos of one group, such as copies, tell nothing about each other.
        asked: features of photos that the network has not learned from, to choose the limit on; by default each photo is
            compared with the others, which is right where the features are of a frozen network.
        seed: of the choice.

    Returns:
        That, and the distance of each photo that the limit was chosen on.
    """
    chosen = np.random.default_rng(seed).permutation(len(features))[:MOST]
    remembered = Unlike(unit(features[chosen]).astype(np.float16), 2.0)
    if asked is not None:
        known = remembered.distances(asked)
    else:
        others = np.asarray(groups)[:, None] != np.asarray(groups)[chosen]
        known = distances(features, remembered.prototypes, others)
    limit = limit_of(known)
    return Unlike(remembered.prototypes, limit if asked is not None else min(limit, FURTHEST)), known


def pooled_features(learner: Learner, pictures: Sequence[Path]) -> np.ndarray:
    """The mean of the last feature map, of shape (pictures, features), as `model.runtimes.fastai` compares it."""
    body = learner.model[0].eval()
    with torch.inference_mode():
        return torch.cat([body(batch).mean((2, 3)).float().cpu() for batch in batches_of(learner, pictures)]).numpy()


def remember(learner: Learner, unlike: Unlike) -> None:
    """Gives a learner's head the prototypes, as a buffer that is exported with it."""
    learner.model[1].register_buffer(PROTOTYPES, torch.from_numpy(unlike.prototypes).to(learner.dls.device))
