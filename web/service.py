"""Limits, classifies and times each photo, whichever way it arrived.

Shared by the page and the API; knows nothing of how an answer is shown.
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from prometheus_client import Gauge
from starlette.requests import Request

from model import Classifier, PhotoError, Prediction
from model.metrics import Metrics
from model.photo_pool import Abandoned, PhotoPool
from web.errors import of_photo, overloaded, unknown_model
from web.models import Models
from web.rate_limit import MemoryBudget, RateLimiter, address_of
from web.settings import Settings
from web.uploads import Upload, uploaded

MEMORY = 128 * 2**20  # bytes of photos held at a time
WAITING = Gauge("photo_queue", "Photos being looked at or waiting for it.")


@dataclass(frozen=True)
class ClassifiedPhoto:
    """A photo and its prediction."""

    upload: Upload
    model: str
    classifier: Classifier
    prediction: Prediction
    milliseconds: float


class PredictionService:
    """Classifies uploaded photos.

    Attributes:
        models: what is served, by name.
        pool: runs the models; shared with the bot where that runs here too.
        memory: what the photos in it take.
    """

    def __init__(self, models: Models, settings: Settings, pool: PhotoPool):
        self.models = models
        self.pool = pool
        self._max_queue = settings.max_queue
        self.memory = MemoryBudget(MEMORY)
        self._rate_limiter = RateLimiter(settings.requests_per_minute)
        self._behind_proxy = settings.behind_proxy
        WAITING.set_function(lambda: self.pool.waiting)

    async def admit(self, request: Request) -> None:
        """Checks the limits before reading the photo.

        Raises:
            Problem: 429 or 503, this photo is not taken.
        """
        await self._rate_limiter.count(address_of(request, self._behind_proxy))
        self.refuse_if_full()

    @asynccontextmanager
    async def answered(self, request: Request) -> AsyncIterator[ClassifiedPhoto]:
        """Classifies the photo in a form, and holds it until the block ends.

        Raises:
            Problem: it cannot be taken or answered.
        """
        await self.admit(request)
        async with uploaded(request, self.memory) as upload:
            yield await self.classified(request, upload)

    async def classified(self, request: Request, upload: Upload) -> ClassifiedPhoto:
        """Classifies a photo that has been read.

        Raises:
            Problem: it cannot be answered.
        """
        name, classifier = self.model(upload.model)
        self.refuse_if_full()
        started, metrics = time.perf_counter(), Metrics(name)
        with photo_problems(), metrics.problems():
            prediction = await self.pool.predict(classifier, upload.photo, request.is_disconnected)
        milliseconds = (time.perf_counter() - started) * 1000
        metrics.answer(prediction, milliseconds)
        request.state.outcome = _outcome(prediction)
        return ClassifiedPhoto(upload, name, classifier, prediction, milliseconds)

    def model(self, name: str) -> tuple[str, Classifier]:
        """Looks a model up by name; "" is the first.

        Raises:
            Problem: 404, there is none of that name.
        """
        if not name:
            return next(iter(self.models.items()))
        if name not in self.models:
            raise unknown_model(name, list(self.models))
        return name, self.models[name]

    def refuse_if_full(self) -> None:
        """Refuses a photo where too many wait.

        Raises:
            Problem: 503.
        """
        if self.pool.waiting >= self._max_queue:
            raise overloaded()


@contextmanager
def photo_problems() -> Iterator[None]:
    """Turns what keeps a photo from being predicted into a `Problem`."""
    try:
        yield
    except PhotoError as error:
        raise of_photo(error) from None
    except Abandoned:
        raise overloaded() from None


def _outcome(prediction: Prediction) -> str:
    """For the log, without anything about a person."""
    if prediction.whole:
        return "whole photo"
    count = len(prediction.faces)
    return "no face" if count == 0 else f"{count} face{'s' if count > 1 else ''}"
