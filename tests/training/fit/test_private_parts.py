"""What is taken from inside a library, because it has no public way, and the version that was checked."""

import inspect
from importlib.metadata import version

from fastai.distributed import DistributedDL

import training.fit.distributed  # noqa: F401  (replaces what is tested here)


def test_fastais_distributed_loader_still_shares_its_order_by_the_method_that_is_replaced() -> None:
    assert version("fastai") == "2.8.12", "read DistributedDL.get_idxs again, then name the new version here"
    assert "self._broadcast(idxs,0)" in inspect.getsource(DistributedDL.get_idxs)
    assert DistributedDL._broadcast.__module__ == "training.fit.distributed"
