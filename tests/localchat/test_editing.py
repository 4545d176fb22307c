"""How a bot changes and deletes messages, and answers pressed buttons."""

from typing import Any

import pytest

from tests.localchat.conftest import Call, picture
from tests.person import Person

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}, {"text": "No", "callback_data": "no"}]]}


@pytest.fixture
def question(ada: Person, call: Call) -> dict[str, Any]:
    ada.say("hello")
    call("getUpdates", offset=-1)
    call("sendMessage", chat_id=1, text="Sure?", reply_markup=KEYBOARD)
    return ada.answers()[0]


def update(call: Call) -> dict[str, Any]:
    newest: dict[str, Any] = call("getUpdates")["result"][-1]
    return newest


def test_a_text_is_edited_and_loses_its_buttons(ada: Person, call: Call, question: dict[str, Any]) -> None:
    edited = call("editMessageText", chat_id=1, message_id=question["message_id"], text="Thanks")["result"]
    assert edited["text"] == "Thanks"
    assert "reply_markup" not in edited
    assert edited["edit_date"] >= question["date"]
    ada.silence(0.1)
    assert [event["message"] for event in ada.seen if event["type"] == "edit"] == [edited]


def test_an_edit_that_changes_nothing_is_refused(call: Call, question: dict[str, Any]) -> None:
    same = {"chat_id": 1, "message_id": question["message_id"]}
    assert (
        "message is not modified" in call("editMessageText", **same, text="Sure?", reply_markup=KEYBOARD)["description"]
    )
    assert "message is not modified" in call("editMessageReplyMarkup", **same, reply_markup=KEYBOARD)["description"]
    assert call("editMessageReplyMarkup", **same)["ok"] is True


def test_a_caption_is_edited(ada: Person, call: Call) -> None:
    ada.send_photo(picture())
    photo = update(call)["message"]["photo"][-1]["file_id"]
    sent = call("sendPhoto", chat_id=1, photo=photo, caption="Before")["result"]["message_id"]
    assert call("editMessageCaption", chat_id=1, message_id=sent, caption="After")["result"]["caption"] == "After"
    refused = call("editMessageText", chat_id=1, message_id=sent, text="After")
    assert refused["description"] == "Bad Request: there is no text in the message to edit"


def test_a_text_has_no_caption_to_edit(call: Call, question: dict[str, Any]) -> None:
    answer = call("editMessageCaption", chat_id=1, message_id=question["message_id"], caption="x")
    assert answer["description"] == "Bad Request: there is no caption in the message to edit"


def test_only_its_own_messages_are_a_bots_to_edit(ada: Person, call: Call) -> None:
    said = ada.say("hello")
    assert (
        call("editMessageText", chat_id=1, message_id=said, text="x")["description"]
        == "Bad Request: message can't be edited"
    )
    assert (
        call("editMessageText", chat_id=1, message_id=999, text="x")["description"]
        == "Bad Request: message to edit not found"
    )


def test_a_message_is_deleted_once(ada: Person, call: Call, question: dict[str, Any]) -> None:
    message = {"chat_id": 1, "message_id": question["message_id"]}
    assert call("deleteMessage", **message)["result"] is True
    assert call("deleteMessage", **message)["description"] == "Bad Request: message to delete not found"
    ada.silence(0.1)
    assert [event["message"]["message_id"] for event in ada.seen if event["type"] == "delete"] == [
        question["message_id"]
    ]


def test_a_pressed_button_reaches_the_bot_and_its_answer_the_person(
    ada: Person, call: Call, question: dict[str, Any]
) -> None:
    ada.press(question, "no")
    query = update(call)["callback_query"]
    assert query["data"] == "no"
    assert query["from"]["language_code"] == "en"
    assert query["message"] == question
    assert call("answerCallbackQuery", callback_query_id=query["id"], text="Fine", show_alert=True)["result"] is True
    ada.silence(0.1)
    [answer] = [event for event in ada.seen if event["type"] == "callback_answer"]
    assert (answer["text"], answer["show_alert"]) == ("Fine", True)


def test_a_pressed_button_is_answered_once(ada: Person, call: Call, question: dict[str, Any]) -> None:
    ada.press(question, "no")
    query = update(call)["callback_query"]["id"]
    assert (
        call("answerCallbackQuery", callback_query_id=query, text="x" * 201)["description"]
        == "Bad Request: MESSAGE_TOO_LONG"
    )
    assert call("answerCallbackQuery", callback_query_id=query)["ok"] is True
    late = call("answerCallbackQuery", callback_query_id=query)["description"]
    assert late == "Bad Request: query is too old and response timeout expired or query ID is invalid"


def test_only_buttons_that_are_there_can_be_pressed(ada: Person, question: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="has no button"):
        ada.press(question, "maybe")


def test_a_picture_is_replaced_by_another_with_its_caption(ada: Person, call: Call) -> None:
    ada.send_photo(picture(60, 40))
    ada.send_photo(picture(30, 20))
    first, second = (sent["message"]["photo"][-1]["file_id"] for sent in call("getUpdates")["result"])
    sent = call("sendPhoto", chat_id=1, photo=first, caption="Before", reply_markup=KEYBOARD)["result"]["message_id"]
    media = {"type": "photo", "media": second, "caption": "After"}
    edited = call("editMessageMedia", chat_id=1, message_id=sent, media=media)["result"]
    assert edited["photo"][-1]["width"] == 30 and edited["caption"] == "After" and "reply_markup" not in edited
    refused = call("editMessageMedia", chat_id=1, message_id=sent, media={"type": "sticker", "media": second})
    assert "wrong type of media" in refused["description"]


def test_a_button_s_message_shows_what_it_replies_to_as_that_is_now(ada: Person, call: Call) -> None:
    said = ada.say("hello")
    call("sendMessage", chat_id=1, text="Sure?", reply_markup=KEYBOARD, reply_parameters={"message_id": said})
    question = ada.answers()[0]
    ada.press(question, "yes")
    assert update(call)["callback_query"]["message"]["reply_to_message"]["message_id"] == said
    ada.delete(said)
    ada.press(question, "no")
    assert "reply_to_message" not in update(call)["callback_query"]["message"]


def test_a_button_of_an_old_message_tells_little_of_it(ada: Person, call: Call, question: dict[str, Any]) -> None:
    ada.press(question, "yes", too_old=True)
    message = update(call)["callback_query"]["message"]
    assert message["date"] == 0 and message["message_id"] == question["message_id"] and "text" not in message
