"""Refuses what other web sites make a browser send here, and tells the browser what the page may do."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = {"127.0.0.1", "localhost", "::1"}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """Middleware around the whole application."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if reason := _foreign(Headers(scope=scope), scope["path"]):
            body = {"ok": False, "error_code": 403, "description": f"Forbidden: {reason}"}
            await JSONResponse(body, 403)(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)


def _foreign(headers: Headers, path: str) -> str | None:
    """Why a request does not come from this machine's own page or programs; None if it does."""
    host = headers.get("host", "")
    if re.sub(r":\d+$", "", host).strip("[]") not in LOCAL:
        return f"the local chat is not called {host!r}"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"requests of {origin!r} are not taken"
    if headers.get("sec-fetch-site") in ("cross-site", "same-site") and path != "/":
        return "requests of other sites are not taken"
    return None
