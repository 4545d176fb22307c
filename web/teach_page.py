"""The addresses of teaching: its page, and what the page's script asks for."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from model.teaching.head import LEAST
from web.json_body import json_body
from web.page import Page, language_for
from web.teach_access import TeachAccess
from web.teaching import Change, TeachingService


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
        return await self._teachers.enter(request, (await json_body(request, Password)).password)

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
        await self._teaching.change(await json_body(request, Change))
        return await self.state(request)

    async def export(self, request: Request) -> Response:
        """What was taught, as a bundle."""
        self._teachers.check(request)
        headers = {"Content-Disposition": 'attachment; filename="taught.zip"', "Cache-Control": "no-store"}
        return Response(await self._teaching.export(), media_type="application/zip", headers=headers)
