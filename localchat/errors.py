"""How a request is refused: an HTTP status and one sentence, on the bot's side in Telegram's words."""

from typing import Any


class Refusal(Exception):
    """A request that is not carried out.

    Attributes:
        status: HTTP status, which the Bot API repeats as `error_code`.
        description: what was wrong.
        parameters: what a bot can do about it, such as `{"retry_after": 3}`.
    """

    def __init__(self, status: int, description: str, parameters: dict[str, Any] | None = None):
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters or {}


def bad_request(what: str) -> Refusal:
    """The refusal that Telegram gives to most mistakes."""
    return Refusal(400, f"Bad Request: {what}")


def refused(refusal: Refusal) -> dict[str, Any]:
    """The body of the answer that refuses."""
    body: dict[str, Any] = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    return body | ({"parameters": refusal.parameters} if refusal.parameters else {})
