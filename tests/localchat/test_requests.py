"""What every request has in common: the token, the method's name, the ways to pass parameters, the errors."""

import json

import httpx
import pytest

from localchat import LocalChat
from tests.localchat.conftest import Call, picture
from tests.person import Person


@pytest.fixture
def url(chat: LocalChat) -> str:
    return f"{chat.url}/bot{chat.token}"


def test_get_me_describes_a_bot(call: Call) -> None:
    me = call("getMe")["result"]
    assert me["is_bot"] is True
    assert me["username"].endswith("bot")


@pytest.mark.parametrize("name", ["getMe", "getme", "GETME", "GeTmE"])
def test_a_methods_name_may_be_written_in_any_case(call: Call, name: str) -> None:
    assert call(name)["ok"] is True


def test_another_token_is_unauthorized(chat: LocalChat) -> None:
    answer = httpx.get(f"{chat.url}/bot2:another/getMe", trust_env=False)
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


def test_a_file_is_not_given_to_another_token(chat: LocalChat) -> None:
    assert httpx.get(f"{chat.url}/file/bot2:another/photos/file_0.jpg", trust_env=False).status_code == 401


@pytest.mark.parametrize("path", ["getNothing", "getNothing/more", ""])
def test_an_unknown_method_is_not_found(url: str, path: str) -> None:
    answer = httpx.get(f"{url}/{path}", trust_env=False)
    assert answer.status_code == 404
    assert answer.json()["ok"] is False
    assert answer.json()["error_code"] == 404


def test_parameters_may_come_in_every_way(url: str, ada: Person) -> None:
    ada.say("hello")
    content = {"chat_id": "1", "text": "hi"}
    answers = [
        httpx.get(f"{url}/sendMessage", params=content, trust_env=False),
        httpx.post(f"{url}/sendMessage", params=content, trust_env=False),
        httpx.post(f"{url}/sendMessage", data=content, trust_env=False),
        httpx.post(f"{url}/sendMessage", json=content | {"chat_id": 1}, trust_env=False),
        httpx.post(f"{url}/sendMessage", files={key: (None, value) for key, value in content.items()}, trust_env=False),
    ]
    assert [answer.json()["result"]["text"] for answer in answers] == ["hi"] * 5
    assert len(ada.answers(5)) == 5


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("sendMessage", {"chat_id": 1, "text": "hi", "reply_markup": "{"}),
        ("sendMessage", {"chat_id": 1, "text": "hi", "reply_markup": [1]}),
        ("sendMessage", {"chat_id": 1, "text": "hi", "entities": [{"type": "bold"}]}),
        ("sendMessage", {"chat_id": 1, "text": "hi", "reply_parameters": {"message_id": "x"}}),
        ("sendMediaGroup", {"chat_id": 1, "media": [1, 2]}),
        ("setMyCommands", {"commands": ["start"]}),
        ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": "x"}}),
        ("getUpdates", {"offset": "soon"}),
        ("getUpdates", {"allowed_updates": "everything"}),
        ("deleteMessage", {"chat_id": 1, "message_id": "x"}),
    ],
)
def test_a_malformed_parameter_is_a_bad_request(
    ada: Person, call: Call, method: str, parameters: dict[str, object]
) -> None:
    ada.say("hello")
    answer = call(method, **parameters)
    assert answer["error_code"] == 400
    assert answer["description"].startswith("Bad Request: ")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"text": "\\ud800"}', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_a_bad_request(url: str, body: bytes) -> None:
    answer = httpx.post(f"{url}/getMe", content=body, headers={"Content-Type": "application/json"}, trust_env=False)
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("Bad Request: ")


def test_a_body_that_is_too_large_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localchat.parameters.MAX_BODY", 2**20)
    answer = httpx.post(f"{url}/sendDocument", files={"document": bytes(2**20)}, timeout=60, trust_env=False)
    assert answer.status_code == 413
    assert answer.json()["description"] == "Request Entity Too Large"


def test_json_parameters_may_be_text_in_a_form(url: str, ada: Person) -> None:
    ada.say("hello")
    media = [{"type": "photo", "media": "attach://a"}, {"type": "photo", "media": "attach://b"}]
    form = {"chat_id": "1", "media": json.dumps(media)}
    answer = httpx.post(f"{url}/sendMediaGroup", data=form, files={"a": picture(), "b": picture()}, trust_env=False)
    assert len(answer.json()["result"]) == 2
