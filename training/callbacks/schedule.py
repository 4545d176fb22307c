"""Runs fastai's `fine_tune` as one fit, so that it can be interrupted and resumed anywhere."""

from typing import Any

from fastai.callback.core import Callback
from fastai.callback.schedule import combined_cos


class FineTune(Callback):
    """The head alone for some epochs, then all of the network, each in one cycle of the learning rate.

        learn.fit(1 + 6, cbs=FineTune(2e-3))

    does what `learn.fine_tune(6)` does. Arguments are those of `fine_tune`, and:

    Args:
        flat: keep the rate as it is once all of the network is trained, for callbacks that lower it, such as fastai's
            `ReduceLROnPlateau`.

    A finished run that is resumed (see `Resume`) gets a further cycle for the epochs that are added.
    """

    order, run_valid = 60, False

    def __init__(
        self,
        base_lr: float = 2e-3,
        freeze_epochs: int = 1,
        lr_mult: float = 100,
        pct_start: float = 0.3,
        div: float = 5.0,
        flat: bool = False,
    ):
        super().__init__()
        self.base_lr, self.freeze_epochs, self.lr_mult = base_lr, freeze_epochs, lr_mult
        self.pct_start, self.div, self.flat = pct_start, div, flat

    def before_fit(self) -> None:
        self._ends = [self.freeze_epochs, self.n_epoch]  # of the cycles, in epochs
        self._frozen: bool | None = None

    def before_epoch(self) -> None:
        frozen = self.epoch < self.freeze_epochs
        if frozen == self._frozen:
            return
        self._frozen = frozen
        self.learn.freeze_to(-1 if frozen else 0)
        if self.flat and not frozen:
            self.opt.set_hyper("lr", self._top())

    def before_batch(self) -> None:
        if self.flat and not self._frozen:
            return
        start = max((end for end in self._ends if end <= self.epoch), default=0)
        end = next(end for end in self._ends if end > self.epoch)
        top = self._top()
        warm, div = (0.99, 25.0) if self._frozen else (self.pct_start, self.div)
        share = (self.epoch - start + self.iter / self.n_iter) / (end - start)
        self.opt.set_hyper("lr", [combined_cos(warm, rate / div, rate, rate / 1e5)(share) for rate in top])
        self.opt.set_hyper("mom", combined_cos(warm, *self.moms)(share))

    def state_dict(self) -> dict[str, Any]:
        return {"ends": self._ends, "base_lr": self.base_lr, "frozen": self._frozen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._ends = [*state["ends"]]
        if self.epoch >= self._ends[-1]:
            self._ends.append(self.n_epoch)
        else:
            self._ends[-1] = self.n_epoch
        self._frozen = state["frozen"]
        self.opt.freeze_to(-1 if self._frozen else 0)
        if self.flat and not self._frozen and state["base_lr"] != self.base_lr:
            self.opt.set_hyper("lr", self._top())  # else it stays where a plateau has brought it

    def _top(self) -> list[float]:
        """The highest rate of each group of parameters, the head's last."""
        groups = len(self.opt.hypers)
        if self._frozen:
            return [self.base_lr] * groups
        steps = [place / (groups - 1) if groups > 1 else 1.0 for place in range(groups)]
        return [self.base_lr / 2 / self.lr_mult ** (1 - step) for step in steps]
