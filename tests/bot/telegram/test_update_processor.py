"""An update that was given up is confirmed whatever happens, or Telegram would hand out nothing new."""

import asyncio
import logging

import pytest
from telegram import Update

from bot.stats import Record
from bot.telegram.acknowledgement import Acknowledgements
from bot.telegram.update_processor import UpdateProcessor


@pytest.mark.parametrize("broken", [False, True])
async def test_an_update_is_confirmed_even_if_its_sender_cannot_be_told(
    broken: bool, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []
    counted: list[str] = []

    async def apologize(update: Update) -> None:
        told.append(update.update_id)
        if broken:
            raise ValueError("a placeholder is missing")

    def count(record: Record, milliseconds: float) -> None:
        counted.append(record.outcome)

    book = Acknowledgements()
    book.take((Update(5), Update(6)))
    processor = UpdateProcessor(book, apologize, count)
    work = asyncio.ensure_future(processor.deal_with(Update(5), asyncio.sleep(600)))
    await asyncio.sleep(0)
    processor.give_up(5)
    assert await work
    assert told == [5] and counted == ["given up"] and book.offset == 6
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert bool(errors) == broken
