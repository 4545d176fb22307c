"""`python -m benchmarks.web_rivals`: our API, a Gradio app and a LitServe API over the same learner, asked by 1, 8 and 32
clients. Ours finds faces first, theirs do not. Needs the environment of the rivals, which `make bench` sets up."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer

from benchmarks.answers import expect_face
from benchmarks.figures import percentile, say
from benchmarks.pictures import photo as portrait
from benchmarks.web import SETTINGS
from model.bundle import PICKLE, SHIPPED

RIVALS = Path(".venv-bench/bin/python")

Ask = Callable[[httpx.AsyncClient, bytes], Awaitable[None]]


def main(
    photo: Annotated[Path | None, typer.Option(help="Which photo; a portrait of 1280 x 960 by default.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each number of clients asks.")] = 6,
) -> None:
    """Compare the API with Gradio and LitServe."""
    data = photo.read_bytes() if photo else portrait()
    rival = [str(RIVALS), "-W", "ignore", "-m"]
    with (
        served([sys.executable, "-m", "web"]) as ours,
        served([*rival, "benchmarks.rivals.gradio_app"]) as gradio,
        served([*rival, "benchmarks.rivals.litserve_api"]) as litserve,
    ):
        servers = {
            "our API": (ours, of_form("/api/predict")),
            "Gradio": (gradio, of_gradio),
            "LitServe": (litserve, of_form("/predict")),
        }
        for address, ask in servers.values():
            asyncio.run(wait_for(address, ask, data))
        for clients in (1, 8, 32):
            for name, (address, ask) in servers.items():
                started = time.perf_counter()
                times = asyncio.run(load(address, ask, data, clients, seconds))
                rate = len(times) / (time.perf_counter() - started)
                p99 = f"p99 {percentile(times, 99) * 1000:.0f} ms"
                say(f"{name}, {clients} client{'s'[: clients > 1]}", rate, "/s", p99)


def of_form(path: str) -> Ask:
    """Asks an API that takes a form."""

    async def ask(api: httpx.AsyncClient, photo: bytes) -> None:
        answer = await api.post(path, files={"photo": ("photo.jpg", photo, "image/jpeg")})
        expect_face(answer.raise_for_status().json().get("label", ""))  # LitServe's holds probabilities only

    return ask


async def of_gradio(api: httpx.AsyncClient, photo: bytes) -> None:
    """Gradio's documented way for programs: upload, call, and read the answer as an event."""
    uploaded = await api.post("/gradio_api/upload", files={"files": ("photo.jpg", photo, "image/jpeg")})
    data = {"data": [{"path": uploaded.raise_for_status().json()[0], "meta": {"_type": "gradio.FileData"}}]}
    event = (await api.post("/gradio_api/call/predict", json=data)).raise_for_status().json()["event_id"]
    answer = await api.get(f"/gradio_api/call/predict/{event}")
    if "event: complete" not in answer.text:
        raise RuntimeError(answer.text)


@contextmanager
def served(command: list[str]) -> Iterator[str]:
    """The address of a server that runs until the block ends; the others idle while one is asked."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = SETTINGS | {"PORT": str(port), "LOG_LEVEL": "ERROR", "LEARNER": str(SHIPPED / PICKLE)}
    server = subprocess.Popen(command, env=os.environ | settings, start_new_session=True)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # some leave processes behind when they are asked to end
        server.wait(60)


async def wait_for(address: str, ask: Ask, photo: bytes) -> None:
    """Wait until it answers photos."""
    async with httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as api:
        for _ in range(600):
            try:
                await ask(api, photo)
                return
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
    sys.exit(f"Error: {address} gives no answer.")


async def load(address: str, ask: Ask, photo: bytes, clients: int, seconds: float) -> list[float]:
    """Seconds that each answer took, for so many clients that ask for so long."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        async with httpx.AsyncClient(base_url=address, timeout=120, trust_env=False) as api:
            while (started := time.perf_counter()) < end:
                await ask(api, photo)
                times.append(time.perf_counter() - started)

    await asyncio.gather(*(client() for _ in range(clients)))
    return times


if __name__ == "__main__":
    typer.run(main)
