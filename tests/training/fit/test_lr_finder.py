"""The learning-rate finder finds a rate, draws how, and leaves everything else as it was."""

import random
from pathlib import Path

import pytest
import torch

from tests.training.callbacks.learners import make_learner
from training.fit.lr_finder import SEARCH, find_rate
from training.fit.settings import RecipeError


def test_a_search_leaves_a_picture_and_no_other_trace(tmp_path: Path) -> None:
    learner = make_learner()
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    chance, order = (random.getstate(), torch.get_rng_state()), learner.dls.train.rng.getstate()
    rate = find_rate(learner, tmp_path)
    assert 1e-6 < rate < 10 and float(f"{rate:.2g}") == rate
    assert [file.name for file in tmp_path.iterdir()] == [SEARCH]
    assert (tmp_path / SEARCH).read_bytes().startswith(b"\x89PNG")
    for name, value in learner.model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert random.getstate() == chance[0] and torch.equal(torch.get_rng_state(), chance[1])
    assert learner.dls.train.rng.getstate() == order
    learner.fit(1, rate)
    assert learner.recorder.values[0][0] < 10


def test_where_there_is_none_it_says_so(tmp_path: Path) -> None:
    learner = make_learner()
    with torch.no_grad():
        learner.model[0].weight.fill_(float("nan"))
    with pytest.raises(RecipeError, match="--lr auto finds no learning rate"):
        find_rate(learner, tmp_path)
