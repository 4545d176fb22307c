"""How a request is refused: RFC 9457 problem details, one sentence each, never a traceback."""

from http import HTTPStatus
from typing import Any, get_args

from starlette.responses import JSONResponse

from model import PhotoError
from model.image import Problem as PhotoProblem

STATUS_OF_PHOTO: dict[PhotoProblem, int] = {
    "empty": 400,
    "unreadable": 400,
    "not_an_image": 415,
    "unsupported": 415,
    "too_many_bytes": 413,
    "too_many_pixels": 413,
}
HANG_UP = {"Connection": "close"}
assert STATUS_OF_PHOTO.keys() == set(get_args(PhotoProblem))


class Problem(Exception):
    """A request that is not answered.

    Attributes:
        status: HTTP status.
        code: why, in one word for programs.
        detail: what was wrong and what to do, in one sentence.
        headers: sent with the answer.
        more: further members of the problem details.
    """

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.more = more

    def as_json(self) -> dict[str, Any]:
        """The members of the problem details."""
        title = HTTPStatus(self.status).phrase
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.more,
        }

    def as_response(self) -> JSONResponse:
        """The problem details as an answer."""
        return JSONResponse(self.as_json(), self.status, self.headers, "application/problem+json")


def of_photo(error: PhotoError) -> Problem:
    """The problem of a photo that cannot be answered."""
    sentence = str(error)
    return Problem(STATUS_OF_PHOTO[error.problem], error.problem, f"{sentence[0].upper()}{sentence[1:]}.")


def too_many_bytes(most: int, hang_up: bool = False) -> Problem:
    """A photo that is refused before all of it is read; `hang_up` to a sender who would go on for long."""
    detail = f"The photo is larger than {most >> 20} MB; send a smaller one."
    return Problem(413, "too_many_bytes", detail, HANG_UP if hang_up else None)


def overloaded() -> Problem:
    """More photos at once than are taken."""
    return Problem(
        503, "overloaded", "Too many photos are being looked at; try again in a moment.", {"Retry-After": "2"}
    )


def unknown_model(name: str, names: list[str]) -> Problem:
    """A model that is not served."""
    return Problem(404, "unknown_model", f"There is no model {name!r}; there is {', '.join(names)}.")


def url_not_allowed() -> Problem:
    """A photo by its address, where none is fetched."""
    detail = (
        "Photos are not fetched by their addresses here: send the photo itself, or set ALLOW_URL=true on the server."
    )
    return Problem(403, "url_not_allowed", detail)
