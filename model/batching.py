"""Runs the model off the event loop: photos are decoded in a few threads and classified in small batches.

The bot and the page share one `Batcher` where they share a process. Knows nothing of HTTP or of Telegram.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from model.classifier import Classifier, Prepared
from model.image import Photo, decode
from model.prediction import Prediction

WORKERS = min(4, os.cpu_count() or 1)  # photos that are prepared at once
BATCH = 8  # photos that go through the network together

Result = TypeVar("Result")


class Abandoned(Exception):
    """Raised when nobody waits for the answer any more."""


class Batcher:
    """Predicts photos. For one event loop only.

    Args:
        workers: photos that are prepared at once.

    Attributes:
        waiting: photos that are under way or wait.
    """

    def __init__(self, workers: int | None = None):
        self.waiting = 0
        workers = workers or WORKERS
        self._workers = ThreadPoolExecutor(workers, "photo")
        self._free = asyncio.Semaphore(workers)
        self._network_thread = ThreadPoolExecutor(1, "network")
        self._networks: dict[Classifier, _Network] = {}

    async def predict(
        self,
        classifier: Classifier,
        photo: bytes | Photo,
        abandoned: Callable[[], Awaitable[bool]] | None = None,
    ) -> Prediction:
        """Predicts a photo.

        Args:
            classifier: predicts it.
            photo: the bytes of an image file, or what `model.image.decode` made of it.
            abandoned: asked when the photo's turn comes.

        Raises:
            Abandoned: as `abandoned` said.
            PhotoError: the photo cannot be decoded.
        """
        self.waiting += 1
        try:
            async with self._free:
                if abandoned and await abandoned():
                    raise Abandoned
                prepared = await self.run(classifier.prepare, photo)
            return await self._network(classifier).predict(prepared)
        finally:
            self.waiting -= 1

    async def decode_and_predict(self, classifier: Classifier, data: bytes) -> tuple[Photo, Prediction]:
        """Predicts a photo and returns it decoded as well; until its turn comes, only the bytes of its file are held.

        Raises:
            PhotoError: the photo cannot be decoded.
        """
        self.waiting += 1
        try:
            async with self._free:
                photo = await self.run(decode, data)
                prepared = await self.run(classifier.prepare, photo)
            return photo, await self._network(classifier).predict(prepared)
        finally:
            self.waiting -= 1

    async def in_turn(self, work: Callable[[bytes], Result], photo: bytes) -> Result:
        """Runs other work on a photo, in one queue with those that are predicted."""
        self.waiting += 1
        try:
            async with self._free:
                return await self.run(work, photo)
        finally:
            self.waiting -= 1

    async def run(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Runs other work that takes longer than a moment in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, work, *arguments)

    def _network(self, classifier: Classifier) -> "_Network":
        for known in [known for known, network in self._networks.items() if network.idle]:
            del self._networks[known]  # else what was taught before would never be freed
        return self._networks.setdefault(classifier, _Network(classifier, self._network_thread))


class _Network:
    """Runs one model's network on all photos that are ready whenever it is free."""

    def __init__(self, classifier: Classifier, thread: ThreadPoolExecutor):
        self._classifier = classifier
        self._thread = thread
        self._ready: list[tuple[Prepared, asyncio.Future[Prediction]]] = []
        self._running: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        return self._running is None

    async def predict(self, prepared: Prepared) -> Prediction:
        answer: asyncio.Future[Prediction] = asyncio.get_running_loop().create_future()
        self._ready.append((prepared, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        while self._ready:
            batch, self._ready = self._ready[:BATCH], self._ready[BATCH:]
            photos = [prepared for prepared, _ in batch]
            loop = asyncio.get_running_loop()
            try:
                answers = await loop.run_in_executor(self._thread, self._classifier.answer, photos)
            except Exception as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for (_, answer), prediction in zip(batch, answers, strict=True):
                if not answer.done():
                    answer.set_result(prediction)
        self._running = None
