"""One update, or one answer of the server, that is not as it should be stops nothing: it is skipped, and said in one line."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr
from telegram import Update

from bot.handlers import errors
from bot.settings import Settings
from bot.telegram import acknowledgement
from bot.telegram.client import Client
from bot.telegram.request import NotTelegramError
from bot.telegram.update_processor import UpdateProcessor
from localchat import LocalChat
from localchat.faults import FILES, Fault
from localchat.kinds import THINGS
from localchat.methods import METHODS
from model import Classifier
from tests.bot.conftest import running_bot
from tests.bot.photos import red_face
from tests.person import Person
from tests.web.serving import wait_until


def test_an_update_that_cannot_be_read_is_skipped_and_confirmed(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(THINGS, "poll", {"id": "1", "question": "Who knows my secret?"})  # of another version
    with LocalChat(0) as chat:
        person = Person(chat.url, name="Grace Hopper")
        sent = [person.send_photo(red_face()), person.send("poll"), person.send_photo(red_face())]
        with running_bot(chat, classifier) as bot:
            answered = {answer["reply_to_message"]["message_id"] for answer in person.answers(2)}
            assert answered == {sent[0], sent[2]}
            person.send("poll")
            person.answer_to(person.send_photo(red_face()))
            acknowledgements = bot.application.bot.acknowledgements
            wait_until(lambda: not acknowledgements.under_way and acknowledgements.offset == 6)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [line.partition("(")[0] for line in lines] == ["Update 2: unreadable ", "Update 4: unreadable "]
    assert "secret" not in caplog.text and "Hopper" not in caplog.text


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyError("too_late"), asyncio.CancelledError()])
def test_an_apology_that_breaks_does_not_keep_the_update_from_being_confirmed(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    async def broken(*_: Any) -> None:
        raise error

    monkeypatch.setattr(errors, "send_words", broken)
    monkeypatch.setattr(acknowledgement, "FORGOTTEN", 1.0)
    with LocalChat(0) as chat, running_bot(chat, classifier) as bot:
        person = Person(chat.url)
        chat.faults.add(Fault("slow", FILES, seconds=60))
        person.send_photo(red_face())
        wait_until(lambda: chat.faults.struck)
        bot.loop.call_soon_threadsafe(bot.application.update_processor.give_up, 1)
        wait_until(lambda: bot.application.bot.acknowledgements.offset == 2, 20)


def test_an_update_that_nobody_works_on_is_fetched_again(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deal_with, dropped = UpdateProcessor.deal_with, list[int]()

    async def drops_the_first(self: UpdateProcessor, update: Update, coroutine: Any) -> bool:
        if dropped:
            return await deal_with(self, update, coroutine)
        dropped.append(update.update_id)
        coroutine.close()
        return False

    monkeypatch.setattr(UpdateProcessor, "deal_with", drops_the_first)
    monkeypatch.setattr(acknowledgement, "FORGOTTEN", 1.0)
    with LocalChat(0) as chat, running_bot(chat, classifier):
        person = Person(chat.url)
        person.answer_to(person.send_photo(red_face()))
    assert "Update 1: nobody works on it, so it is fetched again" in caplog.text


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A web server that gives everybody that answer; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<h1>Not Found</h1>"),
        (401, b"{}"),
        (200, b"<h1>Welcome</h1>"),
        (200, b"\xff\x00"),
        (200, b"[" * 100_000),
        (200, b"[]"),
        (200, b'{"ok": true}'),
        (200, b'{"ok": true, "result": []}'),
        (200, b'{"ok": true, "result": {"id": 1}}'),
        (502, b"<h1>Bad Gateway</h1>"),
    ],
)
async def test_a_server_that_is_not_telegram_is_named_in_one_sentence(
    status: int, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with answering(status, body) as url:
        client = Client(Settings(_env_file=None, telegram_token=SecretStr("1:a"), telegram_api_url=url))  # type: ignore[call-arg,arg-type]
        for _ in range(2):
            with pytest.raises(NotTelegramError):
                await client.initialize()
        await client.shutdown()
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert line.startswith(f"What answers at {url} is not Telegram") and "TELEGRAM_API_URL" in line


@pytest.mark.parametrize("result", [b'"no"', b"[1]", b"[{}]", b'[{"update_id": "x"}]', b'{"update_id": 1}'])
async def test_strange_answers_to_the_question_for_updates_do_not_end_it(result: bytes) -> None:
    with answering(200, b'{"ok": true, "result": ' + result + b"}") as url:
        client = Client(Settings(_env_file=None, telegram_token=SecretStr("1:a"), telegram_api_url=url))  # type: ignore[call-arg,arg-type]
        await client._request[0].initialize()
        with pytest.raises(NotTelegramError):
            await client.get_updates()
        await client._request[0].shutdown()


def test_a_server_without_the_newest_methods_is_served_all_the_same(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for method in ("setmyshortdescription", "setmydescription"):
        monkeypatch.delitem(METHODS, method)
    with LocalChat(0) as chat, running_bot(chat, classifier):
        person = Person(chat.url)
        person.answer_to(person.send_photo(red_face()))
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    (line,) = [line for line in lines if "could not be set for" not in line]  # a bot of other tests, in other languages
    assert "this server has no method setMy" in line.replace("This", "this")
