"""Reads the photos to clean, and computes what a frozen backbone sees in each, once: the next start finds it kept."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.callbacks.atomic_write import write_whole
from training.data.dataset import Collection, collect
from training.fit.features import extract_features
from training.fit.learner import make_learner, make_loaders
from training.fit.settings import Settings, fitting

AT_ONCE = 500  # photos, whose features are kept if the program is ended after them


def look(
    folder: Path,
    cache: Path,
    weights: Path | None = None,
    arch: str | None = None,
    faces: bool | None = None,
    skip: Sequence[str] = (),
    label_from: str | None = None,
    tables: Sequence[Path] = (),
    keep_copies: bool = False,
) -> tuple[Collection, np.ndarray]:
    """Reads every photo below a folder.

    Args:
        folder, cache, faces, skip, label_from, tables, keep_copies: see `collect`.
        weights: file of the backbone's weights; None downloads them.
        arch: a timm or torchvision name; None takes what training would.

    Returns:
        What was read, and features of its samples, of shape (samples, features).

    Raises:
        DataError: see `collect`.
        RecipeError: see `make_learner`.
    """

    def settings(faces: bool, photos: int) -> Settings:
        return fitting(photos, faces, weights=weights, arch=arch)

    collection = collect(
        [folder],
        lambda faces, photos: settings(faces, photos).size,
        cache,
        faces,
        skip=skip,
        label_from=label_from,
        tables=tables,
        keep_copies=keep_copies,
    )
    return collection, _features(collection, settings(collection.faces.find, collection.found), cache)


def _features(collection: Collection, settings: Settings, cache: Path) -> np.ndarray:
    made_with = f"{settings.arch} {settings.weights} {settings.size} {collection.faces.model_dump_json()}"
    file = cache / f"features-{hashlib.sha256(made_with.encode()).hexdigest()[:12]}.npz"
    names = ["/".join(Path(sample.picture).parts[-2:]) for sample in collection.samples]
    known: dict[str, np.ndarray] = {}
    if file.is_file():
        with np.load(file) as kept:
            known = dict(zip(kept["names"].tolist(), kept["features"], strict=True))
    new = [row for row, name in enumerate(names) if name not in known]
    if new:
        loaders = make_loaders(collection.samples, range(len(names)), [0], settings, collection.faces.find)
        learner = make_learner(loaders, settings, Counter(sample.label for sample in collection.samples))
        for start in range(0, len(new), AT_ONCE):
            rows = new[start : start + AT_ONCE]
            pictures = [Path(collection.samples[row].picture) for row in rows]
            label = f"Looking at photos {start + 1} to {start + len(rows)} of {len(new)}"
            known |= zip(
                [names[row] for row in rows], extract_features(learner, pictures, False, label=label)[:, 0], strict=True
            )
            _save(file, known)
    return np.stack([known[name] for name in names])


def _save(file: Path, known: dict[str, np.ndarray]) -> None:
    features = np.stack(list(known.values()))
    write_whole(file, lambda opened: np.savez(opened, names=np.array(list(known)), features=features))
