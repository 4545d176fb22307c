"""A course of teaching: keeps what is taught, step by step, and learns from it. Shared by the bot and the page."""

import asyncio
from collections.abc import Callable, Mapping

from model.bundle import NONE
from model.classifier import Classifier
from model.malloc import keep_freed_memory
from model.photo_pool import PhotoPool
from model.teaching.backbone import Backbone
from model.teaching.examples import Examples, TeachingError
from model.teaching.head import LEAST, Head, interval
from model.teaching.kept_file import KeepingError, KeptFile
from model.teaching.taught import learn, learnable

BY_ITSELF = 500  # photos up to which a further one is learned at once; beyond, only on demand


class TeachingSession:
    """What is taught in one process. A step counts once it is kept. For one event loop only.

    Args:
        kept: keeps it.
        pool: runs what takes time.
        serve: is given the classifier that was learned, or None when there is none any more.
        say: sentences by language in which `{name}` stands for what a label is called.

    Attributes:
        examples: what was taught.
        head: what was learned of it, None as long as that is too little.
    """

    def __init__(
        self,
        kept: KeptFile,
        pool: PhotoPool,
        serve: Callable[[Classifier | None], None],
        say: Mapping[str, str] | None = None,
    ):
        self.examples, self.backbone = Examples(), Backbone()
        self.head: Head | None = None
        self._kept, self._pool, self._serve, self._say = kept, pool, serve, say
        self._changing = asyncio.Lock()
        self._unread = False

    async def restore(self) -> None:
        """Goes on with what was taught before.

        Raises:
            KeepingError: it cannot be read.
            TeachingError: it is damaged, or of another backbone.
        """
        async with self._changing:
            try:
                if (content := await self._kept.load()) is not None:
                    self.examples = Examples.read(content)
                del content  # as much memory as the examples themselves
            except (KeepingError, TeachingError):
                self._unread = True
                raise
            await self._settle()

    async def refresh(self) -> None:
        """Goes on with what another process has kept since, if any.

        Raises:
            KeepingError: it cannot be read.
            TeachingError: it is damaged, or of another backbone.
        """
        async with self._changing:
            if await self._is_older():
                await self._settle()

    async def change(self, change: Callable[[Examples], Examples], most: int | None = None) -> bool:
        """Makes a step, keeps it, and learns; returns whether it has learned.

        Args:
            change: makes the step.
            most: photos beyond which nothing is learned, and what was learned before goes on answering.

        Raises:
            TeachingError: the step cannot be made.
            KeepingError: it could not be kept.
        """
        async with self._changing:
            await self._is_older()
            changed = change(self.examples)
            if self._unread:
                await self._kept.set_aside()
            await self._kept.save(changed.write())
            self.examples, self._unread = changed, False
            return await self._settle(most)

    async def learn(self) -> bool:
        """Learns now; returns whether there was enough for it.

        Raises:
            KeepingError: what another process has kept since cannot be read.
            TeachingError: it is damaged, or of another backbone.
        """
        async with self._changing:
            await self._is_older()
            return await self._settle()

    async def _is_older(self) -> bool:
        """Takes what another process has kept since; returns whether there was any."""
        newer = await self._kept.newer()
        if newer is None:
            return False
        try:
            self.examples = Examples.read(newer)
        except TeachingError:
            self._unread = True
            raise
        return True

    async def _settle(self, most: int | None = None) -> bool:
        """Learns what there is, if that is enough; returns whether it did."""
        if not learnable(self.examples):
            if self.head is not None:
                self.head = None
                self._serve(None)
            return False
        if most is not None and len(self.examples) > most:
            return False
        classifier, self.head = await self._pool.run(learn, self.examples, self.backbone, self._say)
        self._serve(classifier)
        keep_freed_memory()  # learning takes 40 MB for a moment
        return True


def missing(examples: Examples) -> tuple[str, dict[str, object]]:
    """Says what would help most, where too little was taught: the entry among the texts of teaching, and its values."""
    few = [(count, label) for label, count in examples.counts.items() if count < LEAST and label != NONE]
    if len(examples.counts.keys() - {NONE}) < 2:
        return "one_more_label", {}
    count, label = min(few)
    return "needs_more", {"label": label, "least": LEAST, "count": LEAST - count}


def figures(head: Head) -> dict[str, object]:
    """Returns how right a head is on photos that it had not learned from, with the 95% interval, in percent."""
    right, photos = int(head.right.sum()), len(head.right)
    low, high = (round(end * 100) for end in interval(right, photos))
    return {
        "labels": len(head.labels),
        "photos": photos,
        "percent": round(right / photos * 100),
        "low": low,
        "high": high,
    }


def hardest(head: Head, most: int) -> list[int]:
    """Returns the places of the photos that a head finds hardest, first the hardest."""
    return sorted(range(len(head.doubt)), key=lambda place: -head.doubt[place])[:most]
