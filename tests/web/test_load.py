"""Many at once: several under way, a bounded queue, and clients that are slow, broken or greedy."""

import asyncio
import gc
import socket
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from model import Classifier, Prediction
from model.image import Photo
from model.photo_pool import PhotoPool
from tests.bot.photos import red_face
from tests.web.serving import served, wait_until
from tests.web.test_api import ask, problem
from web.models import Models


class Held(Classifier):
    """A classifier that waits until it is let go, and remembers how many photos it has begun to look at."""

    def __init__(self, of: Classifier):
        super().__init__(of.bundle, of.runtime)
        self.let_go = threading.Event()
        self.begun = 0

    def predict(self, photo: bytes | Image.Image | Photo) -> Prediction:
        self.begun += 1
        assert self.let_go.wait(60)
        return super().predict(photo)


@pytest.fixture
def held(models: Models) -> Iterator[Held]:
    classifier = Held(models["masks"])
    yield classifier
    classifier.let_go.set()


def waiting(address: str) -> int:
    """Photos being looked at, as a server that is under load must still tell."""
    count: int = httpx.get(f"{address}/healthz", timeout=60).json()["waiting"]
    return count


def send_start(address: str, body: bytes = b"", length: int = 1000) -> socket.socket:
    """A client that announces a photo and sends no more than the beginning of it."""
    where = urlsplit(address)
    client = socket.create_connection((where.hostname, where.port), timeout=60)
    head = f"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
    client.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode() + body)
    return client


def test_as_many_photos_are_looked_at_at_once_as_there_are_workers(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.photo_pool.WORKERS", 2)
    with (
        served({"masks": held}) as address,
        httpx.Client(base_url=address, timeout=60) as api,
        ThreadPoolExecutor(3) as go,
    ):
        asked = [go.submit(ask, api, red_face()) for _ in range(3)]
        wait_until(lambda: held.begun == 2 and waiting(address) == 3)
        assert held.begun == 2
        held.let_go.set()
        answers = [answer.result().json() for answer in asked]
    assert {answer["label"] for answer in answers} == {"with_mask"}
    assert held.begun == 3


def test_a_full_queue_says_when_to_come_again(held: Held) -> None:
    with (
        served({"masks": held}, max_queue=2) as address,
        httpx.Client(base_url=address, timeout=60) as api,
        ThreadPoolExecutor(2) as go,
    ):
        asked = [go.submit(ask, api, red_face()) for _ in range(2)]
        wait_until(lambda: waiting(address) == 2)
        refused = ask(api, red_face())
        problem(refused, 503, "overloaded")
        assert int(refused.headers["retry-after"]) >= 1
        assert api.get("/").status_code == 200
        held.let_go.set()
        assert [answer.result().status_code for answer in asked] == [200, 200]
        assert ask(api, red_face()).status_code == 200


def test_slow_clients_hold_nobody_up(models: Models) -> None:
    with served(models, max_queue=1) as address, httpx.Client(base_url=address, timeout=60) as api:
        slow = [send_start(address, b"--b\r\n") for _ in range(20)]
        assert ask(api, red_face()).status_code == 200
        for client in slow:
            client.close()
        assert ask(api, red_face()).status_code == 200
        assert waiting(address) == 0


def test_a_client_that_is_too_slow_is_told(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.uploads.SECONDS", 0.2)
    with served(models) as address, send_start(address, b"--b\r\n") as client:
        assert b"408" in client.recv(4096).splitlines()[0]


def test_a_huge_photo_is_refused_before_it_is_sent(address: str) -> None:
    with send_start(address, length=10**9) as client:
        assert b"413" in client.recv(4096).splitlines()[0]


def test_a_photo_of_unknown_length_is_refused_once_it_is_too_long(api: httpx.Client) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        while True:
            sent += 2**20
            yield bytes(2**20)

    form = {"content-type": "multipart/form-data; boundary=b"}
    with suppress(httpx.TransportError):  # the connection may be closed while the client still sends
        problem(api.post("/api/predict", content=endless(), headers=form), 413, "too_many_bytes")
    assert 20 * 2**20 < sent < 40 * 2**20


def test_memory_for_photos_is_bounded(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.service.MEMORY", 2**20)
    with served(models) as address, httpx.Client(base_url=address, timeout=60) as api:
        problem(ask(api, bytes(2**21)), 503, "overloaded")
        for _ in range(20):  # what a refused or an answered photo took is given back
            assert ask(api, red_face()).status_code == 200


def test_whoever_leaves_is_not_looked_at(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.photo_pool.WORKERS", 1)
    with (
        served({"masks": held}) as address,
        httpx.Client(base_url=address, timeout=60) as api,
        ThreadPoolExecutor(1) as go,
    ):
        stays = go.submit(ask, api, red_face())
        wait_until(lambda: held.begun == 1)
        form = (
            b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n' + red_face() + b"\r\n--b--\r\n"
        )
        with send_start(address, form, len(form)):
            wait_until(lambda: waiting(address) == 2)
        held.let_go.set()
        assert stays.result().status_code == 200
        wait_until(lambda: waiting(address) == 0)
    assert held.begun == 1


def test_an_address_has_so_many_photos_a_minute(models: Models) -> None:
    with served(models, requests_per_minute=2) as address, httpx.Client(base_url=address, timeout=60) as api:
        assert [ask(api, red_face()).status_code for _ in range(2)] == [200, 200]
        refused = ask(api, red_face())
        problem(refused, 429, "too_many_requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 30
        forged = api.post("/api/predict", files={"photo": red_face()}, headers={"x-forwarded-for": "203.0.113.9"})
        assert forged.status_code == 429
        assert api.get("/").status_code == 200


def test_behind_a_proxy_the_last_address_it_names_counts(models: Models) -> None:
    def send(api: httpx.Client, forwarded: str) -> int:
        return api.post("/api/predict", files={"photo": red_face()}, headers={"x-forwarded-for": forwarded}).status_code

    with (
        served(models, requests_per_minute=1, behind_proxy=True) as address,
        httpx.Client(base_url=address, timeout=60) as api,
    ):
        assert send(api, "203.0.113.1") == 200
        assert send(api, "198.51.100.7, 203.0.113.1") == 429
        assert send(api, "203.0.113.1, 203.0.113.2") == 200
        assert send(api, "2001:db8:1:2::1") == 200
        assert send(api, "2001:db8:1:2:ffff::9") == 429


def test_a_model_that_is_no_longer_served_is_freed(models: Models) -> None:
    pool = PhotoPool()

    async def ask_twice() -> weakref.ref[Classifier]:
        taught = Classifier(models["colors"].bundle, models["colors"].runtime)
        await pool.predict(taught, red_face())
        gone = weakref.ref(taught)
        del taught
        await pool.predict(models["colors"], red_face())
        return gone

    gone = asyncio.run(ask_twice())
    gc.collect()
    assert gone() is None
