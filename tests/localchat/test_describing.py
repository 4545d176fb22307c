"""How a bot presents itself: commands, name and descriptions, per language."""

import json

import httpx
import pytest

from localchat import LocalChat
from tests.localchat.conftest import Call, picture

ENGLISH = [{"command": "start", "description": "Say hello"}]
FRENCH = [{"command": "start", "description": "Dire bonjour"}]


def shown(chat: LocalChat, language: str, person: int = 1) -> dict[str, object]:
    answer = httpx.get(f"{chat.url}/chat/bot", params={"language": language, "chat": person}, trust_env=False)
    body: dict[str, object] = answer.json()
    return body


def test_commands_are_kept_per_language(call: Call) -> None:
    call("setMyCommands", commands=ENGLISH)
    call("setMyCommands", commands=FRENCH, language_code="fr")
    assert call("getMyCommands")["result"] == ENGLISH
    assert call("getMyCommands", language_code="fr")["result"] == FRENCH
    assert call("getMyCommands", language_code="de")["result"] == []


def test_a_person_sees_the_commands_of_their_language_or_the_default_ones(chat: LocalChat, call: Call) -> None:
    call("setMyCommands", commands=ENGLISH)
    call("setMyCommands", commands=FRENCH, language_code="fr")
    assert [shown(chat, language)["commands"] for language in ("fr", "de")] == [FRENCH, ENGLISH]


def test_the_narrowest_scope_wins(chat: LocalChat, call: Call) -> None:
    own = [{"command": "stats", "description": "Figures"}]
    call("setMyCommands", commands=FRENCH, language_code="fr")
    call("setMyCommands", commands=own, scope={"type": "chat", "chat_id": 7})
    assert shown(chat, "fr", person=7)["commands"] == own
    assert shown(chat, "fr")["commands"] == FRENCH
    call("deleteMyCommands", scope={"type": "chat", "chat_id": 7})
    assert shown(chat, "fr", person=7)["commands"] == FRENCH


@pytest.mark.parametrize(
    ("command", "description", "problem"),
    [
        ("Start", "x", "BOT_COMMAND_INVALID"),
        ("", "x", "BOT_COMMAND_INVALID"),
        ("a" * 33, "x", "BOT_COMMAND_INVALID"),
        ("start", "", "BOT_COMMAND_DESCRIPTION_INVALID"),
        ("start", "x" * 257, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ],
)
def test_a_command_that_telegram_refuses_is_refused(call: Call, command: str, description: str, problem: str) -> None:
    answer = call("setMyCommands", commands=[{"command": command, "description": description}])
    assert answer["description"] == f"Bad Request: {problem}"
    assert len(call("getMyCommands")["result"]) == 0


def test_more_than_100_commands_are_refused(call: Call) -> None:
    many = [{"command": f"c{number}", "description": "x"} for number in range(101)]
    assert call("setMyCommands", commands=many)["description"] == "Bad Request: BOT_COMMANDS_TOO_MUCH"


@pytest.mark.parametrize(
    ("method", "key", "limit"),
    [("MyName", "name", 64), ("MyDescription", "description", 512), ("MyShortDescription", "short_description", 120)],
)
def test_texts_fall_back_to_the_default_language(call: Call, method: str, key: str, limit: int) -> None:
    call(f"set{method}", **{key: "Hello"})
    call(f"set{method}", **{key: "Bonjour"}, language_code="fr")
    assert call(f"get{method}", language_code="fr")["result"] == {key: "Bonjour"}
    assert call(f"get{method}", language_code="de")["result"] == {key: "Hello"}
    call(f"set{method}", language_code="fr")
    assert call(f"get{method}", language_code="fr")["result"] == {key: "Hello"}
    assert call(f"set{method}", **{key: "x" * (limit + 1)})["error_code"] == 400
    assert call(f"set{method}", **{key: "x" * limit})["ok"] is True


def test_a_language_is_a_code_of_two_letters(call: Call) -> None:
    assert call("setMyName", name="Bot", language_code="english")["error_code"] == 400


def test_a_profile_photo_is_shown_until_it_is_taken_away(chat: LocalChat, call: Call) -> None:
    with httpx.Client(base_url=f"{chat.url}/bot{chat.token}", trust_env=False) as http:
        photo = {"photo": json.dumps({"type": "static", "photo": "attach://face"})}
        answer = http.post("/setMyProfilePhoto", data=photo, files={"face": ("a.jpg", picture(kind="JPEG"))})
    assert answer.json()["ok"]
    bot = call("getMe")["result"]["id"]
    (sizes,) = call("getUserProfilePhotos", user_id=bot)["result"]["photos"]
    assert shown(chat, "en")["photo"] == sizes[-1]["file_id"]
    assert call("getUserProfilePhotos", user_id=1)["result"]["total_count"] == 0
    assert "static photos only" in call("setMyProfilePhoto", photo={"type": "animated"})["description"]
    call("removeMyProfilePhoto")
    assert shown(chat, "en")["photo"] is None
