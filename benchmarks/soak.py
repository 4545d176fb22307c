"""`python -m benchmarks.soak`: everything at once for minutes: a steady stream of photos, requests that fail before and after
Telegram acts, slow files, floods, updates that nobody can read, and kills: what is lost, twice, slow, large or said."""

import random
import tempfile
import time
from typing import Annotated

import typer

from benchmarks.crowd import Crowd, fail_at_random, percentiles, start_bot
from benchmarks.worker import memory
from localchat import LocalChat
from localchat.faults import FILES, Fault
from localchat.kinds import THINGS

GREEDY = 1_000_000  # the number of the person who floods
FLOOD = 50  # photos that this person sends at once
SLOW = 4.0  # seconds that a slow file takes
PATIENCE = 300.0  # seconds that answers are waited for at the end


def main(
    minutes: Annotated[float, typer.Option(help="How long photos are sent.")] = 10.0,
    per_second: Annotated[float, typer.Option(help="How many photos per second.")] = 30.0,
    people: Annotated[int, typer.Option(help="How many people take turns.")] = 240,
    share: Annotated[float, typer.Option(help="Share of the requests that fail.")] = 0.02,
    slow: Annotated[float, typer.Option(help="Share of the files that are slow.")] = 0.005,
    every: Annotated[
        float, typer.Option(help="Seconds between two kills; a flood and a bad update come as often.")
    ] = 20.0,
) -> None:
    """Run the bot through all kinds of trouble. Telegram's rate limits are off, or it could never catch up."""
    chance = random.Random(6)
    THINGS["poll"] = {"id": "1", "question": "of a newer version?"}  # which python-telegram-bot cannot read
    with LocalChat() as chat, tempfile.TemporaryFile() as log:
        crowd, settings = Crowd(chat), {"MESSAGES_PER_SECOND": "1000", "LOG_LEVEL": "INFO"}
        chat.limits.on = False
        bot = start_bot(chat, log, **settings)
        try:
            crowd.send(GREEDY + 1).result()
            crowd.wait(1, PATIENCE)
            fail_at_random(chat, share)
            chat.faults.add(Fault("slow", FILES, times=None, share=slow, seconds=SLOW))
            count, kills, most = round(minutes * 60 * per_second), 0, 0.0
            began = time.perf_counter()
            troubles = [began + every * (number + chance.random()) for number in range(int(minutes * 60 / every))]
            for number in range(count):
                time.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                crowd.send(1 + number % people)
                if troubles and time.perf_counter() > troubles[0]:
                    troubles.pop(0)
                    crowd.send(1 + number % people, kind="poll")
                    for _ in range(FLOOD):
                        crowd.send(GREEDY)
                    most = max(most, memory(bot.pid, "VmHWM"))
                    bot.kill()
                    bot.wait()
                    kills += 1
                    bot = start_bot(chat, log, **settings)
            lost_responses = chat.faults.struck.get("lose", 0)
            struck = sum(chat.faults.struck.values()) - lost_responses - chat.faults.struck.get("slow", 0)
            slow_files = chat.faults.struck.get("slow", 0)
            chat.faults.clear()
            deadline = time.monotonic() + PATIENCE
            while crowd.ignored and time.monotonic() < deadline:
                time.sleep(0.2)
            took = crowd.milliseconds(set(range(1, people + 1)))
            table = {
                "photos sent": f"{len(crowd.sent)} in {minutes:g} minutes, {kills} times {FLOOD} of them at once",
                "requests that failed": f"{struck} before Telegram acted, {lost_responses} after it",
                "slow files, kills, bad updates": f"{slow_files}, {kills}, {kills}",
                "answered": f"{len(crowd.sent) - crowd.lost}",
                "told that it was too many or too late": f"{crowd.lost - crowd.ignored}",
                "lost": f"{crowd.ignored}",
                "answered twice": f"{crowd.again}",
                "from photo to answer": percentiles(took),
                "memory": f"{memory(bot.pid, 'VmRSS'):.0f} MB, at most {max(most, memory(bot.pid, 'VmHWM')):.0f} MB",
                "log": f"{log.seek(0, 2)} bytes, {log.seek(0, 2) / len(crowd.sent):.0f} a photo",
            }
            for name, value in table.items():
                print(f"{name:40}{value}")
        finally:
            bot.terminate()
            bot.wait(60)


if __name__ == "__main__":
    typer.run(main)
