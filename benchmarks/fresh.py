"""`python -m benchmarks.fresh`: from a fresh clone to the first answer, as a stranger does it: `make run`, then a photo."""

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import typer

from benchmarks.figures import say
from benchmarks.slug import size
from benchmarks.worker import drawn_face


def main() -> None:
    """Measure seconds and megabytes until a fresh clone has answered a photo."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "-q", ".", folder], check=True)
        started = time.perf_counter()
        command = ["make", "-s", "-C", folder, "run", "ARGS=--port 0"]
        bot = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            assert bot.stdout
            line = next(line for line in bot.stdout if "http://" in line)
            address = re.findall(r"http://\S+", line)[0]
            with httpx.Client(base_url=address, timeout=120) as person:
                photo = {"files": ("photo.jpg", drawn_face(), "image/jpeg")}
                person.post("/chat/send", data={"chat": 1}, files=photo).raise_for_status()
                seen, answered = 0, False
                while not answered:
                    answer = person.get("/chat/events", params={"chat": 1, "after": seen, "timeout": 60}).json()
                    seen = answer["last"]
                    answered = any(event["type"] == "message" and event["from_bot"] for event in answer["events"])
            say("fresh clone to first answer", time.perf_counter() - started, "s")
            say("installed", size(Path(folder, ".venv")) / 2**20, "MB")
        finally:
            os.killpg(bot.pid, signal.SIGINT)
            bot.wait(30)


if __name__ == "__main__":
    typer.run(main)
