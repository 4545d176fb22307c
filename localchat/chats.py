"""The chats: who is in them, what was said, and what the page has to show. The oldest messages go first."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from localchat.bell import Bell

MAX_MESSAGES = 10_000  # of all chats together
MAX_EVENTS = 10_000
MAX_CHATS = 1_000

Json = dict[str, Any]
SUPERGROUPS = -1_000_000_000_000  # and below


class Chats:
    """Messages as the Bot API gives them, and a log of events.

    Attributes:
        last: number of the newest event.
        listeners: called with each event, as the page gets it.
    """

    def __init__(self, bell: Bell):
        self._bell = bell
        self._people: OrderedDict[int, Json] = OrderedDict()
        self._groups: OrderedDict[int, dict[int, str]] = OrderedDict()
        self.without_bot: set[int] = set()  # groups that the bot is no member of
        self._messages: OrderedDict[tuple[int, int], Json] = OrderedDict()
        self._events: deque[tuple[int | None, Json]] = deque(maxlen=MAX_EVENTS)
        self._pinned: dict[int, list[int]] = {}
        self._next_message = 1
        self.last = 0
        self.listeners: list[Callable[[Json], None]] = []

    def meet(self, chat: int, name: str, language: str) -> Json:
        """The person of a chat, as a Bot API User, after updating name and language."""
        self._people[chat] = {"id": chat, "is_bot": False, "first_name": name, "language_code": language}
        self._people.move_to_end(chat)
        while len(self._people) > MAX_CHATS:
            self._people.popitem(last=False)
        return self._people[chat]

    def join(self, group: int, person: int, status: str, without_bot: bool = False) -> None:
        """Let a person be in a group, as "member", "administrator" or "creator"; the bot may be no member of it."""
        (self.without_bot.add if without_bot else self.without_bot.discard)(group)
        self._groups.setdefault(group, {})[person] = status
        self._groups.move_to_end(group)
        while len(self._groups) > MAX_CHATS:
            self.without_bot.discard(self._groups.popitem(last=False)[0])

    def person(self, person: int) -> Json | None:
        """A person; None for somebody who never wrote."""
        return self._people.get(person)

    def known(self, chat: int) -> bool:
        """Whether somebody ever wrote there."""
        return chat in self._people or chat in self._groups

    def status(self, chat: int, person: int) -> str | None:
        """What a person is in a chat, as the Bot API's ChatMember says; None for who is not in it."""
        return self._groups[chat].get(person) if chat in self._groups else "member" if person == chat else None

    def describe(self, chat: int) -> Json:
        """The chat as a Bot API Chat."""
        if chat < 0:
            return {"id": chat, "type": "supergroup" if chat < SUPERGROUPS else "group", "title": "A group"}
        return {"id": chat, "type": "private", "first_name": self._people[chat]["first_name"]}

    def pin(self, chat: int, message_id: int) -> None:
        """Pin a message, above those that were pinned before."""
        self._pinned.setdefault(chat, []).append(message_id)

    def pinned(self, chat: int) -> Json | None:
        """The message that was pinned last and is still there."""
        there = (self.message(chat, number) for number in reversed(self._pinned.get(chat, ())))
        return next((message for message in there if message), None)

    def add(self, chat: int, sender: Json, content: Json, reply_to: int | None = None) -> Json:
        """Put a message into a chat; returns it as a Bot API Message."""
        message: Json = {
            "message_id": self._next_message,
            "from": sender,
            "chat": self.describe(chat),
            "date": int(time.time()),
        }
        if reply_to is not None and (replied := self.message(chat, reply_to)):
            message["reply_to_message"] = {key: value for key, value in replied.items() if key != "reply_to_message"}
        message |= content
        self._next_message += 1
        self._messages[chat, message["message_id"]] = message
        while len(self._messages) > MAX_MESSAGES:
            self._messages.popitem(last=False)
        self.tell(chat, "message", message=message)
        return message

    def message(self, chat: int, message_id: int) -> Json | None:
        """A message that is still there."""
        return self._messages.get((chat, message_id))

    def as_now(self, message: Json) -> Json:
        """A message with what it replies to as that is now: without it, when that was deleted."""
        if "reply_to_message" not in message:
            return message
        kept = {key: value for key, value in message.items() if key != "reply_to_message"}
        replied = self.message(message["chat"]["id"], message["reply_to_message"]["message_id"])
        if replied is None:
            return kept
        return kept | {"reply_to_message": {key: value for key, value in replied.items() if key != "reply_to_message"}}

    def replace(self, message: Json) -> None:
        """Put an edited message in the place of the one with its id."""
        self._messages[message["chat"]["id"], message["message_id"]] = message
        self.tell(message["chat"]["id"], "edit", message=message)

    def delete(self, chat: int, message_id: int) -> None:
        """Take a message away."""
        message = self._messages.pop((chat, message_id))
        self.tell(chat, "delete", message={"message_id": message_id, "chat": message["chat"]})

    def tell(self, chat: int | None, kind: str, from_bot: bool = True, **details: Any) -> None:
        """Log an event for the page; None means every chat."""
        if "from" in details.get("message", {}):
            from_bot = details["message"]["from"]["is_bot"]
        self.last += 1
        event = {"id": self.last, "type": kind, "from_bot": from_bot, **details}
        self._events.append((chat, event))
        for listener in self.listeners:
            listener(event)
        self._bell.ring()

    def events(self, chat: int, after: int) -> list[Json]:
        """The events of a chat after that number, oldest first."""
        newer = []
        for of_chat, event in reversed(self._events):
            if event["id"] <= after:
                break
            if of_chat in (chat, None):
                newer.append(event)
        return newer[::-1]
