"""Pushes a model to the Hugging Face Hub, during training and at its end, as a bundle that can be served."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fastai.callback.core import Callback
from fastai.learner import Learner
from huggingface_hub import HfApi
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils.tqdm import disable_progress_bars

from model.bundle import ONNX, PICKLE
from training.callbacks.distributed import as_if_alone, is_first
from training.callbacks.hub_card import write_hub_card
from training.callbacks.random_state import random_state, set_random_state
from training.callbacks.text import one_line

CHECKPOINTS = "checkpoints"
KEPT = ("*.pth", "*.yaml", "*.csv")  # of a run's folder; its pictures may show people


class HubError(RuntimeError):
    """Something that cannot be pushed; the message says why and what to do."""


class Uploads:
    """Uploads folders to a repository in the background, one after the other, each as one commit.

    Args:
        repository: USER/REPO. It is made, private, unless it exists. `HF_TOKEN`, or `hf auth login`, says who may.
        say: where one line goes about each upload that failed.

    Raises:
        HubError: the hub is not there, or does not let this user write there.
    """

    def __init__(self, repository: str, say: Callable[[str], None] = print):
        self.repository, self._say = repository, say
        self._api, self._last = HfApi(), Future[Any]()
        self._last.set_result(None)
        disable_progress_bars()
        try:
            self._api.create_repo(repository, private=True, exist_ok=True)
        except HFValidationError:
            raise HubError(f"{repository!r} is not a repository name; write USER/REPO.") from None
        except Exception as error:  # whatever breaks on the way
            raise HubError(
                f"{repository} cannot be pushed to ({_reason(error)}): is HF_TOKEN a token that may write there, and is "
                "the hub reachable?"
            ) from None

    @property
    def busy(self) -> bool:
        """Whether the last folder is still on its way."""
        return not self._last.done()

    def upload(self, folder: Path, title: str) -> None:
        """Upload a folder soon, delete it, and return at once. Model files that it has not are removed there."""
        self._last = self._api.upload_folder(
            repo_id=self.repository,
            folder_path=folder,
            commit_message=title,
            delete_patterns=[ONNX, PICKLE],
            run_as_future=True,
        )

        def end(upload: "Future[Any]") -> None:
            shutil.rmtree(folder, ignore_errors=True)
            if error := upload.exception():
                self._say(f"Warning: {title!r} was not pushed to {self.repository} ({_reason(error)}).")

        self._last.add_done_callback(end)

    def wait(self) -> None:
        """Wait until everything is uploaded.

        Raises:
            HubError: the last upload failed.
        """
        if error := self._last.exception():
            raise HubError(
                f"{self.repository} does not hold the last state ({_reason(error)}). Upload a bundle later by: "
                f"hf upload {self.repository} FOLDER"
            )


class PushToHub(Callback):
    """Pushes a learner, exported as a bundle, while it is fitted within the `with` block, and at the block's end:

        with PushToHub(Uploads("ada/cats"), export, every="epoch") as push:
            learn.fine_tune(4, cbs=push)

    An export takes the training some seconds; the upload, nothing. While one is going on, the next is left out; the last
    state always arrives, unless the block is left by an exception.

    Args:
        uploads: to the repository.
        export: writes a bundle of the learner into a folder, such as `training.export.bundle.export_classifier`; a
            `ValueError` it raises is printed, and nothing is pushed that time.
        every: "epoch", "end", or a number of steps.
        checkpoints: a run's folder, to push what going on with the run needs too, as `checkpoints/`.
    """

    order = 80  # after the checkpoints

    def __init__(
        self,
        uploads: Uploads,
        export: Callable[[Learner, Path], object],
        every: str | int = "end",
        checkpoints: Path | None = None,
    ):
        super().__init__()
        self._uploads, self._every, self._checkpoints = uploads, every, checkpoints
        self._export = export
        self._learner: Learner | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None and self._learner is not None:
            with _unchanged_randomness():
                self._push(self._learner, "Trained")
            self._uploads.wait()

    def before_fit(self) -> None:
        self.run = not hasattr(self.learn, "lr_finder") and is_first()
        if self.run:
            self._learner = self.learn

    def after_batch(self) -> None:
        if self.training and self._every not in ("epoch", "end") and self.train_iter % int(self._every) == 0:
            self._push_if_free(f"Step {self.train_iter}")

    def after_epoch(self) -> None:
        if self._every == "epoch":
            self._push_if_free(f"Epoch {self.epoch + 1} of {self.n_epoch}")

    def push_bundle(self, folder: Path) -> None:
        """Push a finished bundle, instead of an export at the block's end, and wait until it has arrived.

        Raises:
            HubError: it has not.
        """
        self._learner = None
        self._upload(_copy(folder), "Trained")
        self._uploads.wait()

    def _push_if_free(self, title: str) -> None:
        if not self._uploads.busy:
            with _unchanged_randomness():
                self._push(self.learn, title)

    def _push(self, learner: Learner, title: str) -> None:
        folder = Path(tempfile.mkdtemp())
        try:
            with as_if_alone():
                self._export(learner, folder)
        except ValueError as error:
            shutil.rmtree(folder)
            print(f"Warning: {title!r} was not pushed to {self._uploads.repository}. {error}")
            return
        names, figures = learner.recorder.metric_names[1:], learner.recorder.values[-1:] or [[]]
        values = ", ".join(f"{name} {value:.4g}" for name, value in zip(names, figures[0], strict=False))
        self._upload(folder, title, f"{title}. {values}")

    def _upload(self, folder: Path, title: str, text: str = "") -> None:
        write_hub_card(folder, text)
        if self._checkpoints is not None:
            (folder / CHECKPOINTS).mkdir(exist_ok=True)
            for file in (file for pattern in KEPT for file in self._checkpoints.glob(pattern)):
                shutil.copy2(file, folder / CHECKPOINTS)
        self._uploads.upload(folder, title)


@contextmanager
def _unchanged_randomness() -> Iterator[None]:
    """So that a training which is pushed is the same as one which is not."""
    state = random_state()
    try:
        yield
    finally:
        set_random_state(state)


def _copy(folder: Path) -> Path:
    return Path(shutil.copytree(folder, tempfile.mkdtemp(), dirs_exist_ok=True))


def _reason(error: BaseException) -> str:
    return one_line(Exception(str(error).splitlines()[0] if str(error) else type(error).__name__))
