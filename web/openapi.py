"""`/docs`: the API's OpenAPI document, shown by Swagger UI from this server; the package `fastapi-offline` carries it."""

from collections.abc import Callable, Collection
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse, HTMLResponse

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Photo bot: the API</title>
<link rel="icon" href="static/icon.svg">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript><p>These pages need JavaScript; <a href="openapi.json">the same as an OpenAPI document</a>.</p></noscript>
<main id="docs"></main>
<script src="docs/swagger-ui-bundle.js"></script>
<script type="module" src="static/docs.js"></script>
</body>
</html>
"""
TYPES = {".css": "text/css", ".js": "text/javascript"}
FILES = ("swagger-ui.css", "swagger-ui-bundle.js")


def documentation(app: FastAPI) -> APIRouter:
    """`/docs` and the files it needs."""
    router = APIRouter(include_in_schema=False)
    folder = _folder()

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(PAGE)

    for file in FILES:
        router.add_api_route(f"/docs/{file}", _sending(folder / file))
    return router


def _sending(file: Path) -> Callable[[], Any]:
    async def send() -> FileResponse:
        return FileResponse(file, media_type=TYPES[file.suffix], headers={"Cache-Control": "max-age=86400"})

    return send


def _folder() -> Path:
    """Where Swagger UI is; the package's own code is not needed."""
    spec = find_spec("fastapi_offline")
    assert spec is not None and spec.origin is not None  # it stands in requirements.txt
    return Path(spec.origin).with_name("static")


def with_problem_details(
    openapi: Callable[[], dict[str, Any]], models: Collection[str]
) -> Callable[[], dict[str, Any]]:
    """An OpenAPI document whose refusals are of the media type that they really have, and with the models of now."""

    def described() -> dict[str, Any]:
        document = openapi()
        form = document["paths"]["/api/predict"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        form["properties"]["model"]["enum"] = list(models)
        for path in document["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in response.get("content", {}):
                        response["content"]["application/problem+json"] = response["content"].pop("application/json")
        return document

    return described
