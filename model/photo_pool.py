"""Runs the model off the event loop, in a few threads, each of which takes one photo at a time from bytes to answer.

The bot and the page share one `PhotoPool` where they share a process. Knows nothing of HTTP or of Telegram.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from model.classifier import Classifier
from model.image import Photo, decode
from model.prediction import Prediction

WORKERS = min(4, os.cpu_count() or 1)  # photos that are looked at at once

Result = TypeVar("Result")


class Abandoned(Exception):
    """Raised when nobody waits for the answer any more."""


class PhotoPool:
    """Predicts photos. For one event loop only.

    Args:
        workers: photos that are looked at at once.

    Attributes:
        waiting: photos that are under way or wait.
    """

    def __init__(self, workers: int | None = None):
        self.waiting = 0
        workers = workers or WORKERS
        self._threads = ThreadPoolExecutor(workers, "photo")
        self._free = asyncio.Semaphore(workers)

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
                return await self.run(classifier.predict, photo)
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
                return photo, await self.run(classifier.predict, photo)
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
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
