"""A Telegram in this process and a bot that polls it, for the test of any order: no sockets, only timers."""

import asyncio
import itertools
import json
from collections import Counter
from typing import Any

from telegram import Update
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import RequestData

from bot.telegram.acknowledgement import AcknowledgingBot
from bot.telegram.http import NotSentError
from bot.telegram.request import TelegramRequest
from bot.telegram.retry import with_retries
from bot.telegram.update_processor import UpdateProcessor

KINDS = ("photo", "slow photo", "bug", "unreadable", "dropped")
FAULTS = ("refused", "cut", "500", "429", "web page", "lost", "timed out")
AMBIGUOUS = ("web page", "lost", "timed out")  # what Telegram has done, but the bot cannot know
METHODS = ("getUpdates", "sendMessage")


class Telegram:
    """Keeps updates until they are confirmed.

    Attributes:
        pending: what each update that is not confirmed is, by id.
        dealt_with: ids of those that the bot may confirm.
        answers: how often each was answered.
        allowed: how often it may be answered beyond the first time.
        told: ids of those whose sender was told that they were given up.
        early: ids of those confirmed although they were not dealt with.
    """

    def __init__(self) -> None:
        self.pending: dict[int, str] = {}
        self.sent: dict[int, str] = {}
        self.dealt_with: set[int] = set()
        self.answers, self.allowed = Counter[int](), Counter[int]()
        self.early: list[int] = []
        self.told: set[int] = set()
        self.faults: dict[str, list[str]] = {method: [] for method in METHODS}
        self._ids = itertools.count(1)

    def receive(self, kind: str) -> None:
        number = next(self._ids)
        self.pending[number] = self.sent[number] = kind
        if kind == "unreadable":
            self.dealt_with.add(number)

    async def handle(
        self, url: str, http_method: str, request_data: RequestData | None = None, **options: Any
    ) -> tuple[int, bytes]:
        """Answers a request, with an HTTP status and a body, or lets it fail as `bot.telegram.http` does."""
        method, given = url.rpartition("/")[2], request_data.json_parameters if request_data else {}
        queued = self.faults.get(method, [])
        fault = queued.pop(0) if queued else ""
        if fault == "refused":
            raise NotSentError("refused")
        if fault == "cut":
            raise NetworkError("cut") from OSError()
        if fault in ("500", "429"):
            more = {"parameters": {"retry_after": 1}} if fault == "429" else {}
            return int(fault), json.dumps({"ok": False, "description": "no", "error_code": int(fault)} | more).encode()
        result = await getattr(self, method)(given)
        if fault in AMBIGUOUS and method == "sendMessage":
            self.allowed[int(given["text"])] += 1
        if fault == "lost":
            raise NetworkError("lost") from OSError()
        if fault == "timed out":
            raise TimedOut
        if fault == "web page":
            return 502, b"<h1>Bad Gateway</h1>"
        return 200, json.dumps({"ok": True, "result": result}).encode()

    async def getUpdates(self, given: dict[str, str]) -> list[dict[str, Any]]:
        offset = int(given.get("offset", 0))
        gone = [number for number in self.pending if number < offset]
        self.early += [number for number in gone if number not in self.dealt_with]
        for number in gone:
            del self.pending[number]
        if not self.pending and float(given.get("timeout", 0)):
            await asyncio.sleep(1)
        return [
            {"update_id": number, "poll" if kind == "unreadable" else "new_kind": {"id": "1"}}
            for number, kind in itertools.islice(self.pending.items(), int(given["limit"]))
        ]

    async def sendMessage(self, given: dict[str, str]) -> dict[str, Any]:
        self.answers[int(given["text"])] += 1
        return {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}

    async def getWebhookInfo(self, given: dict[str, str]) -> dict[str, Any]:
        return {"url": "", "has_custom_certificate": False, "pending_update_count": len(self.pending)}


class Process:
    """A bot that polls, answers each photo with the number of its update, and can be killed."""

    def __init__(self, telegram: Telegram, apology_breaks: bool):
        self._telegram, self._apology_breaks = telegram, apology_breaks
        self._bot = AcknowledgingBot("1:a", "http://telegram.test/bot", request=TelegramRequest())
        self._processor = UpdateProcessor(self._bot.acknowledgements, self._apologize, lambda record, took: None)
        self._bot.hand_updates_to(self._processor)
        self.released, self._dropped = asyncio.Event(), set[int]()
        self._works: list[asyncio.Task[Any]] = []
        self._polling = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            try:
                updates = await self._bot.get_updates(timeout=10)
            except TelegramError:
                await asyncio.sleep(1)
                continue
            for update in updates:
                if self._telegram.sent[update.update_id] == "dropped" and update.update_id not in self._dropped:
                    self._dropped.add(update.update_id)  # a bug between fetching and dealing with it
                else:
                    self._works.append(asyncio.create_task(self._processor.deal_with(update, self._answer(update))))

    async def _answer(self, update: Update) -> None:
        number = update.update_id
        kind = self._telegram.sent[number]
        if kind == "slow photo":
            await self.released.wait()
        if kind == "bug":
            self._telegram.dealt_with.add(number)
            raise RuntimeError("a bug")
        await with_retries(lambda: self._bot.send_message(1, str(number)), repeatable=False)
        self._telegram.dealt_with.add(number)

    async def _apologize(self, update: Update) -> None:
        self._telegram.dealt_with.add(update.update_id)
        self._telegram.told.add(update.update_id)
        if self._apology_breaks:
            raise asyncio.CancelledError if update.update_id % 2 else KeyError("a bug")

    async def stop(self) -> None:
        self.released.set()
        self._bot.stop_fetching()
        self._polling.cancel()
        await asyncio.wait((self._polling, *self._works))
        await self._bot.confirm()
        self._leave()

    async def kill(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._leave()

    def _leave(self) -> None:
        for number in self._telegram.pending:  # answered, but not confirmed: the next process answers it, too
            self._telegram.allowed[number] += self._telegram.answers[number] > 0
