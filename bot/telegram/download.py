"""Downloads photos and films from Telegram into memory.

Knows nothing of what is in them.
"""

import asyncio
from collections.abc import Sequence

from telegram import Animation, Document, PhotoSize, Sticker, Video, VideoNote
from telegram.error import BadRequest, InvalidToken, NetworkError

from bot.telegram.retry import with_retries
from model.image import MAX_BYTES

ENOUGH = 640  # pixels of the long side; faces are searched at that size
PATIENCE = 600.0  # seconds that a photo is asked for
WITHIN = 60.0  # seconds that one download may take


Attachment = PhotoSize | Document | Animation | Video | VideoNote | Sticker


class DownloadError(Exception):
    """A photo that Telegram does not hand over. `problem` is the entry of `photo_error` in the texts."""

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


def best_size(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """The smallest of the sizes Telegram offers that is large enough, else the largest."""
    ordered = sorted(sizes, key=lambda size: size.width * size.height)
    return next((size for size in ordered if max(size.width, size.height) >= ENOUGH), ordered[-1])


def largest(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """The largest of the sizes Telegram offers."""
    return max(sizes, key=lambda size: size.width * size.height)


async def download(attachment: Attachment) -> bytes:
    """The file's bytes, held in memory only.

    Raises:
        DownloadError: it is larger than Telegram lets a bot download, is gone, or comes too slowly.
    """
    if (attachment.file_size or 0) > MAX_BYTES:
        raise DownloadError("too_many_bytes")
    try:
        file = await with_retries(attachment.get_file, PATIENCE)
        if (file.file_size or 0) > MAX_BYTES:
            raise DownloadError("too_many_bytes")

        async def content() -> bytearray:
            async with asyncio.timeout(WITHIN):
                return await file.download_as_bytearray()

        return bytes(await with_retries(content, PATIENCE))
    except BadRequest as error:
        raise DownloadError("too_many_bytes" if "too big" in str(error) else "gone") from None
    except (InvalidToken, NetworkError, TimeoutError):  # python-telegram-bot takes a file's 404 for a wrong token
        raise DownloadError("gone") from None
