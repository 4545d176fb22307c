"""`python -m benchmarks.web`: the real page and API under load: seconds until it is ready, then photos a second and
milliseconds a photo for 1, 8 and 32 clients at once, each of which sends its next photo when the last is answered."""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer

from benchmarks.worker import drawn_face, memory

SETTINGS = {"HOST": "127.0.0.1", "PORT": "0", "REQUESTS_PER_MINUTE": "0", "MAX_QUEUE": "64", "LOG_LEVEL": "INFO"}


def main(
    photo: Annotated[Path | None, typer.Option(help="Which photo; a drawn face of 1280 x 960 by default.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each number of clients asks.")] = 10,
) -> None:
    """Measure the page's server: start, speed, memory."""
    data = photo.read_bytes() if photo else drawn_face()
    started = time.perf_counter()
    web = subprocess.Popen(
        [sys.executable, "-m", "web"], env=os.environ | SETTINGS, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert web.stderr
    try:
        said = web.stderr.readline()
        address = re.search(r"http://\S+(?=,)", said)
        if address is None:
            sys.exit(said.strip())
        httpx.get(f"{address[0]}/healthz").raise_for_status()
        print(
            f"start to first answer    {time.perf_counter() - started:.1f} s, "
            f"{processor(web.pid):.1f} s of a processor's time"
        )
        asyncio.run(ask(address[0], data, 1, 2))  # what the first photos load is not measured
        for clients in (1, 8, 32):
            started, worked = time.perf_counter(), processor(web.pid)
            times = asyncio.run(ask(address[0], data, clients, seconds))
            rate = len(times) / (time.perf_counter() - started)
            each = (processor(web.pid) - worked) / len(times)
            middle, slowest = statistics.median(times), statistics.quantiles(times, n=100)[-1]
            print(
                f"{clients:2} clients    {rate:5.1f} photos a second, "
                f"p50 {middle * 1000:.0f} ms, p99 {slowest * 1000:.0f} ms; "
                f"{each * 1000:.0f} ms of a processor's time each"
            )
        print(f"memory at most           {memory(web.pid, 'VmHWM'):.0f} MB")
    finally:
        web.terminate()
        web.wait(60)


def processor(process: int) -> float:
    """Seconds of a processor's time that a process has taken, which busy neighbours hardly change; as Linux tells."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def ask(address: str, photo: bytes, clients: int, seconds: float) -> list[float]:
    """Seconds that each answer took, for so many clients that ask for so long."""
    times: list[float] = []
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=httpx.Limits(max_connections=clients)) as api:
        end = time.perf_counter() + seconds

        async def client() -> None:
            while (started := time.perf_counter()) < end:
                answer = await api.post("/api/predict", files={"photo": ("photo.jpg", photo, "image/jpeg")})
                answer.raise_for_status()
                times.append(time.perf_counter() - started)

        await asyncio.gather(*(client() for _ in range(clients)))
    return times


if __name__ == "__main__":
    typer.run(main)
