"""How a bot fetches updates: once each, in order, and only one bot at a time."""

import threading
import time
from typing import Any

import httpx
import pytest

from localchat import LocalChat
from localchat.faults import Fault
from tests.localchat.conftest import Call
from tests.person import Person
from tests.web.serving import wait_until


def texts(answer: dict[str, Any]) -> list[str]:
    return [update["message"]["text"] for update in answer["result"]]


def test_updates_come_again_until_an_offset_confirms_them(ada: Person, call: Call) -> None:
    for text in ("one", "two", "three"):
        ada.say(text)
    updates = call("getUpdates")["result"]
    assert [update["message"]["text"] for update in updates] == ["one", "two", "three"]
    assert call("getUpdates")["result"] == updates
    assert texts(call("getUpdates", offset=updates[1]["update_id"])) == ["two", "three"]
    assert texts(call("getUpdates", offset=updates[2]["update_id"] + 1)) == []
    assert texts(call("getUpdates", offset=0)) == []


def test_a_negative_offset_keeps_only_the_last_updates(ada: Person, call: Call) -> None:
    for text in ("one", "two", "three"):
        ada.say(text)
    assert texts(call("getUpdates", offset=-2)) == ["two", "three"]
    assert texts(call("getUpdates")) == ["two", "three"]


@pytest.mark.parametrize(("limit", "given"), [(1, 1), (2, 2), (0, 1), (1000, 3)])
def test_a_limit_is_kept_between_1_and_100(ada: Person, call: Call, limit: int, given: int) -> None:
    for text in ("one", "two", "three"):
        ada.say(text)
    assert len(call("getUpdates", limit=limit)["result"]) == given


def test_at_most_100_updates_come_at_once(ada: Person, call: Call) -> None:
    for number in range(101):
        ada.say(str(number))
    assert len(call("getUpdates")["result"]) == 100


def test_a_poll_waits_for_the_first_update(ada: Person, call: Call) -> None:
    started = time.monotonic()
    timer = threading.Timer(0.3, ada.say, ["late"])
    timer.start()
    assert texts(call("getUpdates", timeout=20)) == ["late"]
    assert 0.2 < time.monotonic() - started < 15
    timer.join()


def test_a_poll_comes_back_empty_when_its_time_is_over(call: Call) -> None:
    started = time.monotonic()
    assert call("getUpdates", timeout=1)["result"] == []
    assert 0.9 < time.monotonic() - started < 15


def test_a_second_poller_ends_the_first_with_a_conflict(chat: LocalChat, ada: Person, call: Call) -> None:
    answers: list[httpx.Response] = []
    url = f"{chat.url}/bot{chat.token}/getUpdates?timeout=20"
    first = threading.Thread(target=lambda: answers.append(httpx.get(url, timeout=30, trust_env=False)))
    first.start()
    while first.is_alive():  # until the first one waits, there is nothing to end
        assert call("getUpdates")["result"] == []
        first.join(0.1)
    assert answers[0].status_code == 409
    assert answers[0].json() == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    }
    ada.say("still here")
    assert texts(call("getUpdates")) == ["still here"]


def test_only_allowed_kinds_of_updates_are_queued_and_the_wish_stays(ada: Person, call: Call) -> None:
    call("getUpdates", allowed_updates=["callback_query"])
    ada.say("unseen")
    assert call("getUpdates")["result"] == []
    call("getUpdates", allowed_updates=[])
    ada.say("seen")
    assert texts(call("getUpdates")) == ["seen"]


def test_a_waiting_poll_ends_when_the_chat_stops() -> None:
    chat = LocalChat()
    chat.faults.add(Fault("slow", "getUpdates"))  # which counts it
    chat.start()
    answers: list[httpx.Response] = []
    with httpx.Client(base_url=f"{chat.url}/bot{chat.token}", timeout=60, trust_env=False) as http:
        http.get("/getMe")
        poll = threading.Thread(target=lambda: answers.append(http.get("/getUpdates?timeout=50")))
        poll.start()
        wait_until(lambda: chat.faults.struck)
        chat.stop()
        poll.join(20)
    assert answers[0].json()["result"] == []
