"""Photos on their way through the model, off the event loop: a bounded queue, then small batches.

A photo is decoded and its faces are cut out in one of a few threads; what is ready meanwhile goes through the network
together. Knows nothing of HTTP.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from model import Classifier, Prediction
from model.classifier import Prepared

T = TypeVar("T")
WORKERS = min(4, os.cpu_count() or 1)  # photos that are decoded and cut out at once
BATCH = 8  # photos that go through the network together


class Overloaded(Exception):
    """The queue is full: come back in a moment."""


class Abandoned(Exception):
    """Nobody waits for the answer any more."""


class Judge:
    """Answers photos, at most `most` at a time, waiting ones included. For one event loop."""

    def __init__(self, most: int):
        self.waiting = 0
        self._most = most
        self._preparing = ThreadPoolExecutor(WORKERS, "prepare")
        self._free = asyncio.Semaphore(WORKERS)
        self._thinking = ThreadPoolExecutor(1, "network")
        self._networks: dict[Classifier, _Network] = {}

    @property
    def full(self) -> bool:
        """Whether one more photo would be refused."""
        return self.waiting >= self._most

    async def predict(
        self, classifier: Classifier, photo: bytes, abandoned: Callable[[], Awaitable[bool]]
    ) -> Prediction:
        """Answer a photo.

        Args:
            classifier: whose answer it is.
            photo: the bytes of an image file.
            abandoned: asked when the photo's turn comes.

        Raises:
            Overloaded: too many photos wait already.
            Abandoned: as `abandoned` said.
            PhotoError: the photo cannot be answered.
        """
        if self.full:
            raise Overloaded
        self.waiting += 1
        try:
            async with self._free:
                if await abandoned():
                    raise Abandoned
                prepared = await self.aside(classifier.prepare, photo)
            network = self._networks.setdefault(classifier, _Network(classifier, self._thinking))
            return await network.answer(prepared)
        finally:
            self.waiting -= 1

    async def aside(self, work: Callable[..., T], *arguments: object) -> T:
        """Do something else that takes longer than a moment in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._preparing, work, *arguments)

    def close(self) -> None:
        """End the threads, once nobody waits."""
        self._preparing.shutdown()
        self._thinking.shutdown()


class _Network:
    """Runs one model's network on all photos that are ready whenever it is free."""

    def __init__(self, classifier: Classifier, thread: ThreadPoolExecutor):
        self._classifier = classifier
        self._thread = thread
        self._ready: list[tuple[Prepared, asyncio.Future[Prediction]]] = []
        self._running: asyncio.Task[None] | None = None

    async def answer(self, prepared: Prepared) -> Prediction:
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
