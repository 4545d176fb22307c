"""A person in the local chat, as tests play one: says things, sends photos, presses buttons, reads the answers.

Speaks HTTP to the people's side of the local chat and knows nothing of the bot or of the model.
"""

import time
from collections.abc import Callable
from typing import Any

import httpx


class Person:
    """Somebody in a chat with the bot.

    Args:
        url: where the local chat runs, as `LocalChat.url`.
        chat: the person's id, which is the private chat's id too.
        language: the language of the person's Telegram, such as "en" or "fr".
        name: first name.
        group: a group's number, below 0, when the person is met there instead of in a private chat.
        status: what the person is there: "member", "administrator" or "creator".
        without_bot: whether the bot is no member of that group.

    Attributes:
        seen: every event of the chat that was read so far, oldest first, as `GET /chat/events` gives them.
    """

    def __init__(
        self,
        url: str,
        chat: int = 1,
        language: str = "en",
        name: str = "Ada",
        group: int = 0,
        status: str = "member",
        without_bot: bool = False,
    ):
        self.without_bot = without_bot
        self.chat, self.language, self.name, self.group, self.status = chat, language, name, group, status
        self._where = group or chat
        self.seen: list[dict[str, Any]] = []
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False, verify=False)  # no certificates to load
        self._last: int = self._get("/chat/events", {"chat": self._where, "after": 0, "timeout": 0}).json()["last"]
        self._unread: list[dict[str, Any]] = []
        self._taken: set[int] = set()

    def say(self, text: str, reply_to: int | None = None) -> int:
        """Send a text, as a reply to the message with that id if one is given; returns its message id."""
        return self._send({"text": text, "reply_to": str(reply_to or "")})[0]

    def send_photo(self, data: bytes, caption: str | None = None, reply_to: int | None = None) -> int:
        """Send a photo the way a phone does, as a reply if asked for; returns its message id."""
        return self._send({"caption": caption, "reply_to": str(reply_to or "")}, [("photo.jpg", data, "image/jpeg")])[0]

    def send_album(self, photos: list[bytes], caption: str | None = None) -> list[int]:
        """Send several photos at once; returns their message ids."""
        return self._send(
            {"caption": caption}, [(f"{number}.jpg", data, "image/jpeg") for number, data in enumerate(photos)]
        )

    def send_file(self, data: bytes, file_name: str, mime_type: str) -> int:
        """Send a file as a file, its bytes untouched; returns its message id."""
        return self._send({"kind": "document"}, [(file_name, data, mime_type)])[0]

    def send(self, kind: str, data: bytes | None = None, caption: str | None = None) -> int:
        """Send a message of another kind ("sticker", "video", "voice", "location", ...); returns its message id."""
        files = [] if data is None else [(kind, data, "application/octet-stream")]
        return self._send({"kind": kind, "caption": caption}, files)[0]

    def send_live_photo(self, photo: bytes, film: bytes) -> int:
        """Send a photo with the film of the moment around it; returns its message id."""
        return self._send({"kind": "live_photo"}, [("a.mp4", film, "video/mp4"), ("a.jpg", photo, "image/jpeg")])[0]

    def tap(self, message: dict[str, Any], text: str) -> None:
        """Tap the button that begins with that text under a message of the bot."""
        buttons = [button for row in message["reply_markup"]["inline_keyboard"] for button in row]
        self.press(message, next(button["callback_data"] for button in buttons if button["text"].startswith(text)))

    def press(self, message: dict[str, Any], data: str, too_old: bool = False) -> None:
        """Press the button with that callback data under a message of the bot.

        Args:
            message: as the person sees it.
            data: the button's.
            too_old: whether Telegram tells the bot no more of the message than its number.
        """
        body = {
            "chat": self.chat,
            "message_id": message["message_id"],
            "data": data,
            "too_old": too_old,
            "language": self.language,
            "name": self.name,
        }
        _checked(self._http.post("/chat/press", json=body))

    def delete(self, message_id: int) -> None:
        """Take a message back."""
        _checked(
            self._http.post("/chat/delete", json={"chat": self.chat, "group": self.group, "message_id": message_id})
        )

    def answers(self, count: int = 1, timeout: float = 60.0) -> list[dict[str, Any]]:
        """The next messages of the bot that were not returned yet, as Bot API Messages.

        Args:
            count: how many.
            timeout: seconds to wait for all of them.

        Raises:
            AssertionError: fewer came in time; says which.
        """
        deadline = time.monotonic() + timeout
        while len(self._unread) < count and (left := deadline - time.monotonic()) > 0:
            self._read(left)
        assert len(self._unread) >= count, (
            f"{len(self._unread)} of {count} answers came within {timeout:g} s: {[_short(m) for m in self._unread]}; "
            f"the chat's last events: {[_short_event(event) for event in self.seen[-8:]]}"
        )
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def changed(self, message: dict[str, Any], timeout: float = 60.0) -> dict[str, Any]:
        """A message of the bot after its next change that was not returned yet.

        Raises:
            AssertionError: it does not change in time.
        """
        return self._next("edit", timeout, lambda event: event["message"]["message_id"] == message["message_id"])[
            "message"
        ]

    def notice(self, timeout: float = 60.0) -> str:
        """What the bot says to the next tap that was not asked for yet; empty when it says nothing.

        Raises:
            AssertionError: it does not react to a tap in time.
        """
        return str(self._next("callback_answer", timeout, lambda event: True)["text"])

    def silence(self, seconds: float) -> None:
        """Check that the bot sends no message for that long.

        Raises:
            AssertionError: it sent one, or one is there that `answers` did not return.
        """
        deadline = time.monotonic() + seconds
        while not self._unread and (left := deadline - time.monotonic()) > 0:
            self._read(left)
        assert not self._unread, f"the bot was expected to be silent but sent: {[_short(m) for m in self._unread]}"

    def answer_to(self, sent: int) -> dict[str, Any]:
        """The bot's next message, which must answer that one: it had no more to say to what was sent before."""
        (answer,) = self.answers()
        assert answer.get("reply_to_message", {}).get("message_id") == sent, f"this came before: {_short(answer)}"
        return answer

    def picture(self, message: dict[str, Any]) -> bytes:
        """The bytes of the largest size of a message's photo."""
        largest = max(message["photo"], key=lambda size: size["width"] * size["height"])
        return self._get(f"/chat/file/{largest['file_id']}").content

    def document(self, message: dict[str, Any]) -> bytes:
        """The bytes of a message's file."""
        return self._get(f"/chat/file/{message['document']['file_id']}").content

    def _send(self, fields: dict[str, str | None], files: list[tuple[str, bytes, str]] | None = None) -> list[int]:
        form = {key: value for key, value in fields.items() if value is not None}
        form |= {"chat": str(self.chat), "language": self.language, "name": self.name}
        if self.group:
            form |= {"group": str(self.group), "status": self.status, "without_bot": str(self.without_bot)}
        answer = self._http.post("/chat/send", data=form, files=[("files", file) for file in files or []])
        ids: list[int] = _checked(answer).json()["message_ids"]
        return ids

    def _next(self, kind: str, timeout: float, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while True:
            for event in self.seen:
                if event["type"] == kind and event["id"] not in self._taken and wanted(event):
                    self._taken.add(event["id"])
                    return event
            left = deadline - time.monotonic()
            assert left > 0, f"no {kind} within {timeout:g} s; the chat's last events: {self.seen[-8:]}"
            self._read(left)

    def _read(self, timeout: float) -> None:
        parameters = {"chat": self._where, "after": self._last, "timeout": min(timeout, 20)}
        page = self._get("/chat/events", parameters).json()
        self._last = page["last"]
        self.seen += page["events"]
        self._unread += [
            event["message"] for event in page["events"] if event["type"] == "message" and event["from_bot"]
        ]

    def _get(self, path: str, parameters: dict[str, float] | None = None) -> httpx.Response:
        return _checked(self._http.get(path, params=parameters))


def _checked(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
    return answer


def _short(message: dict[str, Any]) -> str:
    text = message.get("text") or message.get("caption")
    return repr(text) if text else "/".join(sorted(message.keys() - {"message_id", "date", "chat", "from"}))


def _short_event(event: dict[str, Any]) -> str:
    who = "bot" if event["from_bot"] else "person"
    return f"{event['type']} of the {who}: {_short(event['message']) if 'message' in event else event}"
