"""Photos fetched from addresses: only public ones, however a stranger puts it."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import RedirectResponse, Response, StreamingResponse

from tests.bot.photos import red_face
from tests.web.serving import running, served
from tests.web.test_api import problem
from web.models import Models
from web.url_photo import Address, is_public


def elsewhere() -> FastAPI:
    """A web site with a photo, and with everything that a photo's address may lead to."""
    site = FastAPI()

    @site.get("/photo.jpg")
    async def photo() -> Response:
        return Response(red_face(), media_type="image/jpeg")

    @site.get("/moved/{times}")
    async def moved(times: int) -> Response:
        return RedirectResponse(f"/moved/{times - 1}" if times else "/photo.jpg")

    @site.get("/inside")
    async def inside() -> Response:
        return RedirectResponse("http://127.0.0.1:1/secret")

    @site.get("/file")
    async def file() -> Response:
        return RedirectResponse("file:///etc/passwd")

    @site.get("/large")
    async def large() -> Response:
        async def zeros() -> Any:
            for _ in range(32):
                yield bytes(2**20)

        return StreamingResponse(zeros())

    @site.get("/slow")
    async def slow() -> Response:
        async def drops() -> Any:
            while True:
                yield b"."
                await asyncio.sleep(0.05)

        return StreamingResponse(drops())

    return site


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with running(elsewhere()) as address:
        yield address


@pytest.fixture
def api(models: Models, site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """An API that takes the site for a public one."""
    public = urlsplit(site).port

    def allowed(address: Address, port: int) -> bool:
        return port == public or is_public(address, port)

    monkeypatch.setattr("web.url_photo.is_public", allowed)
    with served(models, allow_url=True) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def ask(api: httpx.Client, url: str, **more: str) -> httpx.Response:
    return api.get("/api/predict", params={"url": url, **more})


def test_the_photo_at_an_address_is_answered(api: httpx.Client, site: str) -> None:
    answer = ask(api, f"{site}/photo.jpg").json()
    assert (answer["photo"], answer["label"]) == (f"{site}/photo.jpg", "with_mask")
    assert ask(api, f"{site}/photo.jpg", model="colors").json()["model"] == "colors"
    problem(ask(api, f"{site}/photo.jpg", model="cats"), 404, "unknown_model")


def test_redirects_are_followed_but_not_for_long(api: httpx.Client, site: str) -> None:
    assert ask(api, f"{site}/moved/2").status_code == 200
    problem(ask(api, f"{site}/moved/3"), 400, "not_fetched")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0/",
        "http://someone:secret@127.0.0.1/",
        "http://8.8.8.8:22/",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(api: httpx.Client, url: str) -> None:
    problem(ask(api, url), 400, "url_refused")


def test_a_redirect_leads_nowhere_that_an_address_does_not(api: httpx.Client, site: str) -> None:
    problem(ask(api, f"{site}/inside"), 400, "url_refused")
    problem(ask(api, f"{site}/file"), 400, "bad_url")


@pytest.mark.parametrize("url", ["photo.jpg", "file:///etc/passwd", "ftp://example.org/a.jpg", "http://", "//x"])
def test_what_is_no_web_address_is_refused(api: httpx.Client, url: str) -> None:
    problem(ask(api, url), 400, "bad_url")


def test_what_is_missing_or_too_long_is_told(api: httpx.Client) -> None:
    assert "url" in problem(api.get("/api/predict"), 422, "invalid")["detail"]
    problem(ask(api, "http://example.org/" + "a" * 2000), 422, "invalid")


def test_a_site_that_gives_no_photo(api: httpx.Client, site: str) -> None:
    details = problem(ask(api, f"{site}/nothing"), 400, "not_fetched")
    assert "404" in details["detail"]
    problem(ask(api, f"{site}/docs"), 415, "not_an_image")
    problem(ask(api, f"{site}/large"), 413, "too_many_bytes")


def test_a_site_that_is_too_slow_or_not_there(api: httpx.Client, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.url_photo.SECONDS", 0.5)
    problem(ask(api, f"{site}/slow"), 400, "not_fetched")

    async def unknown(*asked: Any, **more: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", unknown)
    problem(ask(api, "http://example.invalid/"), 400, "not_fetched")


def test_a_name_that_changes_its_mind_gains_nothing(
    api: httpx.Client, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name is looked up once: what was checked is what is connected to."""
    port = urlsplit(site).port
    answers = ["127.0.0.1", "10.0.0.1"]  # the first is the site, which counts as public here
    connected: list[str] = []
    resolve = asyncio.BaseEventLoop.getaddrinfo

    async def changing(loop: Any, host: Any, *asked: Any, **more: Any) -> Any:
        if host in ("changing.example", b"changing.example"):
            return await resolve(loop, answers.pop(0), *asked, **more)
        connected.append(host)
        return await resolve(loop, host, *asked, **more)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", changing)
    answer = ask(api, f"http://changing.example:{port}/photo.jpg")
    assert answer.status_code == 200, answer.text
    assert answers == ["10.0.0.1"]
    assert set(connected) <= {"127.0.0.1"}


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def both(*asked: Any, **more: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 80)) for host in ("8.8.8.8", "192.168.1.1")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", both)
    problem(ask(api, "http://example.org/"), 400, "url_refused")


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "fe80::1",
        "fd00::1",
        "ff0e::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fec0::1",
        "::",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address), 80)


def test_addresses_that_are_public() -> None:
    assert is_public(ipaddress.ip_address("8.8.8.8"), 443)
    assert is_public(ipaddress.ip_address("2606:4700::1111"), 80)
    assert not is_public(ipaddress.ip_address("8.8.8.8"), 22)
