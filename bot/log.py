"""What the bot's log looks like: one short line per event, on stderr, with no secret in it.

Knows nothing of what is logged.
"""

import logging
from urllib.parse import quote


def set_up(level: str, token: str) -> None:
    """Send the bot's lines of at least that level, and other libraries' warnings, to stderr.

    Libraries stay at warnings even when the bot is at DEBUG: their details hold addresses with the token in them,
    and what people wrote. python-telegram-bot's own lines are left out, because each of its errors reaches the bot
    as an exception too, and the bot says it in one line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(token))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger("bot").setLevel(level)
    logging.getLogger("telegram").setLevel(logging.CRITICAL)


class RedactingFormatter(logging.Formatter):
    """Formats a record, and takes the token out of the result, wherever it stood: message, arguments, traceback."""

    def __init__(self, token: str):
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        secret = token.partition(":")[2] or token
        forms = {token, quote(token, safe=""), secret, quote(secret, safe="")} - {""}
        self._secrets = sorted(forms, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "<token>")
        return line
