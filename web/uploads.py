"""Reads a photo from a form while it arrives. Everything stays in memory, and no more of it than is allowed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from model.image import MAX_BYTES
from web.errors import HANG_UP, Problem, too_many_bytes
from web.rate_limit import MemoryBudget

SECONDS = 30  # for a whole upload
AROUND = 64 * 2**10  # bytes of a form around its photo
MAX_BODY = MAX_BYTES + AROUND
POLITE = 4 * MAX_BODY  # announced bytes that the server lets come and forgets: browsers read no answer before the end


@dataclass(frozen=True)
class Upload:
    """A photo that was sent, what its sender calls it, and the name of the model it is for, "" for any."""

    photo: bytes
    name: str
    model: str


class _InMemory(MultiPartParser):
    spool_max_size = MAX_BODY + 1  # else larger files would be written to the disk


@asynccontextmanager
async def uploaded(request: Request, memory: MemoryBudget) -> AsyncIterator[Upload]:
    """The photo in a multipart form with the fields `photo` and `model`, whose memory is held until the block ends.

    Raises:
        Problem: it is too large or too slow, is no such form, or there is no memory left for it.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Problem(415, "not_a_form", "Send the photo as multipart/form-data, in the field 'photo'.")
    held = 0

    async def chunks() -> AsyncGenerator[bytes, None]:
        nonlocal held
        announced = int(request.headers.get("content-length", "0"))
        if announced > MAX_BODY:
            raise too_many_bytes(MAX_BYTES, hang_up=announced > POLITE)
        async for chunk in request.stream():
            memory.take(len(chunk))
            held += len(chunk)
            if held > MAX_BODY:
                raise too_many_bytes(MAX_BYTES, hang_up=True)
            yield chunk

    try:
        yield await _read(request, chunks())
    finally:
        memory.give_back(held)


async def _read(request: Request, chunks: AsyncGenerator[bytes, None]) -> Upload:
    try:
        async with asyncio.timeout(SECONDS):
            form = await _InMemory(request.headers, chunks, max_files=1, max_fields=4).parse()
    except TimeoutError:
        detail = f"The photo did not arrive within {SECONDS} s; try again."
        raise Problem(408, "too_slow", detail, HANG_UP) from None
    except MultiPartException as error:
        raise Problem(400, "bad_form", f"The form cannot be read: {error.message.rstrip('.')}.") from None
    try:
        photo, model = form.get("photo"), form.get("model") or ""
        if not isinstance(photo, UploadFile) or not (photo.filename or photo.size):
            raise Problem(422, "no_photo", "There is no photo in the form; send one in the field 'photo'.")
        return Upload(await photo.read(), photo.filename or "photo", model if isinstance(model, str) else "")
    finally:
        await form.close()
