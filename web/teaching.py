"""What is taught on the page: photos are looked at, taught in steps, learned, and answered with.

Of a photo only its features are kept. Knows nothing of who may teach, or of HTML.
"""

import hashlib
import logging
from collections import OrderedDict
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field
from starlette.requests import Request

from model import Classifier, PhotoError
from model.image import decode
from model.teaching.examples import MOST_LABELS, MOST_PHOTOS, Examples, TeachingError
from model.teaching.kept_file import FileInFolder, KeepingError, NothingKept
from model.teaching.session import BY_ITSELF, TeachingSession, figures, hardest, missing
from model.teaching.taught import learnable, packed
from web.errors import Problem, of_photo
from web.languages import say
from web.rate_limit import RateLimiter, address_of
from web.service import PredictionService
from web.settings import Settings
from web.uploads import uploaded

LOOKED_AT = 1000  # photos that may wait to be taught
TIMES = 10  # as many photos a minute as of somebody who does not teach: a camera makes several a second
HARDEST = 2
log = logging.getLogger(__name__)


class Change(BaseModel):
    """A step."""

    do: Literal["add", "remove", "rename", "forget", "forget_all", "undo", "learn"]
    label: str = Field("", max_length=1000)
    to: str = Field("", max_length=1000)
    keys: list[str] = Field([], max_length=LOOKED_AT)


class TeachingService:
    """Teaches.

    Args:
        service: limits photos.
        models: is given what was learned, by the name `name`.
        settings: say where it is kept.
    """

    def __init__(self, service: PredictionService, models: dict[str, Classifier], settings: Settings):
        kept = FileInFolder(settings.state_dir) if settings.state_dir else NothingKept()
        self.lasts = settings.state_dir is not None
        self.name = "taught" if "taught" not in models else "taught-here"
        self._service, self._models, self._behind_proxy = service, models, settings.behind_proxy
        self._session = TeachingSession(kept, service.pool, self._serve)
        self._limiter = RateLimiter(TIMES * settings.requests_per_minute)
        self._looked_at: OrderedDict[str, np.ndarray] = OrderedDict()
        self._hardest: list[str] = []
        self._unread: Exception | None = None

    async def restore(self) -> None:
        """Goes on with what was taught before."""
        try:
            await self._session.restore()
        except (KeepingError, TeachingError) as error:
            self._unread = error
            log.warning("What was taught before cannot be read (%s); the page starts with nothing.", error)

    async def look(self, request: Request) -> str:
        """Computes the features of the photo in a form; returns the key to teach it by.

        Raises:
            Problem: it cannot be taken.
        """
        await self._limiter.count(address_of(request, self._behind_proxy))
        self._service.refuse_if_full()
        async with uploaded(request, self._service.memory) as upload:
            key = hashlib.sha256(upload.photo).hexdigest()[:16]
            if key not in self._looked_at:
                self._service.refuse_if_full()
                try:
                    self._looked_at[key] = await self._service.pool.in_turn(self._features, upload.photo)
                except PhotoError as error:
                    raise of_photo(error) from None
        self._looked_at.move_to_end(key)
        while len(self._looked_at) > LOOKED_AT:
            self._looked_at.popitem(last=False)
        return key

    async def change(self, step: Change) -> None:
        """Makes a step, and learns.

        Raises:
            Problem: it cannot be made, or could not be kept.
        """
        try:
            if step.do == "learn":
                await self._session.learn()
            else:
                await self._session.change(lambda examples: self._changed(examples, step), self._most(step))
        except TeachingError as error:
            detail = f"This cannot be taught ({error.problem}); {MOST_LABELS} labels and {MOST_PHOTOS} photos can."
            raise Problem(422, error.problem, detail, None, **error.values) from None
        except KeepingError as error:
            raise Problem(507, "not_kept", f"This could not be kept: {error}.", reason=str(error)) from None
        self._unread = None

    async def export(self) -> bytes:
        """Returns what was learned as a bundle in a zip.

        Raises:
            Problem: 404, nothing was learned.
        """
        if self._session.head is None:
            raise Problem(404, "not_found", "Nothing was learned yet.")
        return await self._service.pool.run(packed, self._session.examples, self._session.head)

    async def refresh(self) -> None:
        """Goes on with what the bot, or another process, was taught since."""
        try:
            await self._session.refresh()
        except (KeepingError, TeachingError) as error:
            self._unread = error

    def state(self, language: str) -> dict[str, Any]:
        """Returns what the page shows of it, in a language."""
        examples = self._session.examples
        keys: dict[str, list[str]] = {label: [] for label in examples.counts}
        for label, key in zip(examples.labels, examples.keys, strict=True):
            keys[label].append(key)
        return {
            "labels": [
                {"name": label, "count": say("teach.photos", language, count=len(known)), "keys": known}
                for label, known in keys.items()
            ],
            "said": self._said(language),
            "hardest": self._hardest if self._session.head else [],
            "learnable": learnable(examples),
            "learned": self._session.head is not None,
            "outdated": learnable(examples)
            and (not self._session.head or len(self._session.head.known) != len(examples)),
        }

    def _said(self, language: str) -> str:
        if self._unread:
            told = isinstance(self._unread, TeachingError)
            reason = say(f"teach.{self._unread}", language) if told else str(self._unread)
            return say("teach.not_restored", language, reason=reason)
        if self._session.head:
            return say("teach.learned", language, **figures(self._session.head))
        if not self._session.examples or learnable(self._session.examples):
            return ""
        key, values = missing(self._session.examples)
        return say(f"teach.{key}", language, **values)

    def _changed(self, examples: Examples, step: Change) -> Examples:
        label = examples.named(step.label)
        match step.do:
            case "add":
                photos = [(key, 0, self._looked_at[key]) for key in step.keys if key in self._looked_at]
                if not photos or len(photos) < len(set(step.keys)):
                    raise Problem(409, "photos_gone", "The photos were given up meanwhile; send them again.")
                return examples.add(label, photos)
            case "remove":
                return examples.remove(set(step.keys))
            case "rename":
                return examples.rename(label, examples.named(step.to))
            case "forget":
                return examples.forget(label)
            case "undo":
                return examples.undo()
            case _:
                return Examples(on=examples.on)

    def _most(self, step: Change) -> int | None:
        return BY_ITSELF if step.do == "add" else None

    def _features(self, photo: bytes) -> np.ndarray:
        return self._session.backbone.features(decode(photo).image)

    def _serve(self, taught: Classifier | None) -> None:
        self._models.pop(self.name, None)
        if taught and self._session.head:
            self._models[self.name] = taught
            self._hardest = [self._session.examples.keys[place] for place in hardest(self._session.head, HARDEST)]
