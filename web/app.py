"""The application: the page, the API, its documentation and the counts, on one set of models."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.staticfiles import StaticFiles

from model.photo_pool import PhotoPool
from web.api import api_router
from web.errors import Problem
from web.feedback import Feedback
from web.live import LiveCamera
from web.middleware import HEADERS, BelowPath, SecurityHeaders, TrustedHosts, path_of
from web.models import Models
from web.openapi import documentation, with_problem_details
from web.page import Page
from web.service import PredictionService
from web.settings import Settings
from web.teach_access import HiddenTeaching, TeachAccess
from web.teach_page import TeachPage
from web.teaching import TeachingService

TYPES = {  # the system's table may hold others
    ".css": "text/css",
    ".js": "text/javascript",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
STATIC = Path(__file__).parent / "static"
log = logging.getLogger(__name__)


def create_app(models: Models, settings: Settings, pool: PhotoPool | None = None) -> FastAPI:
    """The application.

    Args:
        models: what is served, by name; the first answers photos that name none.
        settings: limits, and who may ask.
        pool: runs the models; by default the application's own.
    """
    served = dict(models)
    service = PredictionService(served, settings, pool or PhotoPool())
    teachers, teaching = TeachAccess(settings), TeachingService(service, served, settings)
    page = Page(service, teachers)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await teaching.restore()
        yield

    app = FastAPI(
        title="Photo bot",
        summary="Classifies the photos you send",
        version="1",
        servers=[{"url": "."}],  # where the document is, whatever path a visitor claims
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.include_router(page.router())
    app.include_router(LiveCamera(page, service, settings).router())
    app.include_router(Feedback(service, settings).router())
    app.include_router(TeachPage(page, teaching, teachers).router())
    app.include_router(api_router(service, settings.allow_url))
    app.include_router(documentation(app))
    app.add_api_route("/metrics", _metrics, include_in_schema=False)
    app.mount("/static", _Static(directory=STATIC))
    app.openapi = with_problem_details(app.openapi, served)  # type: ignore[method-assign]
    app.add_middleware(HiddenTeaching, teachers=teachers)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=["GET", "POST"])
    if settings.trusted_hosts:
        app.add_middleware(TrustedHosts, allowed_hosts=settings.trusted_hosts, www_redirect=False)
    if settings.root_path or settings.behind_proxy:
        app.add_middleware(BelowPath, root_path=settings.root_path, behind_proxy=settings.behind_proxy)
    app.add_middleware(SecurityHeaders)
    _explain_errors(app, page)
    return app


def _explain_errors(app: FastAPI, page: Page) -> None:
    def answer(request: Request, problem: Problem) -> Response:
        request.state.outcome = problem.code
        if _is_for_people(request):
            return page.explain(request, problem)
        return problem.as_response()

    @app.exception_handler(Problem)
    async def refused(request: Request, problem: Problem) -> Response:
        return answer(request, problem)

    @app.exception_handler(HTTPException)
    async def no_such_address(request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        code = phrase.lower().replace(" ", "_")
        detail = {
            404: "There is nothing at this address; /docs lists what there is.",
            405: f"{request.method} cannot be used at this address; /docs says what can.",
        }.get(error.status_code, str(error.detail))
        headers = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else {}
        return answer(request, Problem(error.status_code, code, detail, headers))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        detail = f"{first['loc'][-1]}: {first['msg']}."
        return answer(request, Problem(422, "invalid", detail))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        request.state.outcome = "disconnected"
        return Response(status_code=400)  # nobody is there to read it

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        response = answer(request, Problem(500, "unexpected", "Something went wrong here; try again in a moment."))
        response.headers.update(HEADERS)  # this answer does not pass the middleware
        return response


def _is_for_people(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not path_of(request.scope).startswith("/api/")


def _methods(request: Request) -> list[str]:
    """What can be used at a request's address; the router itself names the methods of one route only."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in routes for method in getattr(route, "methods", None) or ()})


async def _metrics() -> Response:
    """What Prometheus reads."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class _Static(StaticFiles):
    """The page's files, which a browser asks for anew after an upgrade."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Content-Type"] = TYPES[Path(arguments[0]).suffix]
        return response
