"""Counts what people say of an answer, right or wrong, as the bot does. Only the label comes with it, no photo."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from model.bundle import NO_FACE, NONE
from model.metrics import Metrics
from web.errors import Problem
from web.json_body import json_body
from web.rate_limit import RateLimiter, address_of
from web.service import PredictionService
from web.settings import Settings


class Said(BaseModel):
    """What somebody says of an answer."""

    model: str = Field(max_length=1000)
    label: str = Field(max_length=1000)
    said: Literal["right", "wrong"]


class Feedback:
    """Takes what people say of answers."""

    def __init__(self, service: PredictionService, settings: Settings):
        self._service, self._behind_proxy = service, settings.behind_proxy
        self._rate_limiter = RateLimiter(settings.requests_per_minute, what="clicks")

    def router(self) -> APIRouter:
        """Its address, which is no part of the API."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/feedback", self.take, methods=["POST"])
        return router

    async def take(self, request: Request) -> Response:
        """Counts it, as `photo_feedback` in the metrics."""
        await self._rate_limiter.count(address_of(request, self._behind_proxy))
        said = await json_body(request, Said)
        name, classifier = self._service.model(said.model)
        known = {*classifier.bundle.manifest.answers, NO_FACE, NONE}
        if said.label not in known:  # else strangers could make up labels
            raise Problem(422, "invalid", f"label: the model {name!r} has no such answer.")
        Metrics(name).feedback(said.said, said.label)
        return Response(status_code=204)
