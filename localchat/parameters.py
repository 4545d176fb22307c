"""Reads the parameters of a request, in any of the ways the Bot API takes them. Files stay in memory."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from localchat.errors import Refusal, bad_request

MAX_BODY = 64 * 2**20  # bytes of one request


@dataclass(frozen=True)
class Upload:
    """A file in a request."""

    data: bytes
    name: str
    mime_type: str


@dataclass(frozen=True)
class Parameters:
    """Named values, as text or as JSON values, and uploaded files in the order they came."""

    values: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, Upload]] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """A value as text."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A value as a whole number; raises `Refusal` if it is not one."""
        value = self.text(name).strip()
        try:
            return int(value) if value else default
        except ValueError:
            raise bad_request(f'invalid parameter "{name}" value specified: a number is needed') from None

    def flag(self, name: str) -> bool:
        """A value as true or false."""
        return self.text(name).strip().lower() in ("true", "1", "yes")

    def json(self, name: str, kind: type[dict[str, Any]] | type[list[Any]]) -> Any:
        """A JSON value of that kind, or None when it is absent; raises `Refusal` if it is something else."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            value = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            value = None
        if not isinstance(value, kind):
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object")
        return value

    def file(self, name: str) -> Upload | None:
        """The uploaded file with that name."""
        return next((upload for key, upload in self.files if key == name), None)


class _InMemory(MultiPartParser):
    spool_max_size = MAX_BODY  # the parser's own default writes larger files to disk


async def read_parameters(request: Request) -> Parameters:
    """Query string and body together.

    Raises:
        Refusal: the body is too large or malformed.
    """
    values: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data" or kind == "application/x-www-form-urlencoded":
        parser = _InMemory if kind.startswith("multipart") else FormParser
        try:
            form = await parser(request.headers, _limited(request)).parse()
        except MultiPartException as error:
            raise bad_request(error.message) from None
        files = []
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                mime_type = value.content_type or "application/octet-stream"
                files.append((name, Upload(await value.read(), value.filename or name, mime_type)))
            else:
                values[name] = value
        await form.close()
        return Parameters(values, files)
    body = b"".join([chunk async for chunk in _limited(request)])
    if kind == "application/json" and body:
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise bad_request("can't parse the request's JSON object")
        values |= content
    return Parameters(values)


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise Refusal(413, "Request Entity Too Large")
        yield chunk
