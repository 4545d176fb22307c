"""Remembers which photos were answered, so that editing a caption gets no second answer.

Telegram tells of an edit without saying what was changed. Memory only: after a restart, an edited message counts as new,
because an answer that comes twice is better than none. Knows nothing of what is answered.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from telegram import Message

REMEMBERED = 10_000  # messages


class AnsweredPhotos:
    """The photos that this process has answered. For one event loop only."""

    def __init__(self) -> None:
        self._photos: OrderedDict[tuple[int, int], str] = OrderedDict()

    @contextmanager
    def remembered(self, messages: Sequence[Message]) -> Iterator[None]:
        """Count the photos of messages as answered, unless the block fails."""
        for message in messages:
            self._photos[_key(message)] = _photo(message)
            self._photos.move_to_end(_key(message))
        while len(self._photos) > REMEMBERED:
            self._photos.popitem(last=False)
        try:
            yield
        except BaseException:
            for message in messages:
                self._photos.pop(_key(message), None)
            raise

    def knows(self, message: Message) -> bool:
        """Whether the photo of a message was answered."""
        return self._photos.get(_key(message)) == _photo(message)


def _key(message: Message) -> tuple[int, int]:
    return message.chat_id, message.message_id


def _photo(message: Message) -> str:
    attachment = message.photo[-1] if message.photo else message.document
    return attachment.file_unique_id if attachment else ""
