"""The line between a bot and the stand-in, which breaks where `Faults` says so. The people's side never breaks."""

import asyncio
import re
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localchat.errors import refused
from localchat.faults import FILES, Fault
from localchat.telegram import Telegram

METHOD = re.compile(r"^/bot[^/]+/(\w+)$")
PIECES = 10  # of a slow answer


class Line:
    """Middleware around the whole application."""

    def __init__(self, app: ASGIApp, telegram: Telegram):
        self._app, self._telegram = app, telegram

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = _method(scope["path"]) if scope["type"] == "http" else None
        if method is None:
            await self._app(scope, receive, send)
        elif fault := self._telegram.faults.strike(method):
            await self._fail(fault, scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def unless_down(message: Message) -> None:
            if self._telegram.faults.down:  # a poll that was waiting when the line broke
                await _cut(receive)
            else:
                await send(message)

        await self._app(scope, receive, unless_down)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "refuse" and fault.refusal:
            body = refused(fault.refusal)
            await JSONResponse(body, fault.refusal.status)(scope, receive, send)
        elif fault.kind == "slow":
            await self._app(scope, receive, _slowed(send, fault))
        else:
            if fault.kind == "lose":
                await self._app(scope, receive, _swallow)
            elif fault.kind == "hang":
                await self._telegram.bell.wait_until(lambda: False)
            await _cut(receive)


def _method(path: str) -> str | None:
    """The method that a bot calls, FILES for a download, None for what people ask for."""
    if path.startswith("/file/"):
        return FILES
    found = METHOD.match(path)
    return found[1] if found else None


async def _cut(receive: Any) -> None:
    """End the connection in the middle, as a broken network does; ASGI has no word for it, uvicorn's transport has."""
    receive.__self__.transport.abort()
    await asyncio.sleep(0)  # uvicorn hears of it


async def _swallow(message: Message) -> None:
    """Send nothing."""


def _slowed(send: Send, fault: Fault) -> Send:
    async def slowly(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        body = message["body"]
        step = max(1, -(-len(body) // PIECES))
        for start in range(0, len(body), step):
            await asyncio.sleep(fault.seconds / PIECES)
            await send({**message, "body": body[start : start + step], "more_body": True})
        await send({**message, "body": b""})

    return slowly
