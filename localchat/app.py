"""The application: the Bot API for a bot, the people's side for the page, and the page itself."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from localchat import people
from localchat.errors import Refusal, refused
from localchat.guard import Guard
from localchat.line import Line
from localchat.methods import METHODS
from localchat.parameters import read_parameters
from localchat.telegram import Telegram

PAGE = Path(__file__).parent / "page"
TYPES = {  # the system's table may hold others, which a browser does not run
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def create_app(telegram: Telegram) -> Starlette:
    """The application on a state of its own."""

    async def call(request: Request) -> Response:
        try:
            _check_token(telegram, request)
            method = METHODS.get(request.path_params["method"].lower())
            if method is None:
                raise Refusal(404, "Not Found: method not found")
            return JSONResponse({"ok": True, "result": await method(telegram, await read_parameters(request))})
        except ClientDisconnect:
            return _refused(Refusal(400, "Bad Request: the request is incomplete"))  # which nobody reads
        except Refusal as refusal:
            return _refused(refusal)

    async def download(request: Request) -> Response:
        try:
            _check_token(telegram, request)
            file = telegram.files.at(request.path_params["path"])
            if file is None:
                raise Refusal(404, "Not Found")
            return Response(file.data, media_type="application/octet-stream")
        except Refusal as refusal:
            return _refused(refusal)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(telegram.webhook.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return Starlette(
        routes=[
            Route("/bot{token}/{method}", call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", download, methods=["GET"]),
            *people.routes(telegram),
            Mount("/", _Page(directory=PAGE, html=True)),
        ],
        middleware=[Middleware(Guard), Middleware(Line, telegram=telegram)],
        exception_handlers={404: _not_found, 405: _not_found, ClientDisconnect: _gone},
        lifespan=lifespan,
    )


class _Page(StaticFiles):
    """The page's files, which a browser asks for anew after an upgrade."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = "no-cache"
        if kind := TYPES.get(Path(arguments[0]).suffix):
            response.headers["Content-Type"] = kind
        return response


def _check_token(telegram: Telegram, request: Request) -> None:
    if not secrets.compare_digest(request.path_params["token"].encode(), telegram.token.encode()):
        raise Refusal(401, "Unauthorized")


def _refused(refusal: Refusal) -> Response:
    return JSONResponse(refused(refusal), refusal.status)


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it


async def _not_found(request: Request, error: Exception) -> Response:
    return _refused(Refusal(404, "Not Found"))
