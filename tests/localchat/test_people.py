"""What people do in the chat, as the bot gets to know it."""

import socket
import time

import httpx
import pytest

from localchat import LocalChat, telegram
from localchat.bell import Bell
from localchat.chats import MAX_EVENTS, MAX_MESSAGES, Chats
from localchat.kinds import KINDS
from localchat.photos import encode_sizes
from localchat.updates import MAX_UPDATES, Updates
from tests.localchat.conftest import Call, picture
from tests.person import Person


def send(chat: LocalChat, form: dict[str, str], *files: tuple[str, bytes]) -> httpx.Response:
    parts = [("files", file) for file in files]
    return httpx.post(f"{chat.url}/chat/send", data=form, files=parts, timeout=30, trust_env=False)


def test_a_message_says_who_wrote_it(chat: LocalChat, call: Call) -> None:
    Person(chat.url, chat=42, language="fr", name="Zoé").say("Bonjour")
    message = call("getUpdates")["result"][0]["message"]
    assert message["from"] == {"id": 42, "is_bot": False, "first_name": "Zoé", "language_code": "fr"}
    assert message["chat"] == {"id": 42, "type": "private", "first_name": "Zoé"}
    assert call("getChat", chat_id=42)["result"]["first_name"] == "Zoé"
    assert call("getChatMember", chat_id=42, user_id=42)["result"]["status"] == "member"


def test_a_photo_that_many_send_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = list[bytes]()

    def noted(data: bytes) -> list[tuple[tuple[int, int], bytes]]:
        encoded.append(data)
        return encode_sizes(data)

    monkeypatch.setattr(telegram, "encode_sizes", noted)
    photos = [picture(40, 30), picture(30, 40)]
    with LocalChat(0) as chat:
        for person in range(1, 4):
            for photo in photos:
                Person(chat.url, chat=person).send_photo(photo)
    assert encoded == photos


def test_commands_and_links_are_found_in_a_text(ada: Person, call: Call) -> None:
    ada.say("/start 🙂 see https://example.org/a?b=c.")
    entities = call("getUpdates")["result"][0]["message"]["entities"]
    assert entities == [{"type": "bot_command", "offset": 0, "length": 6}, {"type": "url", "offset": 14, "length": 25}]


def test_several_photos_become_an_album(ada: Person, call: Call) -> None:
    ids = ada.send_album([picture(), picture(color="red"), picture(color="blue")])
    messages = [update["message"] for update in call("getUpdates")["result"]]
    assert [message["message_id"] for message in messages] == ids
    assert len({message["media_group_id"] for message in messages}) == 1
    assert all("photo" in message for message in messages)


def test_a_single_photo_is_no_album_and_carries_its_caption(ada: Person, call: Call) -> None:
    ada.send_photo(picture(), "Look at /help")
    message = call("getUpdates")["result"][0]["message"]
    assert "media_group_id" not in message
    assert message["caption"] == "Look at /help"
    assert message["caption_entities"] == [{"type": "bot_command", "offset": 8, "length": 5}]


def test_what_is_no_picture_is_not_sent_as_a_photo(chat: LocalChat, call: Call) -> None:
    answer = send(chat, {}, ("a.png", picture()), ("b.jpg", b"no picture"), ("c.png", picture()))
    assert answer.status_code == 400
    assert answer.json()["unreadable"] == [1]
    assert call("getUpdates")["result"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_can_be_sent_with_and_without_a_file(ada: Person, call: Call, kind: str) -> None:
    ids = [ada.send(kind), ada.send(kind, b"bytes")]
    messages = [update["message"] for update in call("getUpdates")["result"]]
    assert [message["message_id"] for message in messages] == ids
    assert all(kind in message for message in messages)


@pytest.mark.parametrize(
    "form",
    [{}, {"text": "  "}, {"text": "x" * 4097}, {"kind": "smell"}, {"kind": "document"}, {"text": "hi", "chat": "-5"}],
)
def test_what_cannot_be_sent_is_refused_with_a_reason(chat: LocalChat, call: Call, form: dict[str, str]) -> None:
    answer = send(chat, form)
    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 10
    assert call("getUpdates")["result"] == []


def test_a_person_may_reply(chat: LocalChat, ada: Person, call: Call) -> None:
    first = ada.say("hello")
    send(chat, {"text": "I mean it", "reply_to": str(first)})
    assert call("getUpdates")["result"][1]["message"]["reply_to_message"]["text"] == "hello"


def test_chats_do_not_see_each_other(chat: LocalChat, call: Call) -> None:
    ada, bob = Person(chat.url, chat=1), Person(chat.url, chat=2, name="Bob")
    ada.say("hello")
    bob.say("hello")
    call("sendMessage", chat_id=2, text="for Bob")
    assert bob.answers()[0]["text"] == "for Bob"
    ada.silence(0.2)


def test_events_start_anew_after_the_server_did(chat: LocalChat, ada: Person) -> None:
    ada.say("hello")
    query = {"chat": "1", "after": "999", "timeout": "20"}
    page = httpx.get(f"{chat.url}/chat/events", params=query, timeout=5, trust_env=False).json()
    assert [event["message"]["text"] for event in page["events"]] == ["hello"]
    assert page["last"] == 1


def test_files_that_are_no_pictures_are_only_offered_for_download(chat: LocalChat, ada: Person, call: Call) -> None:
    ada.send_file(b"<script>alert(1)</script>", "a.html", "text/html")
    file_id = call("getUpdates")["result"][0]["message"]["document"]["file_id"]
    answer = httpx.get(f"{chat.url}/chat/file/{file_id}", trust_env=False)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{chat.url}/chat/file/unknown", trust_env=False).status_code == 404


async def test_only_the_newest_messages_events_and_updates_are_kept() -> None:
    chats, updates = Chats(Bell()), Updates(Bell())
    person = chats.meet(1, "Ada", "en")
    for number in range(MAX_MESSAGES + 5):
        chats.add(1, person, {"text": str(number)})
    for number in range(MAX_UPDATES + 5):
        updates.add("message", {"text": str(number)})
    assert chats.message(1, 5) is None
    assert chats.message(1, 6) is not None
    assert len(chats.events(1, 0)) == MAX_EVENTS
    assert len(updates) == MAX_UPDATES


@pytest.mark.parametrize("path", ["/chat/send", "/chat/press", "/bot1:local-chat/sendPhoto"])
def test_a_tab_that_is_closed_while_it_sends_prints_nothing(
    path: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with LocalChat(0) as own:
        host, port = own.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as tab:
            head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            tab.sendall(f"{head}Content-Length: 100000\r\n\r\n--x\r\n".encode())
            time.sleep(0.2)  # the server has begun to read
        assert httpx.get(f"{own.url}/chat/bot", trust_env=False).status_code == 200
        time.sleep(0.2)
    said = capfd.readouterr()
    assert "Traceback" not in said.err + said.out + caplog.text and not caplog.records
