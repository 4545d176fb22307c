"""Many photos of one person keep nobody else waiting, and Telegram's limits are kept."""

import asyncio
from typing import Any

import pytest
from PIL import Image
from telegram.error import RetryAfter

from bot.queue import chat_limits
from bot.queue.chat_limits import ChatLimits, TooManyError
from bot.queue.fair_queue import FairQueue
from bot.telegram import rate_limit as limiter
from bot.telegram.rate_limit import RateLimiter
from localchat import LocalChat
from model import Classifier
from tests.bot.conftest import running_bot
from tests.bot.handlers.test_photos import StubClassifier
from tests.bot.photos import encoded, red_face
from tests.clock import hurried
from tests.person import Person


async def test_chats_take_turns_whoever_came_first() -> None:
    queue, order = FairQueue(at_once=1, per_chat=1), list[int]()

    async def one(chat: int) -> None:
        async with queue.slot(chat):
            order.append(chat)
            await asyncio.sleep(0)

    await asyncio.gather(*(one(chat) for chat in [1, 1, 1, 1, 2, 2, 3]))
    assert order == [1, 1, 2, 3, 1, 2, 1]


async def test_one_chat_has_a_share_of_the_room_and_a_cancelled_wait_takes_none() -> None:
    queue, inside = FairQueue(at_once=3, per_chat=2), list[int]()
    leave = asyncio.Event()

    async def one(chat: int) -> None:
        async with queue.slot(chat):
            inside.append(chat)
            await leave.wait()

    tasks = [asyncio.create_task(one(chat)) for chat in [1, 1, 1, 1, 2]]
    await asyncio.sleep(0.01)
    assert sorted(inside) == [1, 1, 2]
    tasks[2].cancel()
    leave.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(inside) == [1, 1, 1, 2]


async def test_photos_of_one_chat_beyond_the_limit_are_refused_until_some_are_answered() -> None:
    crowd = ChatLimits()
    with crowd.counted(1, chat_limits.MOST - 10):
        with crowd.counted(1, 10):
            with pytest.raises(TooManyError), crowd.counted(1):
                pass
            with crowd.counted(2):
                pass
        with crowd.counted(1):
            pass
    with crowd.counted(1, chat_limits.MOST + 1):  # an album is never too many by itself
        pass


async def test_a_chat_is_told_once_of_each_kind() -> None:
    crowd = ChatLimits()
    assert [crowd.may_tell(1, "too_many") for _ in range(3)] == [True, False, False]
    assert crowd.may_tell(2, "too_many") and crowd.may_tell(1, "too_late")


def now() -> float:
    return asyncio.get_running_loop().time()


class Line:
    """Notes when which chat is written to."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, float, bool]] = []

    async def send(self, through: RateLimiter, chat: int, endpoint: str = "sendMessage") -> None:
        data: dict[str, Any] = {"chat_id": chat}

        async def call() -> None:
            self.sent.append((chat, now(), data.get("allow_paid_broadcast", False)))

        await through.process_request(call, (), {}, endpoint, data, None)


@hurried
async def test_one_chat_gets_one_message_a_second_while_others_get_theirs() -> None:
    line, through = Line(), RateLimiter()
    began = now()
    await asyncio.gather(*(line.send(through, chat) for chat in [1, 1, 1, 2, 3]))
    assert now() - began == pytest.approx(2, abs=0.1)
    assert {chat for chat, at, _ in line.sent if at - began < 0.5} == {1, 2, 3}


@hurried
async def test_all_chats_together_get_thirty_messages_a_second_for_free() -> None:
    line, through = Line(), RateLimiter()
    began = now()
    await asyncio.gather(*(line.send(through, chat) for chat in range(1, 61)))
    assert now() - began == pytest.approx(1.5, abs=0.1)  # half a second's worth went at once
    assert not any(paid for _, _, paid in line.sent)


@hurried
async def test_a_bot_that_pays_sends_more_and_pays_only_for_those() -> None:
    line, through = Line(), RateLimiter(500)
    await asyncio.gather(*(line.send(through, chat) for chat in range(1, 101)))
    paid = sum(paid for _, _, paid in line.sent)
    assert 0 < paid <= 100 - limiter.FREE


@hurried
async def test_a_group_gets_no_more_than_twenty_messages_a_minute() -> None:
    line, through = Line(), RateLimiter()
    through._of(-5)[1].max_rate = 1000  # the one of a second, which would take as many seconds
    tasks = [asyncio.create_task(line.send(through, -5)) for _ in range(25)]
    await asyncio.sleep(0.3)
    assert len(line.sent) == 20
    for task in tasks:
        task.cancel()


async def test_what_only_decorates_a_chat_waits_for_nothing() -> None:
    line, through = Line(), RateLimiter()
    await line.send(through, 1)
    async with asyncio.timeout(0.5):
        await asyncio.gather(*(line.send(through, 1, "sendChatAction") for _ in range(100)))


async def test_however_many_wait_typing_takes_one_connection_at_a_time() -> None:
    through, at_once = RateLimiter(), [0, 0]  # now, and at most

    async def typing() -> None:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(0.001)
        at_once[0] -= 1

    async def show(chat: int) -> None:
        await through.process_request(typing, (), {}, "sendChatAction", {"chat_id": chat}, None)

    await asyncio.gather(*map(show, range(50)))
    assert at_once == [0, 1]


@hurried
async def test_when_telegram_asks_one_chat_to_wait_only_that_chat_waits() -> None:
    line, through = Line(), RateLimiter()
    refusals = [RetryAfter(1)]

    async def refused_once() -> None:
        if refusals:
            raise refusals.pop()

    began = now()
    waiting = asyncio.create_task(through.process_request(refused_once, (), {}, "sendMessage", {"chat_id": 1}, None))
    await asyncio.sleep(0.05)
    await line.send(through, 2)
    assert not waiting.done()
    await waiting
    assert now() - began == pytest.approx(1, abs=0.1)


def test_five_hundred_photos_of_one_person_delay_another_by_little_and_are_called_too_many_once(
    classifier: Classifier,
) -> None:
    with LocalChat(0) as chat:
        flood, other = Person(chat.url, chat=1), Person(chat.url, chat=2)
        photo = encoded(Image.new("RGB", (60, 60)))  # quick to send
        for _ in range(50):
            flood.send_album([photo] * 10)
        with running_bot(chat, StubClassifier(classifier)):
            sent = other.send_photo(red_face())
            assert other.answers()[0]["reply_to_message"]["message_id"] == sent
            flood.say("/help")  # which is read after all of them
            told: list[str] = []
            while not told or "I look at each face" not in told[-1]:
                told.append(flood.answers()[0]["text"])
        assert sum("That's a lot of photos" in text for text in told) == 1
        assert sum("get to your last photos" in text for text in told) <= 1


def test_telegrams_limits_are_kept_while_many_write_at_once(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        chat.limits.on = True
        people = [Person(chat.url, chat=number) for number in range(1, 41)]
        for person in people:
            person.say("hello")
            person.say("hello again")
        with running_bot(chat, StubClassifier(classifier), RateLimiter):
            for person in people:
                person.answers(2)
        assert chat.limits.refused == 0
