"""What is tried again, and for how long."""

import asyncio

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.telegram import retry
from bot.telegram.http import NotSentError
from bot.telegram.request import NotTelegramError
from bot.telegram.retry import FIRST_DOUBT, FIRST_PAUSE, with_retries
from tests.clock import hurried


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.0)


class Calls:
    """Fails with each error in turn, then succeeds."""

    def __init__(self, *errors: TelegramError):
        self.errors, self.made = list(errors), 0

    async def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "sent"


@pytest.mark.usefixtures("no_pauses")
def test_what_the_network_swallowed_is_sent_again() -> None:
    calls = Calls(TimedOut(), NetworkError("reset"), NetworkError("502"))
    assert asyncio.run(with_retries(calls)) == "sent"
    assert calls.made == 4


@hurried
async def test_when_telegram_asks_to_wait_it_is_waited_for() -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    assert await with_retries(Calls(RetryAfter(100))) == "sent"
    assert 100 <= clock() - began < 101


@pytest.mark.usefixtures("no_pauses")
def test_a_network_that_stays_down_is_given_up() -> None:
    with pytest.raises(TimedOut):
        asyncio.run(with_retries(Calls(*[TimedOut()] * 4), patience=-1.0))


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("error", [BadRequest("message is too long"), Forbidden("bot was blocked by the user")])
def test_what_telegram_refuses_is_not_sent_again(error: TelegramError) -> None:
    calls = Calls(error)
    with pytest.raises(type(error)):
        asyncio.run(with_retries(calls))
    assert calls.made == 1


def because(error: TelegramError, cause: Exception) -> TelegramError:
    """An error as python-telegram-bot raises it."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (because(NotSentError("refused"), ConnectionRefusedError()), FIRST_PAUSE),
        (NetworkError("Bad Gateway"), FIRST_PAUSE),  # Telegram's own words
        (because(TimedOut(), TimeoutError("no answer")), FIRST_DOUBT),
        (because(NetworkError("reset"), ConnectionResetError("reset")), FIRST_DOUBT),
        (NotTelegramError("HTTP status 502"), FIRST_DOUBT),  # a proxy's words
    ],
)
@hurried
async def test_what_may_have_arrived_is_sent_again_later_than_what_surely_did_not(
    error: TelegramError, pause: float
) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    await with_retries(Calls(error), repeatable=False)
    assert pause <= clock() - began < pause + 0.4
    began = clock()
    await with_retries(Calls(error))  # that may be repeated without harm
    assert FIRST_PAUSE <= clock() - began < FIRST_PAUSE + 0.4
