"""What was taught in the chat, so that a training goes on from it: features and labels, without the photos."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.bundle import TAUGHT
from model.teaching.backbone import INPUT
from model.teaching.examples import Examples, TeachingError
from training.data.errors import DataError
from training.fit.settings import Settings

ARCH = "tf_efficientnet_lite2"  # of the general backbone that they are features of


@dataclass(frozen=True)
class Taught:
    """Attributes:
    features: unit vectors of shape (photos, features).
    targets: indices of the labels, of shape (photos,).
    """

    features: np.ndarray
    targets: np.ndarray

    def beside(
        self, features: np.ndarray, targets: np.ndarray, groups: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Adds what was taught behind other photos.

        Args:
            features: of shape (photos, views, features); what was taught gets their average length, for its own was not kept.
            targets: of shape (photos,).
            groups: of photos that are copies of each other.

        Returns:
            The same three, for all photos.
        """
        length = float(np.linalg.norm(features, axis=2).mean())
        views = np.repeat(self.features[:, None].astype(np.float32) * length, features.shape[1], axis=1)
        first = max(groups, default=0) + 1
        more = list(range(first, first + len(self.targets)))
        return np.concatenate([features, views]), np.concatenate([targets, self.targets]), [*groups, *more]


def read_taught(file: Path, labels: Sequence[str], settings: Settings, faces: bool) -> Taught:
    """Read what was taught.

    Args:
        file: the zip of `/export`, or the `taught.npz` in it.
        labels: of the training, in the order of its logits.
        settings: of the training.
        faces: whether faces are classified.

    Raises:
        DataError: it cannot be read or used; says why.
    """
    try:
        content = file.read_bytes()
        if file.suffix.lower() == ".zip":
            with zipfile.ZipFile(file) as zipped:
                [name] = [name for name in zipped.namelist() if name.rsplit("/", 1)[-1] == TAUGHT]
                content = zipped.read(name)
        examples = Examples.read(content)
    except OSError as error:
        raise DataError(f"--from {file}: {error.strerror}.") from None
    except (ValueError, zipfile.BadZipFile) as error:
        other = isinstance(error, TeachingError) and error.problem == "other_backbone"
        why = "it was taught to another version of the backbone" if other else f"it is damaged, or holds no {TAUGHT}"
        raise DataError(f"--from {file}: {why}; send /export to the bot for a new one.") from None
    if faces or settings.arch != ARCH or settings.size != INPUT.height or not settings.probe:
        raise DataError(
            f"--from {file}: what was taught are whole photos as {ARCH} sees them at {INPUT.height} pixels: train with "
            f"--faces no, and without --arch, --size and --recipe."
        )
    if unknown := sorted(set(examples.labels) - set(labels)):
        raise DataError(
            f"--from {file}: {', '.join(unknown)} was taught, and --data has no photo of it: add a folder of that name with "
            "a few photos, or send /forget to the bot and export again."
        )
    return Taught(examples.features, np.array([list(labels).index(label) for label in examples.labels], int))
