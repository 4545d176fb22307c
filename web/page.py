"""The page: a form and its result, whole without JavaScript; with it, the result alone is asked for and put in place."""

import base64
import io
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from model import Bundle
from model.image import MAX_BYTES, decode, is_phone_photo
from model.tiff_limits import is_tiff
from model.wording import DEFAULT, label_names
from web.errors import Problem
from web.languages import TEXTS, direction_of, language_of, listed, name_of, say
from web.middleware import path_of
from web.schemas import photo_answer
from web.service import ClassifiedPhoto, PredictionService
from web.teach_access import TeachAccess
from web.uploads import Upload
from web.view_model import result_of, tints

SHOWN = 1280  # pixels of the long side of a photo that is sent back
LANGUAGE, THEME, REMEMBERED = "language", "theme", 365 * 86400  # cookies of who chose one, and their seconds
THEMES = {"": "theme_auto", "light": "theme_light", "dark": "theme_dark"}
PART = "x-part"  # header of a request that wants the result alone, without the photo, where it can show that itself
MEGABYTES = MAX_BYTES >> 20
EXAMPLES = {  # photos of static/examples: public domain, the masks drawn
    "portrait": "example_portrait",
    "masked": "example_masked",
    "pair": "example_pair",
    "cat": "example_cat",
}
FIGURES = ("end_to_end", "overall", "right"), ("held_out", "accuracy")  # places in a manifest, the first there counts
FOLDER = Path(__file__).parent


class Page:
    """Draws the page in the language of whoever asks."""

    def __init__(self, service: PredictionService, teachers: TeachAccess):
        self._service, self._teachers = service, teachers
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def router(self) -> APIRouter:
        """The page's addresses, which are no part of the API."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/", self.answer, methods=["POST"])
        router.add_api_route("/preferences", self.remember, methods=["GET"])
        router.add_api_route("/tints.css", self.tints, methods=["GET"])
        return router

    async def show(self, request: Request, model: str = "", example: str = "") -> Response:
        """The form, with a model chosen, or with the answer to one of the examples."""
        if example not in EXAMPLES:
            return self.draw(request, "page.html", 200, chosen=model)
        await self._service.admit(request)
        photo = (FOLDER / "static" / "examples" / f"{example}.jpg").read_bytes()
        return await self._answer(request, await self._service.classified(request, Upload(photo, example, model)))

    async def answer(self, request: Request) -> Response:
        """The form with the answer to the photo in it."""
        async with self._service.answered(request) as answered:
            return await self._answer(request, answered)

    async def _answer(self, request: Request, answered: ClassifiedPhoto) -> Response:
        spoken = language_for(request)
        alone = PART in request.headers
        upload = answered.upload
        has_it = alone and not (is_phone_photo(upload.photo) or is_tiff(upload.photo))  # which few browsers show
        shown = "" if has_it else await self._service.pool.run(_as_address, upload.photo)
        answer = photo_answer(upload.name, answered.model, answered.prediction, answered.milliseconds)
        return self.draw(
            request,
            "result.html" if alone else "page.html",
            200,
            result=result_of(answered.prediction, answered.classifier.bundle, spoken),
            answer=answer.model_dump_json(exclude_none=True),
            label_of_photo=answer.label,
            shown=shown,
            took=_took(answered, spoken),
            chosen=answered.model,
        )

    async def remember(self, request: Request, to: str = "", theme: str = "") -> Response:
        """Remembers the language and the theme that were chosen, in cookies, and leads back to the form."""
        response = RedirectResponse("./", 303)
        for cookie, chosen, known in ((LANGUAGE, to, TEXTS.languages), (THEME, theme, THEMES)):
            if chosen in known and chosen != request.cookies.get(cookie, ""):
                secure = request.url.scheme == "https"
                response.set_cookie(cookie, chosen, REMEMBERED, secure=secure, httponly=True, samesite="lax")
        return response

    async def tints(self) -> Response:
        """The colors of all labels, as classes."""
        bundles = [classifier.bundle for classifier in self._service.models.values()]
        return Response(tints(bundles), media_type="text/css", headers={"Cache-Control": "no-cache"})

    def explain(self, request: Request, problem: Problem) -> Response:
        """The page of a request that is not answered."""
        spoken = language_for(request)
        code = problem.code if problem.code in TEXTS.table(DEFAULT)["problem"] else "other"
        sentence = say(f"problem.{code}", spoken, megabytes=MEGABYTES, **problem.more)
        template = "page.html" if path_of(request.scope) == "/" else "problem.html"
        if PART in request.headers:
            template = "result.html"
        response = self.draw(request, template, problem.status, problem=sentence)
        response.headers.update(problem.headers)
        return response

    def draw(self, request: Request, template: str, status: int, **values: Any) -> Response:
        """A template, filled in."""
        spoken = language_for(request)
        theme = request.cookies.get(THEME)
        bundles = [classifier.bundle for classifier in self._service.models.values()]
        models = [
            {"name": name, "title": classifier.bundle.manifest.name, "figure": _figure(classifier.bundle, spoken)}
            for name, classifier in self._service.models.items()
        ]
        content = self._templates.get_template(template).render(
            {"result": None, "answer": "", "problem": "", "shown": "", "took": "", "chosen": "", "here": "", **values},
            language=spoken,
            base="../"
            * (path_of(request.scope).count("/") - 1),  # relative, as a proxy may serve all of it below a path
            direction=direction_of(spoken),
            languages=[(code, name_of(code), direction_of(code)) for code in TEXTS.languages],
            say=lambda key, **words: say(key, spoken, **words),
            theme=theme if theme in THEMES else "",
            themes=THEMES,
            examples=EXAMPLES if any(bundle.manifest.faces.find for bundle in bundles) else {},
            lead=_lead(bundles, spoken),
            megabytes=MEGABYTES,
            models=models,
            teaching=self._teachers.offered(request),
        )
        headers = {"Content-Language": spoken, "Vary": "Accept-Language, Cookie", "Cache-Control": "no-store"}
        return HTMLResponse(content, status, headers)


def language_for(request: Request) -> str:
    """The language that somebody chose, or that the browser prefers."""
    chosen = request.cookies.get(LANGUAGE)
    return chosen if chosen in TEXTS.languages else language_of(request.headers.get("accept-language"))


def _lead(bundles: list[Bundle], spoken: str) -> str:
    names = list(dict.fromkeys(name for bundle in bundles for name in label_names(bundle, spoken)))
    key = "lead" if any(bundle.manifest.faces.find for bundle in bundles) else "lead_whole"
    return say(key, spoken, labels=listed(names, spoken))


def _figure(bundle: Bundle, spoken: str) -> str:
    """How right a model is from photo to answer, in a sentence; "" where its manifest does not say."""
    for place in FIGURES:
        try:
            right = reduce(getitem, place, bundle.manifest.figures)
            percent, count = round(right["share"] * 100), int(right["of"])
        except (LookupError, TypeError, ValueError, OverflowError):  # a manifest may say anything there
            continue
        return say("model_figure", spoken, title=bundle.manifest.name, percent=percent, count=count)
    return ""


def _took(answered: ClassifiedPhoto, spoken: str) -> str:
    title = answered.classifier.bundle.manifest.name
    return say("took", spoken, milliseconds=round(answered.milliseconds), title=title)


def _as_address(photo: bytes) -> str:
    """The photo as a `data:` address: turned upright, made smaller, and without what its file says besides pixels."""
    image = decode(photo).image
    image.thumbnail((SHOWN, SHOWN))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
