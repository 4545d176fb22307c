"""`python -m benchmarks.reply`: from a photo to its answer through the Bot API on this machine, Telegram's limits off: our
bot, and the tutorials' design over the same learner. First photos one after the other, then all at once.

Everybody sends the same photo, which the chat makes into Telegram's sizes once: else that work, which Telegram does
elsewhere, would take most of the processor's time, and slow both bots down."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.crowd import Crowd, start_bot
from benchmarks.figures import percentile, say
from benchmarks.pictures import photo as portrait
from benchmarks.web import processor
from benchmarks.worker import memory
from localchat import LocalChat
from model.bundle import PICKLE, SHIPPED


def main(
    photo: Annotated[Path | None, typer.Option(help="Which photo; a portrait of 1280 x 960 by default.")] = None,
    photos: Annotated[int, typer.Option(help="How many each way, each from another person.")] = 200,
) -> None:
    """Compare our bot with the tutorials'."""
    data = photo.read_bytes() if photo else portrait()
    ours = measure("our bot", data, photos, lambda chat: start_bot(chat, MESSAGES_PER_SECOND="1000"))
    theirs = measure("the tutorial's bot", data, photos, start_tutorial)
    say("our bot, speedup in photos per second", ours / theirs, "x")


def start_tutorial(chat: LocalChat) -> subprocess.Popen[bytes]:
    """The tutorials' design, in a process of its own."""
    settings = {"TELEGRAM_TOKEN": chat.token, "TELEGRAM_API_URL": chat.url, "LEARNER": str(SHIPPED / PICKLE)}
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.rivals.tutorial_bot"]
    return subprocess.Popen(command, env=os.environ | settings)


def measure(name: str, photo: bytes, photos: int, start: Callable[[LocalChat], subprocess.Popen[bytes]]) -> float:
    """Say how a bot does, and give its photos per second."""
    with LocalChat() as chat:
        crowd = Crowd(chat, photo)
        chat.limits.on = False
        started, bot = time.perf_counter(), start(chat)
        try:
            crowd.send(1)
            crowd.wait(1, 300)
            say(f"{name}, start to first answer", time.perf_counter() - started, "s")
            for person in range(2, photos + 2):
                crowd.send(person).result()
                crowd.wait(person, 60)
            taken = crowd.milliseconds()[1:]
            for part in (50, 95, 99):
                say(f"{name}, one photo, p{part}", percentile(taken, part), "ms")
            before, began, worked = len(crowd.answers), time.perf_counter(), processor(bot.pid)
            for person in range(photos):
                crowd.send(photos + 2 + person)
            crowd.wait(before + photos, 300)
            rate = (len(crowd.answers) - before) / (time.perf_counter() - began)
            each = (processor(bot.pid) - worked) / photos * 1000
            say(f"{name}, photos per second, {photos} at once", rate, "/s", f"unanswered: {crowd.lost}")
            say(f"{name}, CPU time each", each, "ms")
            say(f"{name}, memory", memory(bot.pid, "VmRSS"), "MB", f"after {len(crowd.answers)} photos")
            return rate
        finally:
            bot.terminate()
            bot.wait(60)


if __name__ == "__main__":
    typer.run(main)
