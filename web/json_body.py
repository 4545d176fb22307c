"""Reads the JSON that a script of the page sends."""

import asyncio
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from web.errors import Problem
from web.uploads import SECONDS

MAX_JSON = 64 * 2**10  # bytes
Model = TypeVar("Model", bound=BaseModel)


async def json_body(request: Request, model: type[Model]) -> Model:
    """What a request's JSON says, of which no more is read than is allowed.

    Raises:
        Problem: it is no such JSON, or too large or slow.
    """
    if request.headers.get("content-type") != "application/json":  # which no form of another site can send
        raise Problem(415, "invalid", "Send application/json.")
    body = b""
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_JSON:
                    raise Problem(413, "invalid", f"At most {MAX_JSON >> 10} kB are read.")
    except TimeoutError:
        raise Problem(408, "too_slow", "The request did not arrive in time; try again.") from None
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Problem(422, "invalid", f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}.") from None
