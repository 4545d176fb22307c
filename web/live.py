"""Answers the pictures of a live camera: small ones, a few a second, and only while hardly anybody waits."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from web.errors import Problem, overloaded
from web.page import Page, language_for
from web.rate_limit import RateLimiter, address_of
from web.service import PredictionService, photo_problems
from web.settings import Settings
from web.uploads import uploaded
from web.view_model import glance_of

MAX_BYTES = 128 * 2**10  # of a picture, so that this is no way around the limit for photos
WAITING = 4  # photos under way, beyond which live pictures are not taken


class LiveCamera:
    """Its address. The pictures have a limit of their own, and are not counted as answered photos."""

    def __init__(self, page: Page, service: PredictionService, settings: Settings):
        self._page, self._service, self._behind_proxy = page, service, settings.behind_proxy
        self._rate_limiter = RateLimiter(settings.live_per_minute, what="live pictures")

    def router(self) -> APIRouter:
        """Its address, which is no part of the API."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/live", self.answer, methods=["POST"])
        return router

    async def answer(self, request: Request) -> Response:
        """The boxes of a picture, and the sentence about it."""
        await self._rate_limiter.count(address_of(request, self._behind_proxy))
        if self._service.pool.waiting >= WAITING:
            raise overloaded()
        async with uploaded(request, self._service.memory) as upload:
            if len(upload.photo) > MAX_BYTES:
                raise Problem(413, "too_many_bytes", f"A live picture has at most {MAX_BYTES >> 10} kB.")
            _, classifier = self._service.model(upload.model)
            with photo_problems():
                prediction = await self._service.pool.predict(classifier, upload.photo, request.is_disconnected)
        result = glance_of(prediction, classifier.bundle, language_for(request))
        return self._page.draw(request, "live.html", 200, result=result)
