"""The addresses of teaching: its page, and what the page's script asks for."""

import asyncio
from typing import TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import JSONResponse, Response

from model.teaching.head import LEAST
from web.errors import Problem
from web.page import Page, language_for
from web.teach_access import TeachAccess
from web.teaching import Change, TeachingService
from web.uploads import SECONDS

MAX_JSON = 64 * 2**10  # bytes
Model = TypeVar("Model", bound=BaseModel)


class Password(BaseModel):
    """What somebody enters."""

    password: str = Field(max_length=1000)


class TeachPage:
    """Teaching, for those who may. For others there is nothing at its addresses."""

    def __init__(self, page: Page, teaching: TeachingService, teachers: TeachAccess):
        self._page, self._teaching, self._teachers = page, teaching, teachers

    def router(self) -> APIRouter:
        """Its addresses, which are no part of the API."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/teach", self.show, methods=["GET"])
        router.add_api_route("/teach/password", self.enter, methods=["POST"])
        router.add_api_route("/teach/state", self.state, methods=["GET"])
        router.add_api_route("/teach/photo", self.look, methods=["POST"])
        router.add_api_route("/teach/change", self.change, methods=["POST"])
        router.add_api_route("/teach/taught.zip", self.export, methods=["GET"])
        return router

    async def show(self, request: Request) -> Response:
        """The page, or the form for the password."""
        known = self._teachers.knows_password(request)
        told = {"known": known, "lasts": self._teaching.lasts, "name": self._teaching.name, "least": LEAST}
        return self._page.draw(request, "teach.html", 200, here="teach", **told)

    async def enter(self, request: Request) -> Response:
        """Takes a password."""
        self._teachers.check(request, anybody=True)
        return await self._teachers.enter(request, (await _body(request, Password)).password)

    async def state(self, request: Request) -> Response:
        """What is taught."""
        self._teachers.check(request)
        await self._teaching.refresh()
        return JSONResponse(self._teaching.state(language_for(request)), headers={"Cache-Control": "no-store"})

    async def look(self, request: Request) -> Response:
        """Takes a photo, which is not taught before a step says of what it is."""
        self._teachers.check(request)
        return JSONResponse({"key": await self._teaching.look(request)})

    async def change(self, request: Request) -> Response:
        """Makes a step; returns what is taught then."""
        self._teachers.check(request)
        await self._teaching.change(await _body(request, Change))
        return await self.state(request)

    async def export(self, request: Request) -> Response:
        """What was taught, as a bundle."""
        self._teachers.check(request)
        headers = {"Content-Disposition": 'attachment; filename="taught.zip"', "Cache-Control": "no-store"}
        return Response(await self._teaching.export(), media_type="application/zip", headers=headers)


async def _body(request: Request, model: type[Model]) -> Model:
    """What a request's JSON says, of which no more is read than is allowed.

    Raises:
        Problem: it is no such JSON, or too large or slow.
    """
    if request.headers.get("content-type") != "application/json":  # which no form of another site can send
        raise Problem(415, "invalid", "Send application/json.")
    body = b""
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_JSON:
                    raise Problem(413, "invalid", f"At most {MAX_JSON >> 10} kB are read.")
    except TimeoutError:
        raise Problem(408, "too_slow", "The request did not arrive in time; try again.") from None
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Problem(422, "invalid", f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}.") from None
