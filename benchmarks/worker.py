"""`python -m benchmarks.worker`: the real bot against the local chat: seconds to its first answer, milliseconds a photo,
memory before and after many photos. Nothing but the network between here and Telegram is left out."""

import itertools
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer

from benchmarks.answers import send, wait_for_answer
from benchmarks.figures import say
from benchmarks.pictures import photo as portrait
from localchat import LocalChat


def main(
    photos: Annotated[int, typer.Option(help="How many photos are sent.")] = 100,
    photo: Annotated[Path | None, typer.Option(help="Which photo; a portrait of 1280 x 960 by default.")] = None,
    at_once: Annotated[int, typer.Option(help="How many are sent before the answers are waited for.")] = 1,
) -> None:
    """Measure the worker: start, speed, memory."""
    data = photo.read_bytes() if photo else portrait()
    with LocalChat() as chat, httpx.Client(base_url=chat.url, timeout=120, trust_env=False) as http:
        numbers = itertools.count(1)

        def send_and_wait(count: int) -> float:
            """Seconds for so many photos, each from another person: one alone may be answered once a second."""
            started, people = time.perf_counter(), [next(numbers) for _ in range(count)]
            for person in people:
                send(http, person, data)
            for person in people:
                wait_for_answer(http, person)
            return time.perf_counter() - started

        environment = os.environ | {"TELEGRAM_TOKEN": chat.token, "TELEGRAM_API_URL": chat.url, "LOG_LEVEL": "WARNING"}
        environment["MESSAGES_PER_SECOND"] = "1000"
        started = time.perf_counter()
        bot = subprocess.Popen([sys.executable, "-m", "bot"], env=environment)
        try:
            send_and_wait(1)
            say("worker, start to first answer", time.perf_counter() - started, "s")
            say("worker, memory after one photo", memory(bot.pid, "VmRSS"), "MB")
            times = [send_and_wait(at_once) / at_once for _ in range(photos // at_once)]
            say("worker, a photo end to end", statistics.median(times) * 1000, "ms", f"median of {len(times)}")
            most = f"at most {memory(bot.pid, 'VmHWM'):.0f} MB"
            say(f"worker, memory after {photos} photos", memory(bot.pid, "VmRSS"), "MB", most)
        finally:
            bot.terminate()
            bot.wait(30)


def memory(process: int, what: str) -> float:
    """Megabytes a process holds now (`VmRSS`) or held at most (`VmHWM`), as Linux tells."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


if __name__ == "__main__":
    typer.run(main)
