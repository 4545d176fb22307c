"""Events for TensorBoard: losses, metrics, learning rate, answers to some held-out photos, and the network's graph."""

import warnings
from pathlib import Path

import torch
from fastai.callback.tensorboard import TensorBoardCallback
from matplotlib import rc_context
from torch.utils.tensorboard import SummaryWriter

from training.callbacks.atomic_write import write_whole
from training.callbacks.distributed import is_first, processes

EVENTS = "tensorboard"
DRAWN = ".graph"


class Board(TensorBoardCallback):
    """fastai's callback for resumable runs: repeated steps replace what was written before.

    In a training of several processes there are no photos and no graph: for these the first would run the network alone,
    which only all of them together can.

    Args:
        folder: of the run; events go to `tensorboard` in it.
        photos: how many answered photos are shown after each epoch.
    """

    def __init__(self, folder: Path | str, photos: int = 9):
        alone = processes() == 1
        super().__init__(log_dir=str(Path(folder) / EVENTS), trace_model=False, log_preds=alone, n_preds=photos)
        self._alone = alone
        self.run_valid = False  # a validation step has no learning rate, and no place among the training steps

    def before_fit(self) -> None:
        super().before_fit()
        drawn = Path(self.log_dir) / DRAWN
        if self.run and self._alone and not drawn.exists():
            self._draw_graph()
            write_whole(drawn, lambda file: None)

    def after_epoch(self) -> None:
        with rc_context({"text.parse_math": False}):  # a label may have dollar signs
            super().after_epoch()
        self.writer.flush()

    def _setup_writer(self) -> None:
        self.writer = SummaryWriter(log_dir=self.log_dir, purge_step=self.train_iter + 1 if self.train_iter else None)

    def _draw_graph(self) -> None:
        batch = self.dls.valid.one_batch()
        training = self.model.training
        self.model.eval()  # a training pass would change the running means of batch norm
        try:
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")  # tracing warns of what is constant, and is itself going to be replaced
                self.writer.add_graph(self.model, batch[0][:1])
        except Exception as error:  # not every network can be traced
            if is_first():
                print(f"TensorBoard shows no graph of this network: {type(error).__name__}.")
        finally:
            self.model.train(training)
