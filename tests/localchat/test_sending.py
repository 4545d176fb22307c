"""What a bot may send, and what it is refused, in Telegram's words."""

from typing import Any

import httpx
import pytest

from localchat import LocalChat
from tests.localchat.conftest import Call, picture, size
from tests.person import Person


def upload(chat: LocalChat, method: str, data: bytes, **fields: str) -> dict[str, Any]:
    kind = method.removeprefix("send").lower()
    url = f"{chat.url}/bot{chat.token}/{method}"
    answer = httpx.post(url, data={"chat_id": "1", **fields}, files={kind: data}, timeout=60, trust_env=False)
    body: dict[str, Any] = answer.json()
    return body


def test_a_text_arrives(ada: Person, call: Call) -> None:
    ada.say("hello")
    sent = call("sendMessage", chat_id=1, text="  hi there ")["result"]
    assert sent["text"] == "hi there"
    assert sent["from"]["is_bot"] is True
    assert ada.answers() == [sent]


def test_a_bot_cannot_write_first(call: Call) -> None:
    assert call("sendMessage", chat_id=1, text="hi")["description"] == "Bad Request: chat not found"
    assert call("sendMessage", text="hi")["description"] == "Bad Request: chat_id is empty"


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "Bad Request: message text is empty"),
        (" \n ", "Bad Request: message text is empty"),
        ("x" * 4097, "Bad Request: message is too long"),
    ],
)
def test_a_text_has_1_to_4096_characters(ada: Person, call: Call, text: str, description: str) -> None:
    ada.say("hello")
    assert call("sendMessage", chat_id=1, text=text)["description"] == description
    assert call("sendMessage", chat_id=1, text="x" * 4096)["ok"] is True


def test_a_text_may_reply_to_a_message(ada: Person, call: Call) -> None:
    asked = ada.say("hello")
    sent = call("sendMessage", chat_id=1, text="hi", reply_parameters={"message_id": asked})["result"]
    assert sent["reply_to_message"]["message_id"] == asked
    assert sent["reply_to_message"]["text"] == "hello"


def test_a_reply_to_a_message_that_is_gone_needs_permission(ada: Person, call: Call) -> None:
    asked = ada.say("hello")
    call("deleteMessage", chat_id=1, message_id=asked)
    refused = call("sendMessage", chat_id=1, text="hi", reply_parameters={"message_id": asked})
    assert refused["description"] == "Bad Request: message to be replied not found"
    allowed = {"message_id": asked, "allow_sending_without_reply": True}
    assert "reply_to_message" not in call("sendMessage", chat_id=1, text="hi", reply_parameters=allowed)["result"]


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"text": "Yes"}, "text buttons are unallowed in the inline keyboard"),
        ({"text": "Yes", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "Yes", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "", "callback_data": "yes"}, 'field "text" must be a non-empty string'),
        ({"text": "Yes", "url": "nowhere"}, "wrong HTTP URL"),
    ],
)
def test_a_button_must_do_something(ada: Person, call: Call, button: dict[str, str], description: str) -> None:
    ada.say("hello")
    answer = call("sendMessage", chat_id=1, text="Sure?", reply_markup={"inline_keyboard": [[button]]})
    assert description in answer["description"]
    ada.silence(0.1)


def test_a_photo_arrives_in_several_sizes(chat: LocalChat, ada: Person) -> None:
    ada.say("hello")
    upload(chat, "sendPhoto", picture(2000, 1000), caption="<b>Look</b>", parse_mode="HTML")
    [message] = ada.answers()
    assert [(shown["width"], shown["height"]) for shown in message["photo"]] == [
        (90, 45),
        (320, 160),
        (800, 400),
        (1280, 640),
    ]
    assert message["caption"] == "Look"
    assert message["caption_entities"] == [{"type": "bold", "offset": 0, "length": 4}]
    assert size(ada.picture(message)) == (1280, 640)


def test_a_photo_is_sent_again_by_its_file_id(ada: Person, call: Call) -> None:
    ada.send_photo(picture())
    [update] = call("getUpdates")["result"]
    photo = update["message"]["photo"]
    assert call("sendPhoto", chat_id=1, photo=photo[-1]["file_id"])["result"]["photo"] == photo


