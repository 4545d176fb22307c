"""The API for programs: photos in, JSON out. What it promises stands at `/docs`."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from web.errors import url_not_allowed
from web.schemas import Health, ModelsAnswer, PhotoAnswer, ProblemAnswer, models_answer, photo_answer
from web.service import ClassifiedPhoto, PredictionService
from web.uploads import Upload

NAME_OF_MODEL = "name of the model that answers, as `/api/models` lists them; the first of those by default"
REFUSED = {
    400: "The photo is empty or damaged, or the request cannot be read",
    404: "There is no such model",
    408: "The photo did not arrive in time",
    413: "The photo has too many bytes or pixels",
    415: "The file is not a photo of a known format",
    422: "Something is missing or too long",
    429: "Too many photos a minute from one address; `Retry-After` says when to come again",
    503: "Too many photos at once; `Retry-After` says when to come again",
}


def _form(models: Iterable[str]) -> dict[str, Any]:
    """The request's body in the OpenAPI document, where the models to choose from are those that are served."""
    names = list(models)
    photo = {
        "type": "string",
        "format": "binary",
        "description": "a JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF or BMP of at most 20 MB",
    }
    model = {"type": "string", "description": NAME_OF_MODEL, "enum": names, "default": names[0]}
    form = {"type": "object", "required": ["photo"], "properties": {"photo": photo, "model": model}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


def _refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": ProblemAnswer, "description": REFUSED[status]} for status in statuses}


def api_router(service: PredictionService, allow_url: bool) -> APIRouter:
    """The API's addresses."""
    router = APIRouter()

    @router.post(
        "/api/predict",
        summary="Classify a photo",
        tags=["photos"],
        openapi_extra=_form(service.models),
        responses=_refused(400, 404, 408, 413, 415, 422, 429, 503),
        response_model_exclude_none=True,
    )
    async def predict(request: Request) -> PhotoAnswer:
        """What the model sees in the photo: each face with its box, its label and how probable each label is."""
        async with service.answered(request) as answered:
            return _answer(answered)

    if allow_url:
        _add_fetching(router, service)
    else:
        router.add_api_route("/api/predict", _no_fetching, include_in_schema=False)

    @router.get("/api/models", summary="List the models", tags=["models"])
    async def models() -> ModelsAnswer:
        """Every model that is served, with its labels and how right it is."""
        return models_answer(service.models)

    @router.get("/healthz", summary="Ask whether the server works", tags=["operation"])
    async def health() -> Health:
        """Answers at once, however many photos wait."""
        return Health(status="ok", waiting=service.pool.waiting)

    return router


def _add_fetching(router: APIRouter, service: PredictionService) -> None:
    from web.url_photo import MAX_URL, Fetcher  # here, because most servers do not fetch and start faster

    fetcher = Fetcher(service.memory)

    @router.get(
        "/api/predict",
        summary="Classify the photo at a URL",
        tags=["photos"],
        responses=_refused(400, 404, 413, 415, 422, 429, 503),
        response_model_exclude_none=True,
    )
    async def predict_url(
        request: Request,
        url: Annotated[
            str,
            Query(
                max_length=MAX_URL,
                description="where the photo is: a public `http` or `https` address",
                examples=["https://example.org/holiday.jpg"],
            ),
        ],
        model: Annotated[str, Query(description=NAME_OF_MODEL)] = "",
    ) -> PhotoAnswer:
        """The same for a photo that stands somewhere on the web."""
        await service.admit(request)
        service.model(model)
        async with fetcher.fetched(url) as photo:
            return _answer(await service.classified(request, Upload(photo, url, model)))


async def _no_fetching() -> None:
    raise url_not_allowed()


def _answer(answered: ClassifiedPhoto) -> PhotoAnswer:
    return photo_answer(answered.upload.name, answered.model, answered.prediction, answered.milliseconds)
