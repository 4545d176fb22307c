"""Chats that the bot is no member of: it sees what mentions it, and answers that once."""

import json
from typing import Any

import pytest

from localchat import LocalChat
from tests.localchat.conftest import Call
from tests.person import Person


def article(text: str) -> str:
    return json.dumps({"type": "article", "id": "1", "title": "t", "input_message_content": {"message_text": text}})


@pytest.fixture
def ada_elsewhere(chat: LocalChat) -> Person:
    return Person(chat.url, chat=7, group=-5, without_bot=True)


def test_the_bot_sees_only_what_mentions_it_and_what_that_replies_to(ada_elsewhere: Person, call: Call) -> None:
    first = ada_elsewhere.say("between us")
    ada_elsewhere.say("write to me@local_bot.example, not to @local_bots")
    ada_elsewhere.say("what about this, @Local_Bot?", reply_to=first)
    (update,) = call("getUpdates")["result"]
    message = update["guest_message"]
    assert message["guest_query_id"] and message["reply_to_message"]["text"] == "between us"
    assert call("getMe")["result"]["supports_guest_queries"]


def test_the_bot_s_answer_is_read_there_and_only_once(ada_elsewhere: Person, call: Call) -> None:
    sent = ada_elsewhere.say("@local_bot")
    query = call("getUpdates")["result"][0]["guest_message"]["guest_query_id"]
    assert call("answerGuestQuery", guest_query_id=query, result=article("hi"))["result"]["inline_message_id"]
    answer = ada_elsewhere.answer_to(sent)
    assert answer["text"] == "hi" and answer["guest_bot_caller_user"]["id"] == 7
    again = call("answerGuestQuery", guest_query_id=query, result=article("hi"))
    assert "query is too old" in again["description"]


@pytest.mark.parametrize(
    "result", [{}, {"type": "photo", "id": "1"}, {"type": "article"}, {"type": "article", "input_message_content": "x"}]
)
def test_an_answer_without_words_is_refused(ada_elsewhere: Person, call: Call, result: dict[str, Any]) -> None:
    ada_elsewhere.say("@local_bot")
    query = call("getUpdates")["result"][0]["guest_message"]["guest_query_id"]
    refused = call("answerGuestQuery", guest_query_id=query, result=json.dumps(result))
    assert "articles of text only" in refused["description"]


def test_the_bot_cannot_write_there_otherwise_until_it_is_a_member(
    chat: LocalChat, ada_elsewhere: Person, call: Call
) -> None:
    ada_elsewhere.say("@local_bot")
    assert call("sendMessage", chat_id=-5, text="hi")["error_code"] == 403
    Person(chat.url, chat=7, group=-5).say("now it is")
    assert call("sendMessage", chat_id=-5, text="hi")["ok"]
