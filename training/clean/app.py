"""The page's application: the suspects as JSON, their photos, and the marks a person makes. For this machine only."""

import io
import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from model.image import PhotoError, decode
from training.clean.guard import Guard
from training.clean.session import Session
from training.data.files import plain_name

PAGE = Path(__file__).parent / "page"
STYLE = Path(__file__).parents[2] / "web" / "static"  # the web page's, so that both look alike
SIDE = 640  # pixels of the longer side of a photo on the page


def create_app(session: Session, note: str = "") -> Starlette:
    """The application.

    Args:
        session: what is shown and decided.
        note: what else the person should know.
    """
    suspects = session.suspects

    async def page(request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def state(request: Request) -> Response:
        shown = [
            {
                "place": place,
                "name": plain_name(session.name(suspect.file)),
                "label": suspect.label,
                "kind": suspect.kind,
                "guess": suspect.guess,
                "share": round(suspect.share, 4),
                "copies": [{"name": plain_name(session.name(file)), "label": label} for file, label in suspect.copies],
                "problem": suspect.problem,
            }
            for place, suspect in enumerate(suspects)
            if place not in session.done
        ]
        folder = plain_name(str(session.folder.absolute()))
        about = {"folder": folder, "all": session.count, "note": note, "labels": session.labels}
        return _json({**about, "photos": shown, "marks": session.marks})

    def photo(request: Request) -> Response:
        suspect = suspects[place] if (place := request.path_params["place"]) < len(suspects) else None
        copy = request.path_params.get("copy")
        if suspect is None or (copy is not None and copy >= len(suspect.copies)):
            return Response(status_code=404)
        file = suspect.file if copy is None else suspect.copies[copy][0]
        try:
            image = decode(file.read_bytes()).image
        except (PhotoError, OSError):
            return Response(status_code=404)
        image.thumbnail((SIDE, SIDE))
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG", quality=90)
        return Response(jpeg.getvalue(), media_type="image/jpeg")

    async def mark(request: Request) -> Response:
        try:
            asked = await request.json()
            place, unmark, label = int(asked["place"]), bool(asked.get("unmark")), asked.get("label")
        except (ValueError, TypeError, KeyError, AttributeError):
            return Response(status_code=422)
        known = label is None or label in session.labels
        if not 0 <= place < len(suspects) or place in session.done or not known:
            return Response(status_code=422)
        try:
            session.unmark(place) if unmark else session.mark(place, label)
        except OSError as error:
            return _json({"problem": f"The mark cannot be kept in {session.folder}: {error.strerror}."}, 500)
        return _json({"marks": session.marks})

    async def apply(request: Request) -> Response:
        try:
            return _json({"said": session.apply()})
        except OSError as error:
            return _json({"problem": f"{error.filename or session.folder} cannot be written: {error.strerror}."}, 500)

    routes = [
        Route("/", page),
        Route("/state", state),
        Route("/photo/{place:int}", photo),
        Route("/photo/{place:int}/{copy:int}", photo),
        Route("/mark", mark, methods=["POST"]),
        Route("/apply", apply, methods=["POST"]),
        Mount("/page", StaticFiles(directory=PAGE)),
        Mount("/static", StaticFiles(directory=STYLE)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard)])


def _json(content: dict[str, Any], status: int = 200) -> Response:
    # escaped, since file names need not be UTF-8
    return Response(json.dumps(content), status, media_type="application/json", headers={"Cache-Control": "no-store"})