@pytest.mark.parametrize(
    ("data", "description"),
    [
        (b"", "Bad Request: file must be non-empty"),
        (b"no picture", "Bad Request: IMAGE_PROCESS_FAILED"),
        (picture(9000, 1001), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
        (picture(2100, 100), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
        (
            picture() + bytes(10 * 2**20),
            "Bad Request: file of size 10485914 bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
    ],
    ids=["empty", "not a picture", "too large", "too thin", "too many bytes"],
)
def test_a_photo_has_to_keep_telegrams_limits(chat: LocalChat, ada: Person, data: bytes, description: str) -> None:
    ada.say("hello")
    answer = upload(chat, "sendPhoto", data)
    if "too big" in description:
        description = description.replace("10485914", str(len(data)))
    assert answer["description"] == description
    assert answer["error_code"] == 400


def test_a_caption_has_at_most_1024_characters(chat: LocalChat, ada: Person) -> None:
    ada.say("hello")
    assert upload(chat, "sendPhoto", picture(), caption="x" * 1024)["ok"] is True
    assert (
        upload(chat, "sendPhoto", picture(), caption="x" * 1025)["description"]
        == "Bad Request: message caption is too long"
    )


def test_a_document_keeps_its_bytes(chat: LocalChat, ada: Person) -> None:
    ada.say("hello")
    data = picture(kind="BMP")
    upload(chat, "sendDocument", data)
    [message] = ada.answers()
    assert message["document"]["file_size"] == len(data)
    url = f"{chat.url}/chat/file/{message['document']['file_id']}"
    assert httpx.get(url, trust_env=False).content == data


def test_a_document_that_is_larger_than_telegram_allows_is_refused(
    chat: LocalChat, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localchat.methods.sending.MAX_UPLOAD", 2**20)
    ada.say("hello")
    assert upload(chat, "sendDocument", bytes(2**20))["ok"] is True
    assert upload(chat, "sendDocument", bytes(2**20 + 1))["error_code"] == 413


@pytest.mark.parametrize(
    ("photo", "description"),
    [
        ("", "Bad Request: there is no photo in the request"),
        ("AgACunknown", "Bad Request: wrong file identifier/HTTP URL specified"),
        ("https://example.org/a.jpg", "Bad Request: failed to get HTTP URL content"),
    ],
)
def test_a_photo_that_is_not_there_cannot_be_sent(ada: Person, call: Call, photo: str, description: str) -> None:
    ada.say("hello")
    assert call("sendPhoto", chat_id=1, photo=photo)["description"] == description


def test_a_document_is_not_sent_as_a_photo(ada: Person, call: Call) -> None:
    ada.send_file(b"text", "a.txt", "text/plain")
    [update] = call("getUpdates")["result"]
    answer = call("sendPhoto", chat_id=1, photo=update["message"]["document"]["file_id"])
    assert answer["description"] == "Bad Request: can't use file of type Document as Photo"


def test_an_album_has_one_group_and_its_captions(ada: Person, call: Call) -> None:
    ada.send_photo(picture())
    photo = call("getUpdates")["result"][0]["message"]["photo"][-1]["file_id"]
    media = [{"type": "photo", "media": photo, "caption": "first"}, {"type": "photo", "media": photo}]
    call("sendMediaGroup", chat_id=1, media=media)
    first, second = ada.answers(2)
    assert first["media_group_id"] == second["media_group_id"]
    assert (first["caption"], second.get("caption")) == ("first", None)


def test_an_album_has_no_more_than_10_pictures(ada: Person, call: Call) -> None:
    ada.send_photo(picture())
    photo = call("getUpdates")["result"][0]["message"]["photo"][-1]["file_id"]
    answer = call("sendMediaGroup", chat_id=1, media=[{"type": "photo", "media": photo}] * 11)
    assert answer["description"] == "Bad Request: too many messages to send as an album"
    assert "no messages" in call("sendMediaGroup", chat_id=1, media=[])["description"]
    ada.silence(0.1)


def test_an_album_with_one_bad_picture_is_not_sent_at_all(ada: Person, call: Call) -> None:
    ada.send_photo(picture())
    photo = call("getUpdates")["result"][0]["message"]["photo"][-1]["file_id"]
    media = [{"type": "photo", "media": photo}, {"type": "photo", "media": "AgACunknown"}]
    assert call("sendMediaGroup", chat_id=1, media=media)["ok"] is False
    ada.silence(0.1)


def test_the_person_sees_that_the_bot_is_typing(ada: Person, call: Call) -> None:
    ada.say("hello")
    call("sendChatAction", chat_id=1, action="typing")
    ada.silence(0.2)
    assert [event["action"] for event in ada.seen if event["type"] == "action"] == ["typing"]
    assert (
        call("sendChatAction", chat_id=1, action="dancing")["description"]
        == "Bad Request: wrong parameter action in request"
    )
