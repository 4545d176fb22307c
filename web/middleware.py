"""Around every request: which hosts it may be for, what the browser may do with the answer, and its count."""

import logging
import re
import time
from http import HTTPStatus

from prometheus_client import Counter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import Problem

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
REQUESTS = Counter("web_requests", "Requests to the page and the API.", ["method", "path", "status"])
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
log = logging.getLogger("web")


class Guard:
    """Middleware around the whole application.

    Args:
        app: what is guarded.
        hosts: names by which it may be asked, such as "example.org" or "*.example.org"; none allow every name.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] = ()):
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            if self._knows(Headers(scope=scope).get("host", "")) or scope["path"] == "/healthz":
                await self._app(scope, receive, send_with_headers)
            else:
                problem = Problem(400, "unknown_host", "This server does not answer for that host name.")
                await problem.as_response()(scope, receive, send_with_headers)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            path = _template(scope)
            REQUESTS.labels(method, path, status).inc()
            took = (time.perf_counter() - started) * 1000
            log.debug("%s %s: %d %s, %.0f ms", method, path, status, HTTPStatus(status).phrase, took)

    def _knows(self, host: str) -> bool:
        name = re.sub(r":\d+$", "", host).lower()
        return not self._hosts or any(
            name == known or (known.startswith("*.") and name.endswith(known[1:])) for known in self._hosts
        )


def _template(scope: Scope) -> str:
    """A request's path as it stands in the code, so that strangers cannot make up new ones."""
    path = getattr(scope.get("route"), "path", None)
    if path:
        return str(path)
    return "/static" if scope["path"].startswith("/static/") else "other"
