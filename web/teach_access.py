"""Who may teach on the page: whoever sits at this machine, or, where the operator has set a password, whoever knows it."""

import hashlib
import ipaddress
import re
import secrets
import time
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web.errors import Problem
from web.middleware import path_of
from web.rate_limit import RateLimiter, address_of
from web.settings import Settings

NAMES = {"127.0.0.1", "localhost", "[::1]"}  # of this machine; with any other, a stranger's page could speak to it
PROXIED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
COOKIE = "teacher"
SECONDS = 12 * 3600  # that a password lasts
SESSIONS = 100  # at a time; the oldest ends first
TRIES = 5  # a minute and address


class TeachAccess:
    """Lets teachers in."""

    def __init__(self, settings: Settings):
        self._password = settings.teach_password.get_secret_value()
        self._behind_proxy = settings.behind_proxy
        self._public = any((settings.behind_proxy, settings.root_path, settings.trusted_hosts, settings.webhook_url))
        self._tries = RateLimiter(TRIES, "too_many_tries", "tries")
        self._ends: dict[str, float] = {}

    def offered(self, request: Request) -> bool:
        """Whether somebody is shown that there is teaching."""
        return bool(self._password) or (not self._public and is_local(request))

    def knows_password(self, request: Request) -> bool:
        """Whether somebody may teach, of those who are shown it."""
        return not self._password or self._ends.get(request.cookies.get(COOKIE, ""), 0) > time.monotonic()

    def check(self, request: Request, anybody: bool = False) -> None:
        """Refuses whoever may not teach, and what other sites make a teacher's browser send; `anybody` needs no password.

        Raises:
            Problem: 401 or 403.
        """
        if not _from_here(request):
            raise Problem(403, "other_site", "Only the page's own requests are taken.")
        if not anybody and not self.knows_password(request):
            raise Problem(401, "password_needed", "Enter the password at /teach first.")

    async def enter(self, request: Request, password: str) -> Response:
        """Lets somebody in who knows the password.

        Raises:
            Problem: 403 or 429, it is wrong, or too many were.
        """
        await self._tries.count(address_of(request, self._behind_proxy))
        if not self._password or not secrets.compare_digest(_digest(password), _digest(self._password)):
            raise Problem(403, "wrong_password", "That is not the password.")
        token, now = secrets.token_urlsafe(32), time.monotonic()
        current = [(known, end) for known, end in self._ends.items() if end > now]
        self._ends = {**dict(current[-SESSIONS + 1 :]), token: now + SECONDS}
        response = Response(status_code=204)
        # Without a path: that is the folder of this address, wherever a proxy serves it.
        response.set_cookie(
            COOKIE, token, SECONDS, path=None, secure=self._is_https(request), httponly=True, samesite="strict"
        )
        return response

    def _is_https(self, request: Request) -> bool:
        told = request.headers.get("x-forwarded-proto", "") if self._behind_proxy else ""
        return "https" in (request.url.scheme, told)


class HiddenTeaching:
    """Middleware: makes every address of teaching one where there is nothing, for whoever is not shown it."""

    def __init__(self, app: ASGIApp, teachers: TeachAccess):
        self._app, self._teachers = app, teachers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = path_of(scope)
            if f"{path}/".startswith("/teach/") and not self._teachers.offered(Request(scope)):
                root = scope["path"].removesuffix(path)
                scope = {**scope, "path": f"{root}/nothing{path.removeprefix('/teach')}"}
        await self._app(scope, receive, send)


def is_local(request: Request) -> bool:
    """Whether a request comes from a browser on this machine, and not from a proxy on it."""
    try:
        loopback = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
    direct = request.scope.get("http_version") != "1.0" and not any(name in request.headers for name in PROXIED)
    return loopback and direct and re.sub(r":\d+$", "", request.headers.get("host", "")) in NAMES


def _from_here(request: Request) -> bool:
    """Whether the page itself sent a request, or a person's own hand."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin" or (site == "none" and request.method == "GET")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()
