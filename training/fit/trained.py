"""What a run has learned so far: the linear head first, then the network fine-tuned from it, and which of them is kept."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from fastai.learner import Learner
from sklearn.metrics import log_loss
from torch import Tensor

from model.bundle import NONE, Mirror
from model.classifier import softmax, with_mirror
from model.prediction import Outputs
from training.callbacks.atomic_write import write_whole
from training.callbacks.distributed import is_first
from training.callbacks.half_precision import computes_in_bfloat16
from training.data.crops import Sample
from training.data.layouts import DataError
from training.data.split import Parts
from training.evaluate.calibration import fit_temperature
from training.fit.distributed import first_decides
from training.fit.features import extract_features
from training.fit.head import fit_head
from training.fit.learner import logits_of, pretrained_classifier, set_head
from training.fit.recipe import keep_better, weights_of
from training.fit.settings import Settings, is_few
from training.fit.taught import Taught
from training.fit.unlike import MOST, Unlike, fit_unlike, pooled_features

FEATURES = "features.npz"  # and the number of epochs that there was time for
MANY = 2000  # photos from which on their mirror images teach the head next to nothing
STEP = 2.5  # times a look at a picture that a step of fine-tuning takes, at the same size, in float32
STEP_IN_BFLOAT16 = 1.8
RESERVED = 20.0  # seconds for exporting and measuring, of a budget
LEAST = 20  # photos of each label that are learned from, however short the time is
SHARE_OF_FEATURES = 0.5  # of a budget, where fine-tuning follows


class Photos(Protocol):
    """What is learned from."""

    @property
    def parts(self) -> Parts: ...

    def samples(self, places: Sequence[int]) -> list[Sample]: ...
    def pictures(self, places: Sequence[int]) -> list[Path]: ...
    def targets(self, places: Sequence[int]) -> np.ndarray: ...


@dataclass(frozen=True)
class Logits:
    """Logits of shape (places, labels) for samples at these places, by a model that has not learned from them."""

    places: list[int]
    logits: np.ndarray


class Trained:
    """A learner on its way.

    Args:
        learner: with a linear head, if that is to be learned.
        settings: of the run.
        photos: what is learned from.
        folder: of the run, where features are kept.
        began: when the run began, by `time.monotonic`.
        taught: what the linear head learns besides, and is not measured on.

    Attributes:
        settings: with the epochs that fit the time.
        out_of_fold: where the linear head on the frozen backbone is kept, its logits of shape (photos, views, labels) for
            all photos learned from, by cross-validation.
        kept: what the result is, in words.
    """

    def __init__(
        self,
        learner: Learner,
        settings: Settings,
        photos: Photos,
        folder: Path,
        began: float,
        taught: Taught | None = None,
    ):
        self._taught = taught
        self.learner, self.settings, self.photos, self._folder, self._began = learner, settings, photos, folder, began
        self.out_of_fold: np.ndarray | None = None
        self.kept = "all of the network, trained"
        self._before: dict[str, Tensor] | None = None

    def learn_head(self, resumed: bool) -> None:
        """Learns a linear head on the frozen backbone's features of the photos to learn from.

        Raises:
            DataError: a label has too few different photos.
        """
        parts, learner = self.photos.parts, self.learner
        self._order = self._balanced(np.random.default_rng(self.settings.seed).permutation(parts.learned).tolist())
        looked = first_decides(self._looked(resumed) if is_first() else None)
        assert looked is not None
        self._features, epochs = looked
        self.settings = replace(self.settings, epochs=epochs)
        self._order = self._order[: len(self._features)]
        if self.settings.epochs:
            held = set(parts.valid)
            self._fit_head([place for place in self._order if place not in held])
            self._before = weights_of(learner)
        else:
            self._keep_head()

    def choose(self) -> Logits:
        """Keeps what validation prefers: the head on the frozen backbone, the fine-tuned network, or one between.

        Returns:
            What the temperature and the threshold can be chosen on.
        """
        if self.out_of_fold is not None:
            return self._of_head()
        valid, mirror = self.photos.parts.valid, self.settings.mirror
        pictures, targets = self.photos.pictures(valid), self.photos.targets(valid)
        if self._before is not None and self.settings.gentle:
            share = keep_better(
                self.learner, self._before, lambda: _loss(logits_of(self.learner, pictures, False), targets)
            )
            self.kept = f"the fine-tuned network, {share:.0%} of the way from the linear head"
            if share == 0:
                print("Fine-tuning did not help: the linear head on the frozen backbone is kept.", flush=True)
                self._keep_head()
                return self._of_head()
            print(f"Validation prefers {self.kept}.", flush=True)
        return Logits(valid, logits_of(self.learner, pictures, mirror))

    def _balanced(self, places: list[int]) -> list[int]:
        """The same places, with up to `LEAST` photos of each label first: time may end before the others' turn."""
        targets = self.photos.targets(places)
        earlier = np.zeros(len(places), int)  # photos of the same label, before each
        for label in np.unique(targets):
            of_label = np.flatnonzero(targets == label)
            earlier[of_label] = np.arange(len(of_label))
        return [places[row] for row in np.argsort(np.minimum(earlier, LEAST), kind="stable")]

    def _looked(self, resumed: bool) -> tuple[np.ndarray, int]:
        """Features, and the number of epochs that there is time for: those of the run that is resumed, if they are there."""
        file, settings = self._folder / FEATURES, self.settings
        if resumed and file.is_file():
            with np.load(file) as kept:
                features, epochs = np.asarray(kept["features"], np.float32), int(kept["epochs"])
            if len(features) <= len(self._order):
                epochs = settings.epochs if settings.minutes is None else min(settings.epochs, epochs)
                if epochs:
                    print(f"Fine-tuning goes on; epochs in all: {epochs}.", flush=True)
                return features, epochs
        began = time.monotonic()
        features = self._look()
        took = time.monotonic() - began
        epochs = self._epochs_in_time(took / features[..., 0].size, len(features) == len(self._order))
        write_whole(file, lambda opened: np.savez(opened, features=features, epochs=epochs))
        return features, epochs

    def _look(self) -> np.ndarray:
        settings, seconds = self.settings, None
        if settings.minutes:
            seconds = self._left() * (SHARE_OF_FEATURES if settings.epochs else 1.0)
        pictures = self.photos.pictures(self._order)
        mirror = settings.mirror and len(pictures) < MANY
        least = LEAST * len(np.unique(self.photos.targets(self._order)))
        features = extract_features(self.learner, pictures, mirror, seconds, least)
        if len(features) < len(pictures):
            print(f"Time was short: learning from {len(features)} of {len(pictures)} photos.", flush=True)
        return features

    def _left(self) -> float:
        """Seconds."""
        assert self.settings.minutes is not None
        return max(1.0, self.settings.minutes * 60 - RESERVED - (time.monotonic() - self._began))

    def _epochs_in_time(self, look: float, whole: bool) -> int:
        """How many epochs there is time for, said in minutes.

        Args:
            look: seconds that one look at a picture takes.
            whole: whether all photos were looked at in time; else there is none for fine-tuning.
        """
        settings, parts = self.settings, self.photos.parts
        step = STEP_IN_BFLOAT16 if computes_in_bfloat16(self.learner.model) else STEP
        epoch = len(parts.train) * look * step * (settings.train_size / settings.size) ** 2 + len(parts.valid) * look
        after = (2 * len(parts.valid) + 2 * len(parts.test)) * look
        epochs = settings.epochs
        if settings.minutes is not None:
            epochs = max(0, min(epochs, int((self._left() - after) / epoch))) if whole else 0
        if epochs:
            minutes = max(1, round((epochs * epoch + after) / 60))
            print(f"Fine-tuning for {epochs} epochs, some {minutes} min.", flush=True)
        return epochs

    def _fit_head(self, places: Sequence[int]) -> np.ndarray | None:
        """Fits the head on the photos at these places; gives its out-of-fold logits."""
        rows = {place: row for row, place in enumerate(self._order)}
        samples = self.photos.samples(places)
        features = self._features[[rows[place] for place in places]]
        targets = self.photos.targets(places)
        groups = [sample.group for sample in samples]
        if self._taught:
            features, targets, groups = self._taught.beside(features, targets, groups)
        classifier = self._classifier if is_few(len(features)) else None
        head = fit_head(features, targets, groups, self.settings.seed, classifier)
        set_head(self.learner, head.weight, head.bias)
        return None if head.out_of_fold is None else head.out_of_fold[: len(places)]

    @cached_property
    def _classifier(self) -> np.ndarray | None:
        """What the pretrained network tells apart: read once, though the head may be fitted twice."""
        return pretrained_classifier(self.settings, self._features.shape[-1])

    def _keep_head(self) -> None:
        self.kept = "a linear head on the frozen backbone"
        self.out_of_fold = self._fit_head(self._order)
        if self.out_of_fold is None:
            raise DataError("A label has too few different photos to learn from some and ask the others: add more.")

    def _of_head(self) -> Logits:
        assert self.out_of_fold is not None
        own, *mirrored = np.moveaxis(self.out_of_fold, 1, 0)
        return Logits(self._order, with_mirror(own, mirrored[0], Mirror()) if mirrored else own)

    def fit_unlike(self) -> tuple[Unlike, np.ndarray]:
        """Chooses what to remember of the photos learned from, to tell what is none of the labels.

        Returns:
            That, and, where cross-validation measures, how unlike the others each photo learned from is.
        """
        seed, photos = self.settings.seed, self.photos
        if self.out_of_fold is not None:
            samples, features = photos.samples(self._order), self._features[:, 0]
            known = [row for row, sample in enumerate(samples) if sample.label != NONE]
            unlike, distances = fit_unlike(features[known], [samples[row].group for row in known], seed=seed)
            each = unlike.distances(features)
            each[known] = distances
            return unlike, each
        train, valid = (
            [place for place, sample in zip(part, photos.samples(part), strict=True) if sample.label != NONE]
            for part in (photos.parts.train, photos.parts.valid)
        )
        drawn = np.random.default_rng(seed).permutation(train)[:MOST].tolist()
        features = pooled_features(self.learner, photos.pictures(drawn))
        asked = pooled_features(self.learner, photos.pictures(valid[:: max(1, len(valid) // MOST)]))
        return fit_unlike(features, drawn, asked, seed)

    def by_content(self, unlike: np.ndarray | None) -> dict[str, Outputs]:
        """What a network says, by `Sample.content`, that has not seen the photo: its logits of shape (views, labels)."""
        assert self.out_of_fold is not None
        contents = [sample.content for sample in self.photos.samples(self._order)]
        distances = [None] * len(contents) if unlike is None else unlike
        return {
            content: Outputs(logits, distance)
            for content, logits, distance in zip(contents, self.out_of_fold, distances, strict=True)
        }


def _loss(logits: np.ndarray, targets: np.ndarray) -> float:
    """The negative log-likelihood once the temperature is right."""
    return float(log_loss(targets, softmax(logits / fit_temperature(logits, targets)), labels=range(logits.shape[1])))
