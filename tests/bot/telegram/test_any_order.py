"""Fetching and confirming in any order of updates, answers, exceptions, lost responses, time-outs, kills and restarts.

The real bot, processor and retries against a Telegram in this process, by a clock that jumps: nothing is lost, confirmed
before it is dealt with, answered twice but for the two documented reasons, or stuck.
"""

import asyncio
import logging
from collections import Counter
from types import SimpleNamespace
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.telegram import acknowledgement, retry
from bot.telegram.http import AiohttpRequest
from tests.bot.telegram.polling import FAULTS, KINDS, METHODS, Process, Telegram
from tests.clock import HurriedLoop

WINDOW = 10  # updates that Telegram returns; it is 100 there
PATIENCE = 3600.0  # seconds until everything must be answered and confirmed once nothing goes wrong any more


class AnyOrder(RuleBasedStateMachine):
    """Whatever can happen, one thing after another."""

    def __init__(self) -> None:
        super().__init__()
        logging.disable()
        self.loop = HurriedLoop()
        clock = SimpleNamespace(monotonic=self.loop.time)
        self.patches = [patch.object(module, "time", clock) for module in (acknowledgement, retry)]
        self.patches.append(patch.object(acknowledgement, "WINDOW", WINDOW))
        self.telegram, self.apology_breaks = Telegram(), False
        self.patches.append(patch.object(AiohttpRequest, "do_request", self.telegram.handle))
        for each in self.patches:
            each.start()
        self.start()

    def start(self) -> None:
        async def begin() -> Process:
            return Process(self.telegram, self.apology_breaks)

        self.process = self.loop.run_until_complete(begin())

    @rule(kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    def people_send(self, kinds: list[str]) -> None:
        for kind in kinds:
            self.telegram.receive(kind)

    @rule()
    def many_people_send(self) -> None:
        for _ in range(WINDOW):
            self.telegram.receive("photo")

    @rule(method=st.sampled_from(METHODS), fault=st.sampled_from(FAULTS))
    def a_request_will_fail(self, method: str, fault: str) -> None:
        self.telegram.faults[method].append(fault)

    @rule(seconds=st.sampled_from([0.01, 0.3, 3.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    @rule()
    def slow_photos_arrive(self) -> None:
        self.process.released.set()

    @rule(apology_breaks=st.booleans())
    def the_bot_is_killed(self, apology_breaks: bool) -> None:
        self.apology_breaks = apology_breaks
        self.loop.run_until_complete(self.process.kill())
        self.start()

    @rule()
    def the_bot_is_restarted(self) -> None:
        self.loop.run_until_complete(self.process.stop())
        self.start()

    @invariant()
    def nothing_is_confirmed_before_it_is_dealt_with(self) -> None:
        assert not self.telegram.early

    @invariant()
    def nothing_is_answered_twice_but_for_a_lost_response_or_a_kill(self) -> None:
        assert self.telegram.answers <= Counter(self.telegram.answers.keys()) + self.telegram.allowed

    def teardown(self) -> None:
        try:
            for queued in self.telegram.faults.values():
                queued.clear()
            end = self.loop.time() + PATIENCE
            while self.telegram.pending and self.loop.time() < end:
                self.process.released.set()
                self.time_passes(5.0)
            assert not self.telegram.pending, "stuck"
            ignored = self.telegram.sent.keys() - self.telegram.answers.keys() - self.telegram.told
            assert {self.telegram.sent[number] for number in ignored} <= {"bug", "unreadable"}, "lost"
            self.nothing_is_confirmed_before_it_is_dealt_with()
            self.nothing_is_answered_twice_but_for_a_lost_response_or_a_kill()
        finally:
            self.loop.run_until_complete(self.process.kill())
            self.loop.close()
            for each in self.patches:
                each.stop()
            logging.disable(logging.NOTSET)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)


def test_an_update_that_nobody_works_on_is_fetched_again_also_where_it_keeps_others_from_being_fetched() -> None:
    order = AnyOrder()
    order.people_send(["dropped"])
    order.many_people_send()
    order.many_people_send()
    order.teardown()
