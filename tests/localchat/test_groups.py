"""Groups: who writes there, who is in it, and what the bot reads and says there."""

from localchat import LocalChat
from tests.localchat.conftest import Call
from tests.person import Person


def test_a_message_in_a_group_says_which_group_and_who(chat: LocalChat, call: Call) -> None:
    Person(chat.url, chat=7, name="Zoé", group=-5).say("@local_bot look")
    message = call("getUpdates")["result"][0]["message"]
    assert message["chat"]["type"] == "group" and message["chat"]["id"] == -5 and message["from"]["id"] == 7
    assert message["entities"] == [{"type": "mention", "offset": 0, "length": 10}]
    Person(chat.url, chat=7, group=-1_000_000_000_005).say("hello")
    assert call("getUpdates")["result"][1]["message"]["chat"]["type"] == "supergroup"


def test_everybody_in_a_group_reads_what_the_bot_says_there(chat: LocalChat, call: Call) -> None:
    ada, bob = (Person(chat.url, chat=number, group=-5) for number in (7, 8))
    ada.say("hello")
    assert call("sendMessage", chat_id=-5, text="hi")["ok"]
    assert ada.answers()[0]["text"] == bob.answers()[0]["text"] == "hi"


def test_a_group_knows_its_administrators(chat: LocalChat, call: Call) -> None:
    Person(chat.url, chat=7, group=-5, status="administrator").say("hello")
    Person(chat.url, chat=8, group=-5).say("hello")
    statuses = [call("getChatMember", chat_id=-5, user_id=user)["result"]["status"] for user in (7, 8)]
    assert statuses == ["administrator", "member"]
    assert not call("getChatMember", chat_id=-5, user_id=9)["ok"]


def test_a_message_can_be_taken_back(chat: LocalChat, ada: Person, call: Call) -> None:
    message = ada.say("oops")
    ada.delete(message)
    answer = call("sendMessage", chat_id=1, text="hi", reply_parameters={"message_id": message})
    assert answer["description"] == "Bad Request: message to be replied not found"
