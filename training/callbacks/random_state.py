"""The random state of a training: Python's, NumPy's, PyTorch's, and the order in which a loader gives its pictures."""

import random
from typing import Any

import numpy as np
import torch


def random_state() -> dict[str, Any]:
    """As plain values."""
    name, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (name, np.asarray(keys).tolist(), position, has_gauss, gauss),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Set what `random_state` gave; a GPU's only on a machine with as many."""
    random.setstate(state["python"])
    name, keys, position, has_gauss, gauss = state["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), position, has_gauss, gauss))
    torch.set_rng_state(state["torch"])
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])


def order_of(loader: Any) -> Any:
    """What decides how a fastai loader shuffles next time, as plain values; None for other loaders."""
    generator = _generator(loader)
    return generator.getstate() if generator else None


def set_order(loader: Any, order: Any) -> None:
    """Set what `order_of` gave."""
    if (generator := _generator(loader)) and order:
        generator.setstate(order)


def go_on_in(loader: Any, batches: int, state: dict[str, Any]) -> None:
    """Let a fastai loader leave out the first batches, the next time that it is gone through.

    Args:
        loader: a `fastai.data.load.DataLoader`.
        batches: how many.
        state: the random state once these were given. Where the loader works in this process it is set after the loader
            has drawn its own seed, right before the first picture.
    """
    shuffled, drawn = loader.get_idxs, loader.sample
    before = {name: vars(loader)[name] for name in ("get_idxs", "sample") if name in vars(loader)}

    def put_back(name: str) -> None:
        del vars(loader)[name]
        vars(loader).update({name: before[name]} if name in before else {})

    def get_idxs() -> list[int]:
        put_back("get_idxs")
        return list(shuffled())[batches * loader.bs :]

    def sample() -> Any:
        put_back("sample")
        set_random_state(state)
        return drawn()

    loader.get_idxs = get_idxs
    if not loader.fake_l.num_workers:
        loader.sample = sample


def _generator(loader: Any) -> random.Random | None:
    inner = vars(loader).get("dl", loader)  # one process of several wraps its loader
    generator = vars(inner).get("rng")
    return generator if isinstance(generator, random.Random) else None
