"""What goes wrong when it is switched on, as a bot meets it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from localchat import LocalChat
from localchat.errors import Refusal
from localchat.faults import FILES, Fault
from localchat.limits import Limits
from tests.localchat.conftest import Call, picture
from tests.person import Person

Post = Callable[..., httpx.Response]


@pytest.fixture
def post(chat: LocalChat) -> Post:
    """Calls a Bot API method on a line of its own."""

    def post(method: str, timeout: float = 30, **parameters: Any) -> httpx.Response:
        url = f"{chat.url}/bot{chat.token}/{method}"
        return httpx.post(url, json=parameters, timeout=timeout, trust_env=False)

    return post


def test_a_method_is_refused_as_often_as_asked_for_and_no_other(chat: LocalChat, call: Call) -> None:
    chat.faults.refuse("getMe", 502, "Bad Gateway", times=2)
    assert call("getMyName")["ok"]
    assert [call("getMe").get("error_code") for _ in range(3)] == [502, 502, None]
    assert chat.faults.struck == {"refuse": 2}


def test_a_refusal_says_after_how_many_seconds_to_come_again(chat: LocalChat, call: Call) -> None:
    chat.faults.refuse("getMe", 429, "Too Many Requests: retry after 7", retry_after=7)
    assert call("getMe")["parameters"] == {"retry_after": 7}


def test_a_share_of_all_requests_is_refused(chat: LocalChat, call: Call) -> None:
    chat.faults.refuse("*", 500, times=None, share=0.5)
    outcomes = [call("getMe")["ok"] for _ in range(60)]
    assert 10 < sum(outcomes) < 50


def test_a_reset_cuts_the_line_before_anything_was_done(chat: LocalChat, ada: Person, post: Post) -> None:
    ada.say("hello")
    chat.faults.add(Fault("reset", "sendMessage"))
    with pytest.raises(httpx.TransportError):
        post("sendMessage", chat_id=1, text="hi")
    ada.silence(0.2)
    assert post("sendMessage", chat_id=1, text="hi").is_success


def test_a_lost_answer_cuts_the_line_after_it_was_done(chat: LocalChat, ada: Person, post: Post) -> None:
    ada.say("hello")
    chat.faults.add(Fault("lose", "sendMessage"))
    with pytest.raises(httpx.TransportError):
        post("sendMessage", chat_id=1, text="hi")
    assert ada.answers()[0]["text"] == "hi"


def test_a_dead_line_gives_no_answer(chat: LocalChat, post: Post) -> None:
    chat.faults.add(Fault("hang", "getMe"))
    with pytest.raises(httpx.ReadTimeout):
        post("getMe", timeout=0.5)
    assert post("getMe").is_success


def test_a_slow_file_comes_whole_all_the_same(chat: LocalChat, ada: Person, call: Call) -> None:
    ada.send_file(picture(), "a.png", "image/png")
    file = call("getFile", file_id=call("getUpdates")["result"][0]["message"]["document"]["file_id"])["result"]
    chat.faults.add(Fault("slow", FILES, seconds=0.5))
    got = httpx.get(f"{chat.url}/file/bot{chat.token}/{file['file_path']}", timeout=30, trust_env=False)
    assert got.content == picture() and got.elapsed.total_seconds() >= 0.5


def test_while_it_is_down_every_line_is_cut_and_people_still_write(chat: LocalChat, ada: Person, post: Post) -> None:
    chat.faults.down = True
    with pytest.raises(httpx.TransportError):
        post("getUpdates")
    ada.say("hello?")
    chat.faults.down = False
    assert len(post("getUpdates").json()["result"]) == 1


def test_a_person_who_blocked_the_bot_cannot_be_written_to(chat: LocalChat, ada: Person, call: Call) -> None:
    ada.say("hello")
    chat.faults.blocked.add(1)
    answer = call("sendMessage", chat_id=1, text="hi")
    assert answer["error_code"] == 403 and "blocked" in answer["description"]


def test_a_group_that_became_a_supergroup_says_its_new_number(chat: LocalChat, call: Call) -> None:
    Person(chat.url, group=-5).say("hello")
    chat.faults.migrated[-5] = -1_000_000_000_005
    answer = call("sendMessage", chat_id=-5, text="hi")
    assert answer["error_code"] == 400 and answer["parameters"] == {"migrate_to_chat_id": -1_000_000_000_005}


def test_limits_are_kept_only_when_they_are_switched_on(chat: LocalChat, ada: Person, call: Call) -> None:
    ada.say("hello")
    assert all(call("sendMessage", chat_id=1, text="hi")["ok"] for _ in range(5))
    chat.limits.on = True
    answers = [call("sendMessage", chat_id=1, text="hi") for _ in range(5)]
    assert answers[0]["ok"] and answers[-1]["error_code"] == 429
    assert answers[-1]["parameters"]["retry_after"] >= 1
    assert chat.limits.refused == sum(not answer["ok"] for answer in answers)


def test_a_bot_that_pays_may_send_beyond_thirty_a_second() -> None:
    limits = Limits()
    limits.on = True
    for chat in range(500):
        limits.check(chat, paid=True)
    for chat in range(500, 1000):
        with suppress(Refusal):
            limits.check(chat, paid=False)
    assert limits.refused > 100


def test_a_group_takes_twenty_messages_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    limits = Limits()
    limits.on = True
    for second in range(20):
        now = second * 1.0
        limits.check(-5, paid=False)
    for second in range(20, 40):
        now = second * 1.0
        with suppress(Refusal):
            limits.check(-5, paid=False)
    assert limits.refused > 3
