"""A load balancer as small as can be: hands each request to the next of several servers, and says 502 if that is gone."""

import itertools
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import httpx


class Balancer(ThreadingHTTPServer):
    """`with Balancer() as balancer:` runs until the block ends.

    Attributes:
        servers: addresses to hand requests to, by turns.
        taken: how many requests each of them answered with 200.
        headers: of the last request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.servers: list[str] = []
        self.taken: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.turns = itertools.count()
        self.http = httpx.Client(timeout=120, trust_env=False, verify=False)
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        self.http.close()


class _Handler(BaseHTTPRequestHandler):
    server: Balancer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        servers, self.server.headers = self.server.servers, dict(self.headers)
        status = 502
        if servers:
            server = servers[next(self.server.turns) % len(servers)]
            try:
                status = self.server.http.post(
                    server + self.path, content=body, headers=self.server.headers
                ).status_code
                self.server.taken[server] += status == 200
            except httpx.HTTPError:
                pass
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...
