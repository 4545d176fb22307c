"""Updates brought to the bot's own web server."""

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from localchat import LocalChat
from tests.localchat.conftest import Call
from tests.person import Person


class Inbox(ThreadingHTTPServer):
    """A bot's web server; refuses as many requests as `refusals` says, and answers none before it is `ready`."""

    def __init__(self) -> None:
        self.received: queue.Queue[tuple[str | None, dict[str, Any]]] = queue.Queue()
        self.refusals = 0
        self.ready = threading.Event()
        self.ready.set()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        update = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        refuse = self.server.refusals > 0
        self.server.refusals -= refuse
        if not refuse:
            self.server.received.put((self.headers["X-Telegram-Bot-Api-Secret-Token"], update))
        self.server.ready.wait(20)
        self.send_response(500 if refuse else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_updates_are_brought_in_order_with_the_secret(ada: Person, call: Call, inbox: Inbox) -> None:
    ada.say("before")
    assert call("setWebhook", url=inbox.url, secret_token="hush")["result"] is True
    ada.say("after")
    got = [inbox.received.get(timeout=10) for _ in range(2)]
    assert [(secret, update["message"]["text"]) for secret, update in got] == [("hush", "before"), ("hush", "after")]


def test_an_update_that_is_not_taken_is_brought_again(ada: Person, call: Call, inbox: Inbox) -> None:
    inbox.refusals = 1
    call("setWebhook", url=inbox.url)
    ada.say("hello")
    assert inbox.received.get(timeout=10)[1]["message"]["text"] == "hello"
    assert "500" in call("getWebhookInfo")["result"]["last_error_message"]


def test_the_next_of_a_chat_waits_for_the_one_before_and_other_chats_do_not(
    ada: Person, chat: LocalChat, call: Call, inbox: Inbox
) -> None:
    inbox.ready.clear()
    call("setWebhook", url=inbox.url)
    for text in ("first", "second"):
        ada.say(text)
    Person(chat.url, chat=2).say("somebody else's")
    got = [inbox.received.get(timeout=10)[1]["message"]["text"] for _ in range(2)]
    assert sorted(got) == ["first", "somebody else's"]
    inbox.ready.set()
    assert inbox.received.get(timeout=10)[1]["message"]["text"] == "second"


def test_no_more_come_at_once_than_the_bot_asks_for(ada: Person, chat: LocalChat, call: Call, inbox: Inbox) -> None:
    inbox.ready.clear()
    call("setWebhook", url=inbox.url, max_connections=1)
    ada.say("first")
    Person(chat.url, chat=2).say("second")
    assert inbox.received.get(timeout=10)[1]["message"]["text"] == "first"
    with pytest.raises(queue.Empty):
        inbox.received.get(timeout=0.5)
    inbox.ready.set()
    assert inbox.received.get(timeout=10)[1]["message"]["text"] == "second"


def test_nobody_polls_while_a_webhook_is_set(ada: Person, call: Call, inbox: Inbox) -> None:
    call("setWebhook", url=inbox.url)
    assert call("getUpdates")["description"].startswith("Conflict: can't use getUpdates method while webhook is active")
    call("deleteWebhook")
    ada.say("hello")
    assert call("getWebhookInfo")["result"] == {"url": "", "has_custom_certificate": False, "pending_update_count": 1}
    assert len(call("getUpdates")["result"]) == 1


def test_waiting_updates_can_be_dropped(ada: Person, call: Call) -> None:
    ada.say("hello")
    call("deleteWebhook", drop_pending_updates=True)
    assert call("getUpdates")["result"] == []


def test_a_webhook_needs_a_web_address(call: Call) -> None:
    assert call("setWebhook", url="ftp://example.org")["error_code"] == 400
