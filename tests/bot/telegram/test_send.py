"""Which size is fetched, and what is tried again."""

import asyncio
import time

import pytest
from telegram import PhotoSize
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.telegram import send as sending
from bot.telegram.send import best_size, patiently


def sizes(*sides: tuple[int, int]) -> list[PhotoSize]:
    return [PhotoSize(f"file{width}", f"unique{width}", width, height) for width, height in sides]


@pytest.mark.parametrize(
    ("offered", "fetched"),
    [
        ([(90, 67), (320, 240), (800, 600), (1280, 960)], 800),
        ([(90, 67), (320, 240), (640, 480), (1280, 960)], 640),
        ([(67, 90), (240, 320), (480, 640), (960, 1280)], 480),
        ([(90, 67), (320, 240)], 320),
        ([(1280, 960), (90, 67), (800, 600)], 800),
    ],
)
def test_the_smallest_size_that_is_large_enough_is_fetched(offered: list[tuple[int, int]], fetched: int) -> None:
    assert best_size(sizes(*offered)).width == fetched


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.0)


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
    assert asyncio.run(patiently(calls)) == "sent"
    assert calls.made == 4


def test_when_telegram_asks_to_wait_it_is_waited_for() -> None:
    began = time.monotonic()
    assert asyncio.run(patiently(Calls(RetryAfter(1)))) == "sent"
    assert time.monotonic() - began >= 1


@pytest.mark.usefixtures("no_pauses")
def test_a_network_that_stays_down_is_given_up() -> None:
    with pytest.raises(TimedOut):
        asyncio.run(patiently(Calls(*[TimedOut()] * 4), patience=-1.0))


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("error", [BadRequest("message is too long"), Forbidden("bot was blocked by the user")])
def test_what_telegram_refuses_is_not_sent_again(error: TelegramError) -> None:
    calls = Calls(error)
    with pytest.raises(type(error)):
        asyncio.run(patiently(calls))
    assert calls.made == 1
