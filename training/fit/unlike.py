"""How unlike the training photos a picture is: the cosine distance to the nearest of them, by the served network's features.

Sun, Ming, Zhu, Li, "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML 2022.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from fastai.learner import Learner
from scipy import stats

from model.runtimes.fastai import NEAREST, PROTOTYPES
from training.fit.features import batches_of

MOST = 512  # photos that are remembered: 1.3 MB of float16 in each file of the bundle
KEPT = 0.985  # of photos like those learned from, so many shall get their answer
KEPT_BY_FEW = 0.995  # the same where few photos tell, which differ less from each other than from those to come
MANY = 500  # distances from which on their own quantile is steadier than a distribution's
FURTHEST = 0.68  # limit of a frozen network: beyond lie photos that share nothing, see `benchmarks.unlike`


@dataclass(frozen=True)
class Unlike:
    """What is remembered of the training photos.

    Attributes:
        prototypes: unit vectors of shape (prototypes, features), as float16.
        limit: the distance from which a picture is none of the labels.
    """

    prototypes: np.ndarray
    limit: float

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Distances of shape (pictures,), for features of shape (pictures, features)."""
        return _nearest(features, self.prototypes)


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
    remembered = Unlike(_unit(features[chosen]).astype(np.float16), 2.0)
    if asked is not None:
        distances = remembered.distances(asked)
    else:
        others = np.asarray(groups)[:, None] != np.asarray(groups)[chosen]
        distances = _nearest(features, remembered.prototypes, others)
    limit = _limit(distances)
    return Unlike(remembered.prototypes, limit if asked is not None else min(limit, FURTHEST)), distances


def pooled_features(learner: Learner, pictures: Sequence[Path]) -> np.ndarray:
    """The mean of the last feature map, of shape (pictures, features), as `model.runtimes.fastai` compares it."""
    body = learner.model[0].eval()
    with torch.inference_mode():
        return torch.cat([body(batch).mean((2, 3)).float().cpu() for batch in batches_of(learner, pictures)]).numpy()


def remember(learner: Learner, unlike: Unlike) -> None:
    """Gives a learner's head the prototypes, as a buffer that is exported with it."""
    learner.model[1].register_buffer(PROTOTYPES, torch.from_numpy(unlike.prototypes).to(learner.dls.device))


def _limit(distances: np.ndarray) -> float:
    """The distance that `KEPT` of further photos will not exceed: of few, at least the prediction interval by Student's t."""
    count, quantile = len(distances), float(np.quantile(distances, KEPT))
    if count >= MANY:
        return quantile
    spread = float(distances.std(ddof=1)) * float(np.sqrt(1 + 1 / count))
    return max(quantile, float(distances.mean()) + float(stats.t.ppf(KEPT_BY_FEW, count - 1)) * spread)


def _nearest(features: np.ndarray, prototypes: np.ndarray, compared: np.ndarray | None = None) -> np.ndarray:
    """The cosine distance to the `NEAREST`th prototype, as the network computes it; `compared`, of shape (pictures,
    prototypes), says with which."""
    similar = _unit(features) @ prototypes.astype(np.float32).T
    if compared is not None:
        similar[~compared] = -1
    place = min(NEAREST, len(prototypes))
    distances: np.ndarray = 1 - np.partition(similar, -place, axis=1)[:, -place]
    return distances


def _unit(features: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    return scaled
