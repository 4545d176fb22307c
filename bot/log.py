"""What the bot's log looks like: one short line per event, on stderr, with no secret in it; as text or as JSON.

Knows nothing of what is logged.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

DETAILS = ("update", "outcome", "ms")  # of a record, which JSON gives one by one


def set_up(level: str, token: str, form: Literal["text", "json"] = "text") -> None:
    """Send the bot's lines of at least that level, and other libraries' warnings, to stderr.

    Libraries stay at warnings even when the bot is at DEBUG: their details hold addresses with the token in them,
    and what people wrote. python-telegram-bot's own lines are left out, because each of its errors reaches the bot
    as an exception too, and the bot says it in one line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(token, form))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for room in ("bot", "web", "model"):
        logging.getLogger(room).setLevel(level)
    logging.getLogger("telegram").setLevel(logging.CRITICAL)


class RedactingFormatter(logging.Formatter):
    """Formats a record, and takes the token out of the result, wherever it stood: message, arguments, traceback."""

    def __init__(self, token: str, form: Literal["text", "json"] = "text"):
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")
        self._json = form == "json"
        secret = token.partition(":")[2] or token
        forms = {token, quote(token, safe=""), secret, quote(secret, safe="")} - {""}
        self._secrets = sorted(forms, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line = _as_json(record, self) if self._json else super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "<token>")
        return line


def _as_json(record: logging.LogRecord, formatter: logging.Formatter) -> str:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    told = {"time": time, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
    told |= {name: getattr(record, name) for name in DETAILS if hasattr(record, name)}
    if record.exc_info:
        told["traceback"] = formatter.formatException(record.exc_info)
    return json.dumps(told, ensure_ascii=False)
