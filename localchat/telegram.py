"""Everything the stand-in remembers: one bot, the people who write to it, messages, files and updates."""

import itertools
import re
import secrets
from collections import OrderedDict
from functools import lru_cache
from typing import Any

from localchat.bell import Bell
from localchat.chats import Chats
from localchat.entities import find_entities
from localchat.errors import Refusal
from localchat.faults import Faults
from localchat.files import Files
from localchat.limits import Limits
from localchat.photos import encode_sizes
from localchat.profile import Profile
from localchat.updates import Updates
from localchat.webhook import Webhook

USERNAME = "local_bot"
MENTION = re.compile(rf"(?<!\w)@{USERNAME}\b", re.IGNORECASE)
BOT_ID = 7_000_000_001  # above the ids that people have here, so that nobody is taken for the bot
MAX_QUERIES = 1_000  # unanswered; then the oldest expire
MAX_TEXT, MAX_CAPTION = 4096, 1024  # characters

Json = dict[str, Any]


class Telegram:
    """The state that both sides work on. For one event loop only."""

    def __init__(self, token: str):
        self.token = token
        self.bell = Bell()
        self.files = Files()
        self.encode_sizes = lru_cache(maxsize=4)(encode_sizes)  # tests and benchmarks send one photo many times
        self.chats = Chats(self.bell)
        self.updates = Updates(self.bell)
        self.webhook = Webhook(self.bell, self.updates)
        self.profile = Profile("Local bot")
        self.faults = Faults()
        self.limits = Limits()
        self.start = secrets.token_hex(4)
        self._callbacks: OrderedDict[str, int] = OrderedDict()
        self._guest_queries: OrderedDict[str, Json] = OrderedDict()
        self._numbers = itertools.count(1)

    @property
    def bot(self) -> Json:
        """The bot as a Bot API User."""
        return {"id": BOT_ID, "is_bot": True, "first_name": self.profile.text("name", ""), "username": USERNAME}

    def number(self) -> str:
        """A fresh id for an album, a callback query or a poll."""
        return str(next(self._numbers))

    def receive(self, chat: int, person: Json, content: Json, reply_to: int | None = None) -> Json:
        """A message of a person: shown in the chat, and queued as an update for the bot.

        Of a group that it is no member of, the bot learns only what mentions it.
        """
        message = self.chats.add(chat, person, content, reply_to)
        if chat not in self.chats.without_bot:
            self.updates.add("message", message)
        elif MENTION.search(content.get("text") or content.get("caption") or ""):
            query_id = self.number()
            self._remember(self._guest_queries, query_id, message)
            self.updates.add("guest_message", message | {"guest_query_id": query_id})
        return message

    def answer_guest(self, query_id: str, content: Json) -> str | None:
        """The bot says something where it was mentioned as a guest; returns the message's number, None if it is too late."""
        message = self._guest_queries.pop(query_id, None)
        if message is None:
            return None
        caller = {"guest_bot_caller_user": message["from"]}
        sent = self.chats.add(message["chat"]["id"], self.bot, content | caller, message["message_id"])
        return f"guest{sent['message_id']}"

    def press(self, chat: int, person: Json, message_id: int, data: str, too_old: bool = False) -> None:
        """A person presses an inline button; of a message that is too old, the bot learns no more than its number.

        Raises:
            Refusal: the message is gone or has no such button.
        """
        message = self.chats.message(chat, message_id)
        rows = message.get("reply_markup", {}).get("inline_keyboard", []) if message else []
        if message is None or not any(button.get("callback_data") == data for row in rows for button in row):
            raise Refusal(400, f"Message {message_id} has no button with the data {data!r}.")
        query_id = self.number()
        self._remember(self._callbacks, query_id, chat)
        inaccessible = {"message_id": message_id, "chat": message["chat"], "date": 0}
        shown = inaccessible if too_old else self.chats.as_now(message)
        query = {"id": query_id, "from": person, "message": shown, "chat_instance": str(chat), "data": data}
        self.updates.add("callback_query", query)

    def _remember(self, queries: OrderedDict[str, Any], query_id: str, what: Any) -> None:
        queries[query_id] = what
        while len(queries) > MAX_QUERIES:
            queries.popitem(last=False)

    def answer_callback(self, query_id: str, text: str, show_alert: bool, url: str) -> bool:
        """Tell the person who pressed; False if nobody waits for that answer."""
        chat = self._callbacks.pop(query_id, None)
        if chat is None:
            return False
        self.chats.tell(chat, "callback_answer", text=text, show_alert=show_alert, url=url)
        return True


def plain(text: str, key: str = "text") -> Json:
    """A text or caption as a person types it, with its commands and links found, as a part of a Message."""
    entities = find_entities(text)
    return {key: text} | ({"entities" if key == "text" else "caption_entities": entities} if entities else {})
