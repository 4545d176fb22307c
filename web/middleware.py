"""Checks which host a request is for, tells the browser what it may do with the answer, and counts it."""

import logging
import re
import time
from http import HTTPStatus

from prometheus_client import Counter
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; "
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
PHOTOS = {("POST", "/"), ("POST", "/api/predict"), ("GET", "/api/predict")}
PREFIX = re.compile(r"(/[\w.~-]+)+/?")
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
log = logging.getLogger(__name__)


class TrustedHosts(TrustedHostMiddleware):
    """Starlette's check of host names; monitors may ask for `/healthz` by any name."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and path_of(scope) == "/healthz":
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class BelowPath:
    """Makes the application answer below a path: ROOT_PATH, or what a trusted proxy says in X-Forwarded-Prefix.

    It makes no difference whether the proxy takes the path away before it passes a request on.
    """

    def __init__(self, app: ASGIApp, root_path: str, behind_proxy: bool):
        self._app, self._root_path, self._behind_proxy = app, root_path, behind_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (root := self._root(scope)):
            if scope["path"] == root:  # where relative addresses would lead to the path above
                await RedirectResponse(f"{root}/", 308)(scope, receive, send)
                return
            if not scope["path"].startswith(f"{root}/"):
                scope["path"] = root + scope["path"]
            scope["root_path"] = root
        await self._app(scope, receive, send)

    def _root(self, scope: Scope) -> str:
        told = Headers(scope=scope).get("x-forwarded-prefix", "") if self._behind_proxy else ""
        return self._root_path or (told.rstrip("/") if PREFIX.fullmatch(told) else "")


def path_of(scope: Scope) -> str:
    """The path of a request below the path where the application is served."""
    root = scope.get("app_root_path", scope.get("root_path", ""))
    return scope["path"].removeprefix(root) or "/"


class SecurityHeaders:
    """Middleware around the whole application: adds headers to every answer, counts it, and logs a line for each photo."""

    def __init__(self, app: ASGIApp):
        self._app = app

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
            await self._app(scope, receive, send_with_headers)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            path = _template(scope)
            REQUESTS.labels(method, path, status).inc()
            took = (time.perf_counter() - started) * 1000
            log.debug("%s %s: %d %s, %.0f ms", method, path, status, HTTPStatus(status).phrase, took)
            if (method, path) in PHOTOS:
                outcome = scope.get("state", {}).get("outcome", HTTPStatus(status).phrase)
                log.info("Photo: %s, %.0f ms", outcome.replace("_", " "), took)


def _template(scope: Scope) -> str:
    """A request's path as it stands in the code, so that strangers cannot make up new ones."""
    path = getattr(scope.get("route"), "path", None)
    if path:
        return str(path)
    return "/static" if path_of(scope).startswith("/static/") else "other"
