"""Carries python-telegram-bot's requests by aiohttp, which takes a third of the processor time of the library's own way.

Knows nothing of what a request asks for.
"""

import ssl
from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


class NotSentError(NetworkError):
    """There was no connection, so the request never left this machine."""


class AiohttpRequest(BaseRequest):
    """Makes requests over connections that stay open; see `telegram.request.BaseRequest`. Times are in seconds.

    Args:
        connections: how many at once, at most.
        pool_timeout: how long a request waits for one of them to be free.
        connect_timeout: how long for a new connection.
        read_timeout: how long for the next bytes of an answer.
        write_timeout: how long sending may take.
        media_write_timeout: how long sending may take with files.
        proxy: address of an HTTP or SOCKS 5 proxy.
        certificates: those to trust; by default the system's.
    """

    def __init__(
        self,
        connections: int = 16,
        pool_timeout: float = 60.0,
        connect_timeout: float = 10.0,
        read_timeout: float = 20.0,
        write_timeout: float = 20.0,
        media_write_timeout: float = 60.0,
        proxy: str | None = None,
        certificates: ssl.SSLContext | None = None,
    ):
        self._connections, self._proxy, self._certificates = connections, proxy, certificates
        self._pool, self._connect, self._read = pool_timeout, connect_timeout, read_timeout
        self._write, self._media_write = write_timeout, media_write_timeout
        self._session: aiohttp.ClientSession | None = None
        self._not_sent: tuple[type[Exception], ...] = NOT_SENT

    @property
    def read_timeout(self) -> float:
        """By default."""
        return self._read

    async def initialize(self) -> None:
        """Opens the session; connections are made when they are needed."""
        if self._session and not self._session.closed:
            return
        limit, trusted = self._connections, self._certificates or True
        connector: aiohttp.BaseConnector
        if by_socks := (self._proxy or "").startswith("socks"):
            import aiohttp_socks  # few have such a proxy

            failures = aiohttp_socks.ProxyConnectionError, aiohttp_socks.ProxyError, aiohttp_socks.ProxyTimeoutError
            self._not_sent = (*NOT_SENT, *failures)
            connector = aiohttp_socks.ProxyConnector.from_url(str(self._proxy), limit=limit, ssl=trusted)
        else:
            connector = aiohttp.TCPConnector(limit=limit, ssl=trusted)
        self._session = aiohttp.ClientSession(
            connector=connector,
            proxy=None if by_socks else self._proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
        )

    async def shutdown(self) -> None:
        """Closes all connections."""
        if self._session:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Makes one request.

        Returns:
            The answer's status, and its body.

        Raises:
            NotSentError: there is no connection.
            TimedOut: the answer does not come in time.
            NetworkError: the connection breaks.
        """
        if self._session is None or self._session.closed:
            raise RuntimeError("This request is not initialized.")
        files = request_data.multipart_data if request_data else {}
        connect, read = _seconds(connect_timeout, self._connect), _seconds(read_timeout, self._read)
        write = _seconds(write_timeout, self._media_write if files else self._write)
        waiting = _seconds(pool_timeout, self._pool) + connect
        timeout = aiohttp.ClientTimeout(
            total=waiting + write + read,  # aiohttp has no time for writing alone
            connect=waiting,
            sock_connect=connect,
            sock_read=read,
        )
        body = _form(request_data, files) if request_data else None
        try:
            async with self._session.request(method, url, data=body, timeout=timeout, allow_redirects=False) as answer:
                return answer.status, await answer.read()
        except self._not_sent as error:
            raise NotSentError(f"{type(error).__name__}: {error}") from error
        except TimeoutError as error:
            raise TimedOut from error
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"{type(error).__name__}: {error}") from error


def _seconds(asked: Any, usual: float) -> float:
    return asked if isinstance(asked, int | float) else usual


def _form(request_data: RequestData, files: Any) -> aiohttp.FormData | dict[str, str]:
    if not files:
        return request_data.json_parameters
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (filename, content, kind) in files.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
