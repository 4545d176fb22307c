"""Requests per minute and address, counted by a clock that stands still until it is moved."""

import pytest

from web.errors import Problem
from web.rate_limit import ADDRESSES, Visits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_again_with_time() -> None:
    clock = Clock()
    visits = Visits(2, clock)
    visits.count("a")
    visits.count("a")
    with pytest.raises(Problem) as refused:
        visits.count("a")
    assert refused.value.headers == {"Retry-After": "30"}
    visits.count("b")
    clock.now = 29
    with pytest.raises(Problem):
        visits.count("a")
    clock.now = 30
    visits.count("a")
    with pytest.raises(Problem):
        visits.count("a")


def test_many_addresses_take_bounded_memory_and_the_oldest_is_forgotten() -> None:
    visits = Visits(1, Clock())
    visits.count("first")
    for number in range(ADDRESSES):
        visits.count(str(number))
    visits.count("first")
    with pytest.raises(Problem):
        visits.count(str(ADDRESSES - 1))


def test_zero_sets_no_limit() -> None:
    visits = Visits(0, Clock())
    for _ in range(1000):
        visits.count("a")
