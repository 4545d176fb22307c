"""How a request is refused: an HTTP status and one sentence, on the bot's side in Telegram's words."""


class Refusal(Exception):
    """A request that is not carried out.

    Attributes:
        status: HTTP status, which the Bot API repeats as `error_code`.
        description: what was wrong.
    """

    def __init__(self, status: int, description: str):
        super().__init__(description)
        self.status = status
        self.description = description


def bad_request(what: str) -> Refusal:
    """The refusal that Telegram gives to most mistakes."""
    return Refusal(400, f"Bad Request: {what}")
