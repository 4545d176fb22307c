"""Refuses what other web sites make a browser send to the page, and tells the browser what the page may do."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = {"127.0.0.1", "localhost", "[::1]"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
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

        reason = foreign(Headers(scope=scope), scope["method"])
        app = PlainTextResponse(f"Forbidden: {reason}", 403) if reason else self._app
        await app(scope, receive, send_with_headers)


def foreign(headers: Headers, method: str) -> str | None:
    """Why a request does not come from the page itself; None if it does."""
    host = headers.get("host", "")
    if re.sub(r":\d+$", "", host) not in LOCAL:
        return f"this page is not called {host!r}"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"requests of {origin!r} are not taken"
    if method != "GET" and headers.get("content-type") != "application/json":
        return "only this page's own requests are taken"  # JSON is what no form of another site can send
    if method != "GET" and headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "requests of other sites are not taken"
    return None
