"""Headers on every answer, and who may ask at all."""

import httpx
import pytest

from tests.web.serving import served
from web.models import Models


@pytest.mark.parametrize("path", ["/", "/api/models", "/static/main.js", "/docs", "/nothing", "/metrics"])
def test_every_answer_tells_the_browser_what_it_may_do(address: str, path: str) -> None:
    headers = httpx.get(address + path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in headers["permissions-policy"]


def test_only_the_operators_hosts_are_answered_for(models: Models) -> None:
    with served(models, trusted_hosts=("photos.example", "*.photos.example")) as address:
        for host in ("photos.example", "photos.example:8000", "www.photos.example", "PHOTOS.example"):
            assert httpx.get(address, headers={"host": host}).status_code == 200
        for host in ("evil.example", "evilphotos.example", "photos.example.evil.example"):
            refused = httpx.get(address, headers={"host": host})
            assert (refused.status_code, refused.text) == (400, "Invalid host header")
            assert "content-security-policy" in refused.headers
        assert httpx.get(f"{address}/healthz").status_code == 200  # asked by machines that know no name


def test_other_sites_may_not_ask_unless_the_operator_lets_them(models: Models, address: str) -> None:
    origin = {"origin": "https://friend.example"}
    assert "access-control-allow-origin" not in httpx.get(f"{address}/api/models", headers=origin).headers
    with served(models, cors_origins=("https://friend.example",)) as address:
        answer = httpx.get(f"{address}/api/models", headers=origin)
        assert answer.headers["access-control-allow-origin"] == "https://friend.example"
        other = httpx.get(f"{address}/api/models", headers={"origin": "https://stranger.example"})
        assert "access-control-allow-origin" not in other.headers


def test_a_monitor_may_ask_for_headers_only(address: str) -> None:
    answer = httpx.head(address)
    assert answer.status_code == 200
    assert answer.content == b""


@pytest.mark.parametrize("address", ["static/main.js", "static/page.css", "static/icon.svg", "docs/swagger-ui.css"])
def test_the_kind_of_a_file_does_not_come_from_the_system(
    models: Models, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr("starlette.responses.guess_type", lambda name: ("text/plain", None))
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    with served(models) as server:
        answer = httpx.get(f"{server}/{address}", timeout=60, trust_env=False)
    assert answer.headers["Content-Type"].partition(";")[0] == kinds[address.rpartition(".")[2]]
