"""Fetches a photo from an address that a stranger wrote, without becoming their way into this machine's network.

A name is resolved once, every address it has must be public, and the connection goes to an address that was looked at,
so that a name which changes its mind (DNS rebinding) gains nothing. Each redirect goes the same way again.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from model.image import MAX_BYTES
from web.errors import Problem, too_many_bytes
from web.rate_limit import MemoryBudget

SECONDS = 10  # for everything: names, redirects, the photo
REDIRECTS = 3
MAX_URL = 2000  # characters
PORTS = (80, 443)
TUNNELS = [  # global by name, but they lead to other addresses, private ones among them
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "192.88.99.0/24")
]
HEADERS = {"User-Agent": "photo-bot", "Accept": "image/*", "Accept-Encoding": "identity"}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address, port: int) -> bool:
    """Whether anybody on the internet could ask there for a web page."""
    in_tunnel = any(address in network for network in TUNNELS if network.version == address.version)
    return port in PORTS and address.is_global and not address.is_multicast and not in_tunnel


class Fetcher:
    """Fetches photos.

    Args:
        memory: where their bytes are counted.
    """

    def __init__(self, memory: MemoryBudget):
        self._memory = memory
        self._tls = httpx.create_ssl_context(trust_env=False)

    @asynccontextmanager
    async def fetched(self, url: str) -> AsyncIterator[bytes]:
        """The photo at an address, whose memory is held until the block ends.

        Raises:
            Problem: the address may not be asked, or gives no photo in time, or one that is too large.
        """
        body = bytearray()
        try:
            await self._fill(body, url)
            yield bytes(body)
        finally:
            self._memory.give_back(len(body))

    async def _fill(self, body: bytearray, url: str) -> None:
        client = httpx.AsyncClient(
            transport=_PublicAddressesOnly(self._tls),
            headers=HEADERS,
            timeout=SECONDS,
            follow_redirects=True,
            max_redirects=REDIRECTS,
            trust_env=False,
        )
        try:
            async with asyncio.timeout(SECONDS), client, client.stream("GET", url) as response:
                if response.status_code != httpx.codes.OK:
                    raise _not_fetched(f"its server answered {response.status_code}")
                async for chunk in response.aiter_raw():
                    self._memory.take(len(chunk))
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise too_many_bytes(MAX_BYTES)
        except (TimeoutError, httpx.TimeoutException):
            raise _not_fetched(f"it took more than {SECONDS} s") from None
        except httpx.TooManyRedirects:
            raise _not_fetched(f"it redirects more than {REDIRECTS} times") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise Problem(400, "bad_url", "The address must be one such as https://example.org/photo.jpg.") from None
        except (httpx.HTTPError, OSError):
            raise _not_fetched("its server cannot be reached") from None


class _PublicAddressesOnly(httpx.AsyncHTTPTransport):
    """Connects to public addresses only, whatever their name, and shows them the name they are asked by."""

    def __init__(self, tls: ssl.SSLContext):
        super().__init__(verify=tls, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol(f"{request.url.scheme} is not fetched")
        port = request.url.port or {"http": 80, "https": 443}[request.url.scheme]
        address = await self._address(request.url.host, port)
        return await super().handle_async_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=str(address)),
                headers=request.headers,
                extensions={**request.extensions, "sni_hostname": request.url.host},
            )
        )

    async def _address(self, host: str, port: int) -> Address:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [_plain(str(where[0])) for *_, where in found]
        if not addresses or not all(is_public(address, port) for address in addresses):
            raise Problem(400, "url_refused", "Photos are fetched only from public addresses, on port 80 or 443.")
        return min(addresses, key=lambda address: address.version)


def _plain(address: str) -> Address:
    """An address as the connection sees it: without a scope, and IPv4 where IPv6 only wraps it."""
    read = ipaddress.ip_address(address.partition("%")[0])
    return read.ipv4_mapped or read if isinstance(read, ipaddress.IPv6Address) else read


def _not_fetched(reason: str) -> Problem:
    return Problem(400, "not_fetched", f"The photo could not be fetched: {reason}.")
