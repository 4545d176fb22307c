"""`python -m benchmarks.web`: the real page and API under load: seconds until it is ready, then photos per second and
milliseconds a photo for 1, 8 and 32 clients at once, each of which sends its next photo when the last is answered."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from threading import Thread
from typing import Annotated

import httpx
import typer

from benchmarks.answers import expect_face
from benchmarks.figures import percentile, say
from benchmarks.pictures import photo as portrait
from benchmarks.worker import memory

SETTINGS = {"HOST": "127.0.0.1", "PORT": "0", "REQUESTS_PER_MINUTE": "0", "MAX_QUEUE": "64", "LOG_LEVEL": "INFO"}


def main(
    photo: Annotated[Path | None, typer.Option(help="Which photo; a portrait of 1280 x 960 by default.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each number of clients asks.")] = 10,
) -> None:
    """Measure the page's server: start, speed, memory."""
    data = photo.read_bytes() if photo else portrait()
    started = time.perf_counter()
    command = [sys.executable, "-m", "web"]
    web = subprocess.Popen(command, env=os.environ | SETTINGS, stderr=subprocess.PIPE, text=True, bufsize=1)
    try:
        address = address_of(web)
        httpx.post(f"{address}/api/predict", files={"photo": data}, timeout=120, trust_env=False).raise_for_status()
        say("the page, start to first answer", time.perf_counter() - started, "s")
        say("the page, start to first answer, CPU time", processor(web.pid), "s")
        say("the page, memory after one photo", memory(web.pid, "VmRSS"), "MB")
        for clients in (1, 8, 32):
            started, worked = time.perf_counter(), processor(web.pid)
            times = asyncio.run(ask(address, data, clients, seconds))
            rate = len(times) / (time.perf_counter() - started)
            each = (processor(web.pid) - worked) / len(times)
            middle, slowest = (f"p{part} {percentile(times, part) * 1000:.0f} ms" for part in (50, 99))
            note = f"{middle}, {slowest}; {each * 1000:.0f} ms of CPU time each"
            say(f"the page's API, {clients} client{'s'[: clients > 1]}", rate, "/s", note)
        say("the page, memory at most", memory(web.pid, "VmHWM"), "MB")
    finally:
        web.terminate()
        web.wait(60)


def address_of(web: subprocess.Popen[str]) -> str:
    """Where a page that has just been started, with its log as text, listens; waits until it does."""
    assert web.stderr
    said = web.stderr.readline()
    address = re.search(r"http://\S+(?=,)", said)
    if address is None:
        sys.exit(said.strip())
    drain = Thread(target=deque, args=(web.stderr, 0), daemon=True)  # a full pipe would stop the page
    drain.start()
    return address[0]


def processor(process: int) -> float:
    """Seconds of a processor's time that a process has taken, which busy neighbours hardly change; as Linux tells."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def ask(address: str, photo: bytes, clients: int, seconds: float) -> list[float]:
    """Seconds that each answer took, for so many clients that ask for so long."""
    times: list[float] = []
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits, trust_env=False) as api:
        end = time.perf_counter() + seconds

        async def client() -> None:
            while (started := time.perf_counter()) < end:
                answer = await api.post("/api/predict", files={"photo": ("photo.jpg", photo, "image/jpeg")})
                expect_face(answer.raise_for_status().json()["label"])
                times.append(time.perf_counter() - started)

        await asyncio.gather(*(client() for _ in range(clients)))
    return times


if __name__ == "__main__":
    typer.run(main)
