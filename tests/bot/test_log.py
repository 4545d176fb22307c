"""The token never reaches the log."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from bot import log as logs

TOKEN = "123456:AAF-very_secret"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log has written."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.set_up("INFO", TOKEN)
    yield stream
    root.handlers[:], root.level = before
    logging.captureWarnings(False)


@pytest.mark.parametrize("form", [TOKEN, TOKEN.replace(":", "%3A"), TOKEN.partition(":")[2]])
def test_the_token_is_taken_out_of_messages_arguments_and_tracebacks(written: io.StringIO, form: str) -> None:
    log = logging.getLogger("bot")
    log.warning(f"GET https://api.telegram.org/bot{form}/getMe")
    log.warning("%s and %s", form, {"url": form})
    try:
        raise ValueError(f"no route to {form}")
    except ValueError:
        log.exception("failed")
    assert "very_secret" not in written.getvalue()
    assert written.getvalue().count("<token>") == 4
    assert "no route to <token>" in written.getvalue()


def test_other_libraries_log_no_requests_even_when_the_bot_tells_all(written: io.StringIO) -> None:
    logs.set_up("DEBUG", TOKEN)
    logging.getLogger("httpx").info("HTTP Request: POST ...")
    logging.getLogger("telegram.Bot").debug("update ...")
    assert written.getvalue() == ""


def test_without_a_token_the_log_is_as_it_was_written() -> None:
    record = logging.LogRecord("bot", logging.INFO, "bot/log.py", 0, "Started", None, None)
    assert logs.RedactingFormatter("").format(record).endswith("INFO bot: Started")
