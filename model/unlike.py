"""How unlike known photos a picture is: the cosine distance to the nearest of them, by a network's features.

Sun, Ming, Zhu, Li, "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML 2022.
"""

import numpy as np

NEAREST = 3  # of the known photos: a single one may be there by mistake
KEPT = 0.985  # of photos like the known ones, so many shall get their answer
Z_OF_FEW = 2.5758  # the normal quantile of 0.995: few photos differ less from each other than from those to come
MANY = 500  # distances from which on their own quantile is steadier than a distribution's
NEARLY = 1.1  # times the limit: up to there an answer is given, but never as a sure one; see `benchmarks.teach`
LEAST = 1e-3  # limit of a network that sees no difference between photos: rounding is less
FURTHEST = 0.68  # limit of a frozen network: beyond lie photos that share nothing, see `benchmarks.unlike`


def unit(features: np.ndarray) -> np.ndarray:
    """Scales each row to length 1."""
    scaled: np.ndarray = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    return scaled


def distances(features: np.ndarray, known: np.ndarray, compared: np.ndarray | None = None) -> np.ndarray:
    """Returns the cosine distance to the `NEAREST`th known photo, of shape (pictures,).

    Args:
        features: of shape (pictures, features).
        known: unit vectors of shape (known photos, features).
        compared: with which known photos to compare, of shape (pictures, known photos); by default with all.
    """
    similar = unit(features) @ known.astype(np.float32).T
    if compared is not None:
        similar[~compared] = -1
    place = min(NEAREST, len(known))
    result: np.ndarray = 1 - np.partition(similar, -place, axis=1)[:, -place]
    return result


def limit_of(known: np.ndarray) -> float:
    """Returns the distance that `KEPT` of further photos will not exceed, from those of known ones, of shape (photos,): of few,
    at least the upper end of the prediction interval by Student's t; of any, at least `LEAST`."""
    count, quantile = len(known), max(LEAST, float(np.quantile(known, KEPT)))
    if count >= MANY:
        return quantile
    spread = float(known.std(ddof=1)) * float(np.sqrt(1 + 1 / count))
    return max(quantile, float(known.mean()) + _student(count - 1) * spread)


def _student(freedom: int) -> float:
    """Student's t quantile at `Z_OF_FEW`'s probability, by its expansion in 1 / freedom (Abramowitz and Stegun, 26.7.5)."""
    z = Z_OF_FEW
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return float(z + first / freedom + second / freedom**2 + third / freedom**3)
