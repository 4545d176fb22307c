"""What was taught: the features and the label of each photo, not the photo; read from and written to one file of numbers.

Nothing in the file is ever run: it is NumPy's format without pickles.
"""

import io
import json
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from model.teaching.backbone import FEATURES, SHA256

MOST_PHOTOS, MOST_LABELS, LONGEST_LABEL = 5000, 100, 64
LARGEST = 20 * 2**20  # bytes of the file, which a bot can still fetch back from Telegram


class TeachingError(ValueError):
    """What cannot be taught, or read. `problem` is its entry among the texts of teaching, with `values` for it."""

    def __init__(self, problem: str, **values: object):
        super().__init__(problem)
        self.problem, self.values = problem, values


def plain(text: str) -> str:
    """Returns a text as it is compared and kept: composed, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@dataclass(frozen=True)
class Examples:
    """Photos that were taught. Every change gives a new object, so that one can be kept before it counts.

    Attributes:
        features: of shape (photos, features), float16 unit vectors.
        labels: of each photo.
        keys: what tells each photo from the others, so that one that is taught again replaces itself.
        steps: in which step each photo came in; `undo` takes the last one back.
        messages: in the operator's chat, 0 where there is none.
        words: what is said about a label, by label and language.
        on: whether photos in the operator's chat are taught instead of answered.
    """

    features: np.ndarray = field(default_factory=lambda: np.zeros((0, FEATURES), np.float16))
    labels: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    messages: tuple[int, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    on: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def counts(self) -> Counter[str]:
        """How many photos there are of each label, in the order they were taught."""
        return Counter(self.labels)

    def add(self, label: str, photos: Sequence[tuple[str, int, np.ndarray]]) -> Self:
        """Adds photos of a label, each with its key, its message and its features; known ones get this label.

        Raises:
            TeachingError: the label is too long, or there would be too many labels or photos.
        """
        if not label or len(label) > LONGEST_LABEL:
            raise TeachingError("label_too_long", most=LONGEST_LABEL)
        new = {key: (key, message, features) for key, message, features in photos}
        kept = self._only([place for place, key in enumerate(self.keys) if key not in new])
        if len(kept) + len(new) > MOST_PHOTOS:
            raise TeachingError("too_many_photos", most=MOST_PHOTOS)
        if len({*kept.labels, label}) > MOST_LABELS:
            raise TeachingError("too_many_labels", most=MOST_LABELS)
        step = max(self.steps, default=0) + 1
        return replace(
            kept,
            features=np.concatenate([kept.features, np.stack([features for _, _, features in new.values()])]),
            labels=(*kept.labels, *[label] * len(new)),
            keys=(*kept.keys, *new),
            steps=(*kept.steps, *[step] * len(new)),
            messages=(*kept.messages, *(message for _, message, _ in new.values())),
        )

    def named(self, text: str) -> str:
        """Returns the label that a person means, whatever its capitals; where there is none yet, the text as a label."""
        label = plain(text)
        return next((known for known in self.counts if known.casefold() == label.casefold()), label)

    def undo(self) -> Self:
        """Takes back what came in last."""
        last = max(self.steps, default=0)
        return self._only([place for place, step in enumerate(self.steps) if step != last])

    def forget(self, label: str) -> Self:
        """Takes back all photos of a label, and its words."""
        words = {known: said for known, said in self.words.items() if known != label}
        return replace(self._only([place for place, known in enumerate(self.labels) if known != label]), words=words)

    def remove(self, keys: Collection[str]) -> Self:
        """Takes back single photos."""
        return self._only([place for place, key in enumerate(self.keys) if key not in keys])

    def rename(self, old: str, new: str) -> Self:
        """Gives photos of one label another, which may be there already.

        Raises:
            TeachingError: the new label is too long.
        """
        if not new or len(new) > LONGEST_LABEL:
            raise TeachingError("label_too_long", most=LONGEST_LABEL)
        words = {new if label == old else label: said for label, said in self.words.items()}
        return replace(self, labels=tuple(new if label == old else label for label in self.labels), words=words)

    def say(self, label: str, words: Mapping[str, str]) -> Self:
        """Says what a label is called, by language."""
        return replace(self, words={**self.words, label: {**self.words.get(label, {}), **words}})

    def write(self) -> bytes:
        """Returns the file."""
        told = {"labels": self.labels, "keys": self.keys, "words": self.words, "on": self.on, "backbone": SHA256}
        file = io.BytesIO()
        np.savez(
            file,
            features=self.features,
            steps=np.array(self.steps, np.int64),
            messages=np.array(self.messages, np.int64),
            told=np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), np.uint8),
        )
        return file.getvalue()

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Reads the file.

        Raises:
            TeachingError: it is damaged, is something else, or was taught to another backbone.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                if sum(part.file_size for part in packed.infolist()) > LARGEST:
                    raise TeachingError("damaged")
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                parts = {name: file[name] for name in ("features", "steps", "messages", "told")}
            told = json.loads(parts["told"].tobytes())
            examples = cls(
                parts["features"],
                tuple(map(str, told["labels"])),
                tuple(map(str, told["keys"])),
                tuple(map(int, parts["steps"])),
                tuple(map(int, parts["messages"])),
                {str(label): {str(k): str(v) for k, v in said.items()} for label, said in told["words"].items()},
                bool(told["on"]),
            )
            backbone = told["backbone"]
        except TeachingError:
            raise
        except Exception:  # whatever the readers of a damaged file raise
            raise TeachingError("damaged") from None
        lengths = {len(examples), len(examples.keys), len(examples.steps), len(examples.messages)}
        if lengths != {len(examples.features)} or examples.features.dtype != np.float16:
            raise TeachingError("damaged")
        if examples.features.shape[1:] != (FEATURES,) or not np.isfinite(examples.features).all():
            raise TeachingError("damaged")
        if len(examples) > MOST_PHOTOS or len(examples.counts) > MOST_LABELS:
            raise TeachingError("damaged")
        if backbone != SHA256:
            raise TeachingError("other_backbone")
        return examples

    def _only(self, places: Sequence[int]) -> Self:
        return replace(
            self,
            features=self.features[list(places)],
            labels=tuple(self.labels[place] for place in places),
            keys=tuple(self.keys[place] for place in places),
            steps=tuple(self.steps[place] for place in places),
            messages=tuple(self.messages[place] for place in places),
        )
