"""Chooses a learning rate with fastai's finder, and leaves no other trace of having looked."""

from pathlib import Path

from fastai.callback import schedule  # noqa: F401  (gives learners lr_find)
from fastai.learner import Learner

from training.callbacks.loss_plot import draw_search, save
from training.callbacks.random_state import order_of, random_state, set_order, set_random_state
from training.fit.settings import RecipeError

SEARCH = "learning_rate.png"


def find_rate(learner: Learner, folder: Path) -> float:
    """The rate in the longest valley of the loss, with two digits; how it was found is drawn into the folder.

    Raises:
        RecipeError: none can be found.
    """
    order, chance = order_of(learner.dls.train), random_state()
    places = learner.path, learner.model_dir
    learner.path, learner.model_dir = folder, "."  # where the finder keeps the weights meanwhile
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with learner.no_bar():
            found = learner.lr_find(show_plot=False).valley
    except (IndexError, ValueError, RuntimeError):  # the loss never fell, or was no number from the start
        raise RecipeError("--lr auto finds no learning rate for these photos: give one, such as --lr 0.002.") from None
    finally:
        learner.opt = None
        learner.path, learner.model_dir = places
        set_order(learner.dls.train, order)
        set_random_state(chance)
    rate = float(f"{found:.2g}")
    record = learner.recorder
    save(draw_search(record.lrs[:-5], [float(loss) for loss in record.losses[:-5]], rate), folder / SEARCH)
    return rate
