"""Photos per minute and address, counted by a clock that stands still until it is moved."""

import asyncio

import pytest

from web.errors import Problem
from web.rate_limit import ADDRESSES, RateLimiter


class Clock:
    now = 1000.0


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of the event loop."""
    clock = Clock()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: clock.now)
    return clock


async def test_an_address_may_send_again_after_a_while(clock: Clock) -> None:
    limiter = RateLimiter(2)
    await limiter.count("a")
    await limiter.count("a")
    with pytest.raises(Problem) as refused:
        await limiter.count("a")
    assert refused.value.headers == {"Retry-After": "30"}
    await limiter.count("b")
    clock.now += 29
    with pytest.raises(Problem):
        await limiter.count("a")
    clock.now += 1
    await limiter.count("a")
    with pytest.raises(Problem):
        await limiter.count("a")


async def test_many_addresses_take_bounded_memory_and_the_oldest_is_forgotten(clock: Clock) -> None:
    limiter = RateLimiter(1)
    await limiter.count("first")
    for number in range(ADDRESSES):
        await limiter.count(str(number))
    await limiter.count("first")
    with pytest.raises(Problem):
        await limiter.count(str(ADDRESSES - 1))


async def test_zero_sets_no_limit(clock: Clock) -> None:
    limiter = RateLimiter(0)
    for _ in range(1000):
        await limiter.count("a")
