"""How requests fail, and what the bot learns of it: over real connections, to servers that do as they please."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from telegram.error import NetworkError, TimedOut
from telegram.request import RequestData

from bot.telegram.http import AiohttpRequest, NotSentError

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    """A server that does that with each connection; its address."""
    held: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await serve(reader, writer)

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    finally:
        for writer in held:
            writer.close()
        listening.close()


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(ANSWER)


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def hangs_up_in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER[:-1])
    await writer.drain()
    writer.close()


async def speaks_something_else(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.org ESMTP\r\n")


async def stops_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.pause_reading()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("serve", "error"),
    [
        (says_nothing, TimedOut),
        (hangs_up, NetworkError),
        (hangs_up_in_the_middle, NetworkError),
        (speaks_something_else, NetworkError),
    ],
)
def test_a_request_that_may_have_arrived_says_so(serve: Serve, error: type[NetworkError]) -> None:
    async def ask() -> None:
        async with server(serve) as address, AiohttpRequest(read_timeout=0.2) as request:
            await request.do_request(address, "POST")

    with pytest.raises(error) as raised:
        asyncio.run(ask())
    assert not isinstance(raised.value, NotSentError) and raised.value.__cause__


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("http://127.0.0.1:1/", None),
        ("https://127.0.0.1:1/", None),
        ("http://nobody.invalid/", None),
        ("http://nobody.invalid/", "http://127.0.0.1:1"),
        ("http://nobody.invalid/", "socks5://127.0.0.1:1"),
        ("https://nobody.invalid/", "http://127.0.0.1:1"),
    ],
)
def test_a_request_that_never_left_says_so(address: str, proxy: str | None) -> None:
    async def ask() -> None:
        async with AiohttpRequest(proxy=proxy) as request:
            await request.do_request(address, "POST")

    with pytest.raises(NotSentError):
        asyncio.run(ask())


def test_a_proxy_that_refuses_has_sent_nothing() -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    async def ask() -> None:
        async with server(refuses) as proxy, AiohttpRequest(proxy=proxy) as request:
            await request.do_request("https://nobody.invalid/", "POST")

    with pytest.raises(NotSentError, match="407"):
        asyncio.run(ask())


def test_a_server_that_nobody_vouches_for_gets_no_request() -> None:
    async def ask() -> None:
        strict = ssl.create_default_context()
        async with server(says_nothing) as address, AiohttpRequest(certificates=strict, connect_timeout=0.5) as request:
            await request.do_request(address.replace("http:", "https:"), "POST")

    with pytest.raises(NotSentError):
        asyncio.run(ask())


def test_whoever_waits_for_a_free_connection_waits_so_long_and_has_sent_nothing() -> None:
    async def ask() -> list[object]:
        async with (
            server(says_nothing) as address,
            AiohttpRequest(connections=1, pool_timeout=0.1, connect_timeout=0.1, read_timeout=1) as request,
        ):
            both = (request.do_request(address, "POST") for _ in range(2))
            return await asyncio.gather(*both, return_exceptions=True)

    first, second = asyncio.run(ask())
    assert isinstance(first, TimedOut) and isinstance(second, NotSentError)


def test_a_line_that_takes_no_more_of_a_file_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = RequestData()
    monkeypatch.setattr(RequestData, "multipart_data", {"photo": ("a.jpg", bytes(2**25), "image/jpeg")})

    async def ask() -> None:
        async with (
            server(stops_reading) as address,
            AiohttpRequest(pool_timeout=0, connect_timeout=0.5, read_timeout=0.5, media_write_timeout=0.5) as request,
        ):
            await request.do_request(f"{address}sendPhoto", "POST", upload)

    with pytest.raises(TimedOut):
        asyncio.run(ask())
