"""`python -m benchmarks.lag`: whether anything in the bot holds up its event loop while many photos come in: each step of
the loop is timed, inside the real bot."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.crowd import Crowd
from benchmarks.figures import say
from benchmarks.pictures import photo
from localchat import LocalChat

STEPS = "BENCHMARK_STEPS"  # the environment variable that names the file where the bot leaves its steps


def main(
    photos: Annotated[int, typer.Option(help="How many, each from another person.")] = 300,
    per_second: Annotated[float, typer.Option(help="How many a second.")] = 20.0,
) -> None:
    """Measure the event loop of the bot under load."""
    if STEPS in os.environ:
        return run_bot(Path(os.environ[STEPS]))
    with LocalChat() as chat, tempfile.TemporaryDirectory() as folder:
        steps = Path(folder, "steps.json")
        settings = {"TELEGRAM_TOKEN": chat.token, "TELEGRAM_API_URL": chat.url, "LOG_LEVEL": "ERROR"}
        settings |= {"MESSAGES_PER_SECOND": "1000", STEPS: str(steps)}
        crowd = Crowd(chat, photo())
        chat.limits.on = False
        bot = subprocess.Popen([sys.executable, "-m", "benchmarks.lag"], env=os.environ | settings)
        try:
            began = None
            for person in range(1, photos + 1):
                crowd.send(person)
                if began is None:
                    crowd.wait(1, 300)
                    began = time.perf_counter()
                time.sleep(max(0.0, began + person / per_second - time.perf_counter()))
            crowd.wait(photos, 300)
        finally:
            bot.terminate()
            bot.wait(60)
        measured = [step for step in json.loads(steps.read_text()) if began and step[0] > began]  # not the start
    for column, clock in ((1, "wall clock"), (2, "CPU time")):
        milliseconds = sorted(step[column] for step in measured)
        say(f"steps of the event loop, p99.9, by {clock}", statistics.quantiles(milliseconds, n=1000)[-1], "ms")
        say(f"steps of the event loop, longest, by {clock}", milliseconds[-1], "ms", f"of {len(milliseconds):,}")


def run_bot(file: Path) -> None:
    """Run the real bot with a clock at each step of its event loop: when it began, what it took, how long it worked."""
    from bot import __main__ as bot

    steps: list[tuple[float, float, float]] = []
    step = asyncio.events.Handle._run

    def timed(handle: Any) -> None:
        began, busy = time.perf_counter(), time.thread_time()
        step(handle)
        steps.append((began, (time.perf_counter() - began) * 1000, (time.thread_time() - busy) * 1000))

    asyncio.events.Handle._run = timed  # type: ignore[method-assign, assignment]
    try:
        bot.main(local=False, port=None)
    finally:
        file.write_text(json.dumps(steps))


if __name__ == "__main__":
    typer.run(main)
