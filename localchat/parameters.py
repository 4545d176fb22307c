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

    def seconds(self, name: str, default: float, most: float) -> float:
        """A value as a time in seconds from 0 to `most`; raises `Refusal` if it is not a number."""
        try:
            return min(most, max(0.0, float(self.text(name) or default)))
        except ValueError:
            raise bad_request(f'invalid parameter "{name}" value specified: a number is needed') from None

    def mapping(self, name: str) -> dict[str, Any]:
        """A JSON object, empty when it is absent; raises `Refusal` if it is something else."""
        value = self._json(name, {})
        if not isinstance(value, dict):
            raise _not_json(name)
        return value

    def texts(self, name: str) -> list[str] | None:
        """A JSON array of strings, None when it is absent; raises `Refusal` if it is something else."""
        value = self._json(name, None)
        if value is not None and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            raise _not_json(name)
        return value

    def mappings(self, name: str) -> list[dict[str, Any]]:
        """A JSON array of objects, empty when it is absent; raises `Refusal` if it is something else."""
        value = self._json(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise _not_json(name)
        return value

    def _json(self, name: str, default: Any) -> Any:
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return _loads(value) if isinstance(value, str) else value
        except ValueError:
            raise _not_json(name) from None

    def file(self, name: str) -> Upload | None:
        """The uploaded file with that name."""
        return next((upload for key, upload in self.files if key == name), None)


def _loads(source: str | bytes) -> Any:
    value = json.loads(source)
    json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text; this raises ValueError
    return value


def _not_json(name: str) -> Refusal:
    return bad_request(f"can't parse {name.replace('_', ' ')} JSON object")


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
            content = _loads(body)
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
