"""The page and the API behind a proxy that serves them below a path."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from model import Classifier
from tests.bot.photos import red_face
from tests.bundles import make_bundle
from tests.web.serving import served
from web.middleware import path_of

HTTP = httpx.Client(timeout=60, trust_env=False, verify=False)  # no certificates to load


@contextmanager
def proxied(server: str, strips: bool, headers: dict[str, str]) -> Iterator[str]:
    """A proxy that passes on what is asked for below /photos/, without that path if it `strips` it; its address there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not self.path.startswith("/photos"):
                self.send_error(404)
                return
            path = self.path.removeprefix("/photos") if strips else self.path
            kept = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            answer = HTTP.request(self.command, server + path, headers=kept | headers, content=body)
            self.send_response(answer.status_code)
            for name in ("Content-Type", "Location"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}/photos/"
        proxy.shutdown()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Classifier]:
    return {"masks": Classifier.open(make_bundle(tmp_path_factory.mktemp("below") / "bundle"), "onnx")}


@pytest.mark.parametrize(
    ("strips", "settings", "headers"),
    [
        (True, {}, {}),
        (True, {"root_path": "/photos"}, {}),
        (False, {"root_path": "/photos"}, {}),
        (True, {"behind_proxy": True}, {"X-Forwarded-Prefix": "/photos"}),
        (False, {"behind_proxy": True}, {"X-Forwarded-Prefix": "/photos/"}),
    ],
    ids=["only strips", "strips", "passes on", "strips and says so", "passes on and says so"],
)
def test_everything_the_page_points_to_is_there(
    models: dict[str, Classifier], strips: bool, settings: dict[str, Any], headers: dict[str, str]
) -> None:
    with served(models, **settings) as server, proxied(server, strips, headers) as here:
        html = {"Accept": "text/html"}
        for page, status in (("", 200), ("docs", 200), ("nothing/here", 404), ("static/nothing.js", 404)):
            shown = HTTP.get(here + page, headers=html)
            assert shown.status_code == status
            found = re.findall(r'(?:href|src|action)="([^"]+)"', shown.text)
            assert len(found) >= 4
            for address in {urljoin(here + page, address) for address in found}:
                assert address.startswith(here)
                answer = HTTP.get(address, follow_redirects=True)
                assert answer.status_code == 200 and str(answer.url).startswith(here), address
        photo = {"photo": ("face.jpg", red_face(), "image/jpeg")}
        form = re.search(r'id="ask"[^>]* action="([^"]+)"', HTTP.get(here).text)
        assert form
        answered = HTTP.post(urljoin(here, form[1]), files=photo, headers=html)
        assert answered.status_code == 200 and 'class="result' in answered.text
        document = HTTP.get(f"{here}openapi.json").json()
        api = urljoin(f"{here}openapi.json", document["servers"][0]["url"]).rstrip("/") + "/api/predict"
        assert HTTP.post(api, files=photo).json()["faces"]


def test_the_path_without_its_slash_leads_to_the_page(models: dict[str, Classifier]) -> None:
    with served(models, root_path="/photos") as server, proxied(server, False, {}) as here:
        answer = HTTP.get(here.rstrip("/"))
        assert answer.status_code == 308 and urljoin(here, answer.headers["Location"]) == here


def test_a_visitor_does_not_choose_the_path(models: dict[str, Classifier]) -> None:
    for settings, told in (
        ({}, "/evil"),
        ({"behind_proxy": True}, '"><script>'),
        ({"behind_proxy": True}, "//evil.org"),
    ):
        with served(models, **settings) as server:
            document = HTTP.get(f"{server}/openapi.json", headers={"X-Forwarded-Prefix": told})
            assert document.status_code == 200 and "evil" not in document.text and "<script" not in document.text


def test_what_one_visitor_claims_stands_in_no_other_s_document(models: dict[str, Classifier]) -> None:
    with served(models, behind_proxy=True) as server:
        HTTP.get(f"{server}/openapi.json", headers={"X-Forwarded-Prefix": "/evil"})
        assert "evil" not in HTTP.get(f"{server}/openapi.json").text


def test_the_path_below_the_root() -> None:
    assert path_of({"path": "/photos/docs", "root_path": "/photos"}) == "/docs"
    assert (
        path_of({"path": "/photos/static/a.js", "root_path": "/photos/static", "app_root_path": "/photos"})
        == "/static/a.js"
    )
    assert path_of({"path": "/docs"}) == "/docs"
