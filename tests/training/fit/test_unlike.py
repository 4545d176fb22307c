"""How unlike the training photos a picture is, and the limit from which it is none of the labels."""

from pathlib import Path

import numpy as np
import pytest
from fastai.layers import AdaptiveConcatPool2d
from PIL import Image
from torch import nn

from model.runtimes.fastai import Explained, learner_outputs
from model.unlike import FURTHEST, KEPT, LEAST, MANY
from tests.training.learners import make_learner, save_photos
from training.fit.unlike import MOST, fit_unlike

SIZE = 64


def photos_of(count: int, kind: int, seed: int = 0, spread: float = 0.4) -> np.ndarray:
    """Features around a direction of their own, as of photos of a kind."""
    centre = np.random.default_rng(1000 + kind).normal(size=SIZE)
    return (centre + spread * np.random.default_rng(seed).normal(size=(count, SIZE))).astype(np.float32)


@pytest.mark.parametrize("count", [5, 20, 200, 2000])
def test_photos_like_those_learned_from_are_kept_and_others_are_not(count: int) -> None:
    learned = np.concatenate([photos_of(count, kind, seed=kind) for kind in (1, 2)])
    unlike, distances = fit_unlike(learned, range(len(learned)))
    assert len(distances) == len(learned)
    assert len(unlike.prototypes) == min(MOST, len(learned))
    assert unlike.prototypes.dtype == np.float16
    alike = np.concatenate([photos_of(300, kind, seed=10 + kind) for kind in (1, 2)])
    assert np.mean(unlike.distances(alike) <= unlike.limit) > 0.95
    assert np.mean(unlike.distances(photos_of(300, 3)) <= unlike.limit) < 0.01
    assert unlike.limit <= FURTHEST


@pytest.mark.parametrize("count", [8, MANY])
def test_a_network_that_sees_no_difference_between_photos_calls_none_of_them_unlike(count: int) -> None:
    same = np.tile(photos_of(1, 1), (count, 1)) + np.float32(1e-6) * photos_of(count, 2)
    unlike, _ = fit_unlike(same, range(count))
    assert unlike.limit == LEAST
    assert (unlike.distances(same) < LEAST).all()


def test_copies_do_not_make_the_limit_tight() -> None:
    learned = photos_of(30, 1)
    twice = np.concatenate([learned, learned])
    alone, _ = fit_unlike(learned, range(30))
    copied, distances = fit_unlike(twice, [*range(30), *range(30)])
    assert distances.min() > 0.01
    assert copied.limit > 0.8 * alone.limit


def test_a_network_that_knows_its_photos_has_its_limit_chosen_on_others() -> None:
    learned, asked = photos_of(MANY, 1, spread=0.1), photos_of(MANY, 1, seed=1)
    unlike, distances = fit_unlike(learned, range(MANY), asked)
    assert len(distances) == MANY
    assert np.mean(unlike.distances(photos_of(2000, 1, seed=2)) <= unlike.limit) == pytest.approx(KEPT, abs=0.02)


def test_a_head_that_is_not_linear_is_explained_by_its_gradients(tmp_path: Path) -> None:
    """A dark spot is all that the best label speaks of: there the map is highest."""
    dark, head = nn.Conv2d(3, 1, 4, stride=4), nn.Sequential(AdaptiveConcatPool2d(), nn.Flatten(), nn.Linear(2, 4))
    head.extend([nn.ReLU(), nn.Linear(4, 2)])
    for layer in (dark, head[2], head[4]):
        nn.init.constant_(layer.weight, 1.0)
    nn.init.constant_(dark.weight, -1 / 48)
    nn.init.constant_(dark.bias, 1.0)
    nn.init.constant_(head[4].weight[1], -1.0)
    save_photos(tmp_path)
    learner = make_learner(tmp_path, network=nn.Sequential(nn.Sequential(dark), head))
    assert Explained(learner.model).names == ["logits"]
    white = np.full((32, 32, 3), 255, np.uint8)
    white[20:24, 4:8] = 0
    maps = learner_outputs(learner, [Image.fromarray(white)]).maps
    assert maps is not None
    assert np.unravel_index(maps[0].argmax(), maps[0].shape) == (5, 1)


def test_a_network_that_is_no_body_and_head_explains_nothing(tmp_path: Path) -> None:
    save_photos(tmp_path)
    outputs = learner_outputs(make_learner(tmp_path), [Image.new("RGB", (32, 32))])
    assert outputs.logits.shape == (1, 2)
    assert outputs.maps is None and outputs.unlike is None
