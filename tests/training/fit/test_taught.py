"""A training goes on from what was taught in the chat."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.bundle import TAUGHT
from model.teaching.examples import Examples
from model.teaching.head import fit_head
from model.teaching.taught import packed
from training.data.errors import DataError
from training.fit.head import fit_head as fit_trained_head
from training.fit.settings import Settings
from training.fit.taught import read_taught

WIDTH = 1280


def features_of(kind: int, count: int, seed: int) -> np.ndarray:
    center = np.random.default_rng(kind).normal(size=WIDTH)
    return center + 0.5 * np.random.default_rng(100 + seed).normal(size=(count, WIDTH))


@pytest.fixture
def examples() -> Examples:
    photos = np.concatenate([features_of(1, 6, 0), features_of(2, 6, 1)])
    unit = (photos / np.linalg.norm(photos, axis=1, keepdims=True)).astype(np.float16)
    numbers = tuple(range(12))
    return Examples(unit, ("mug",) * 6 + ("plant",) * 6, tuple(map(str, numbers)), numbers, numbers)


def exported(examples: Examples, folder: Path) -> Path:
    file = folder / "taught.zip"
    file.write_bytes(packed(examples, fit_head(examples.features, examples.labels)))
    return file


def test_what_was_taught_helps_where_photos_are_few(examples: Examples, tmp_path: Path) -> None:
    taught = read_taught(exported(examples, tmp_path), ["plant", "mug"], Settings(), faces=False)
    assert taught.targets.tolist() == [1] * 6 + [0] * 6
    one_each = np.stack([features_of(2, 1, 5), features_of(1, 1, 6)])
    features, targets, groups = taught.beside(one_each, np.array([0, 1]), [0, 0])
    assert features.shape == (14, 1, WIDTH) and len(set(groups)) == 13
    lengths = np.linalg.norm(features[:, 0], axis=1)
    assert lengths[2:] == pytest.approx(lengths[:2].mean(), rel=1e-2)
    head = fit_trained_head(features.astype(np.float32), targets, groups)
    asked = np.concatenate([features_of(2, 50, 7), features_of(1, 50, 8)])
    assert (head.logits(asked).argmax(1) == np.repeat([0, 1], 50)).mean() > 0.98


def test_the_file_itself_is_read_too(examples: Examples, tmp_path: Path) -> None:
    (tmp_path / TAUGHT).write_bytes(examples.write())
    assert len(read_taught(tmp_path / TAUGHT, ["mug", "plant"], Settings(), faces=False).targets) == 12


def test_what_cannot_be_used_is_said(examples: Examples, tmp_path: Path) -> None:
    file, fitting = exported(examples, tmp_path), Settings()
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(b"something else")
    for name, labels, settings, faces, sentence in (
        (file, ["mug"], fitting, False, "plant was taught, and --data has no photo of it"),
        (file, ["mug", "plant"], fitting, True, "--faces no"),
        (file, ["mug", "plant"], replace(fitting, size=224), False, "without --arch, --size"),
        (damaged, ["mug", "plant"], fitting, False, "damaged"),
        (tmp_path / "missing.zip", ["mug", "plant"], fitting, False, "No such file"),
    ):
        with pytest.raises(DataError, match=sentence):
            read_taught(name, labels, settings, faces)
