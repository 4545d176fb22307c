"""`python -m benchmarks.worker`: the real bot against the local chat: seconds to its first answer, milliseconds a photo,
memory before and after many photos. Nothing but the network between here and Telegram is left out."""

import io
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
from PIL import Image, ImageDraw

from benchmarks.figures import say
from benchmarks.pictures import photo as portrait
from localchat import LocalChat


def drawn_face(width: int = 1280, height: int = 960) -> bytes:
    """A JPEG with the plainest picture of a face that the face finder takes for one."""
    image = Image.new("RGB", (width, height), (150, 170, 190))
    draw = ImageDraw.Draw(image)
    x, y, r = width / 2, height / 2, height / 4
    draw.ellipse((x - r * 0.8, y - r, x + r * 0.8, y + r), (224, 172, 140))
    draw.chord((x - r * 0.85, y - r * 1.1, x + r * 0.85, y + r * 0.4), 190, 350, (60, 40, 30))
    for side in (-1, 1):
        eye = x + side * r * 0.33
        draw.ellipse((eye - r * 0.14, y - r * 0.17, eye + r * 0.14, y - r * 0.03), "white")
        draw.ellipse((eye - r * 0.06, y - r * 0.16, eye + r * 0.06, y - r * 0.04), (40, 30, 20))
        draw.arc((eye - r * 0.2, y - r * 0.35, eye + r * 0.2, y - r * 0.1), 200, 340, (60, 40, 30), 6)
    draw.line((x, y - r * 0.1, x - r * 0.08, y + r * 0.25, x + r * 0.08, y + r * 0.25), (190, 130, 100), 5)
    draw.chord((x - r * 0.3, y + r * 0.35, x + r * 0.3, y + r * 0.65), 0, 180, (170, 60, 60))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def main(
    photos: Annotated[int, typer.Option(help="How many photos are sent.")] = 100,
    photo: Annotated[Path | None, typer.Option(help="Which photo; a portrait of 1280 x 960 by default.")] = None,
    at_once: Annotated[int, typer.Option(help="How many are sent before the answers are waited for.")] = 1,
) -> None:
    """Measure the worker: start, speed, memory."""
    data = photo.read_bytes() if photo else portrait()
    with LocalChat() as chat, httpx.Client(base_url=chat.url, timeout=120) as person:
        chats = itertools.count(1)

        def send_and_wait(count: int) -> float:
            """Seconds for so many photos, each from another person: one alone may be answered once a second."""
            started, people = time.perf_counter(), [next(chats) for _ in range(count)]
            for chat in people:
                sent = person.post(
                    "/chat/send", data={"chat": chat}, files={"files": ("photo.jpg", data, "image/jpeg")}
                )
                sent.raise_for_status()
            for chat in people:
                seen, answered = 0, False
                while not answered:
                    ask = {"chat": chat, "after": seen, "timeout": 60}
                    answer = person.get("/chat/events", params=ask).json()
                    seen = answer["last"]
                    answered = any(event["type"] == "message" and event["from_bot"] for event in answer["events"])
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
