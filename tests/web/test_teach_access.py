"""Who may teach on the page, and who may not."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from web.app import create_app
from web.models import Models
from web.settings import Settings
from web.teach_access import TRIES

SECRET = "correct horse"
HERE, STRANGER = ("127.0.0.1", 1), ("203.0.113.5", 1)
ADDRESSES = [
    ("GET", "/teach"),
    ("GET", "/teach/state"),
    ("GET", "/teach/taught.zip"),
    ("POST", "/teach/photo"),
    ("POST", "/teach/change"),
    ("POST", "/teach/password"),
]
UNUSED = [("POST", "/teach"), ("HEAD", "/teach"), ("GET", "/teach/"), ("GET", "/teach/change"), ("PUT", "/teach/photo")]
STEP = {"do": "undo"}


def asked(
    models: Models, *requests: tuple[str, str, dict[str, Any]], client: tuple[str, int] = HERE, **settings: Any
) -> list[httpx.Response]:
    """The answers to requests that one after the other come from a client's address."""
    chosen = Settings.model_construct(**{"requests_per_minute": 0, **settings})

    async def ask_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(create_app(models, chosen), client=client)
        base = "https://127.0.0.1:8000"
        async with httpx.AsyncClient(transport=transport, base_url=base) as browser:
            return [await browser.request(method, path, **options) for method, path, options in requests]

    return asyncio.run(ask_all())


@pytest.mark.parametrize(("method", "path"), ADDRESSES + UNUSED)
@pytest.mark.parametrize(
    ("client", "headers", "settings"),
    [
        (STRANGER, {}, {}),
        (HERE, {"x-forwarded-for": "203.0.113.5"}, {}),
        (HERE, {"x-real-ip": "203.0.113.5"}, {}),
        (HERE, {"host": "evil.example"}, {}),
        (HERE, {}, {"behind_proxy": True}),
        (HERE, {}, {"trusted_hosts": ("127.0.0.1",)}),
    ],
    ids=["stranger", "proxy", "another proxy", "rebound name", "set proxy", "public name"],
)
def test_there_is_nothing_for_others(
    models: Models, method: str, path: str, client: Any, headers: dict[str, str], settings: dict[str, Any]
) -> None:
    at_home, refused = asked(
        models,
        ("GET", "/", {"headers": headers}),
        (method, path, {"headers": headers, "json": STEP if method == "POST" else None}),
        client=client,
        **settings,
    )
    assert at_home.status_code == 200
    assert 'href="teach"' not in at_home.text
    assert refused.status_code == 404


def test_whoever_sits_at_the_machine_may_teach(models: Models) -> None:
    home, state, changed = asked(
        models, ("GET", "/", {}), ("GET", "/teach/state", {}), ("POST", "/teach/change", {"json": STEP})
    )
    assert 'href="teach"' in home.text
    assert state.json()["labels"] == changed.json()["labels"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://127.0.0.1:9"},
        {"sec-fetch-site": "none"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/teach/photo", "/teach/change", "/teach/password"])
def test_other_sites_change_nothing(models: Models, path: str, headers: dict[str, str]) -> None:
    (refused,) = asked(models, ("POST", path, {"json": STEP, "headers": headers}))
    assert (refused.status_code, refused.json()["code"]) == (403, "other_site")


def test_a_form_of_another_site_is_not_json(models: Models) -> None:
    (refused,) = asked(models, ("POST", "/teach/change", {"data": {"do": "undo"}}))
    assert refused.status_code == 415


def test_without_the_password_nothing_is_told_or_changed(models: Models) -> None:
    answers = asked(
        models,
        ("GET", "/teach", {}),
        *[(method, path, {"json": STEP}) for method, path in ADDRESSES[1:5]],
        ("POST", "/teach/password", {"json": {"password": SECRET}}),
        ("POST", "/teach/change", {"json": STEP}),
        client=STRANGER,
        teach_password=SecretStr(SECRET),
    )
    assert [answer.status_code for answer in answers] == [200, 401, 401, 401, 401, 204, 200]
    assert "Secure" in answers[5].headers["set-cookie"]


def test_passwords_cannot_be_tried_out(models: Models) -> None:
    tries = [("POST", "/teach/password", {"json": {"password": str(number)}}) for number in range(TRIES)]
    answers = asked(
        models,
        *tries,
        ("POST", "/teach/password", {"json": {"password": SECRET}}),
        client=STRANGER,
        teach_password=SecretStr(SECRET),
    )
    assert [answer.status_code for answer in answers] == [403] * TRIES + [429]
    assert "set-cookie" not in answers[-1].headers


def test_what_cannot_be_taught_or_kept_is_refused_in_a_sentence(models: Models, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a folder")
    answers = asked(
        models,
        ("POST", "/teach/change", {"json": {"do": "add", "label": "mug", "keys": ["unknown"]}}),
        ("POST", "/teach/change", {"json": {"do": "dance"}}),
        ("POST", "/teach/change", {"json": {"do": "rename", "label": "mug", "to": "x" * 65}}),
        ("POST", "/teach/change", {"content": b" " * 70_000, "headers": {"content-type": "application/json"}}),
        ("POST", "/teach/change", {"json": STEP}),
        ("GET", "/teach/taught.zip", {}),
        state_dir=tmp_path / "state",
    )
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (409, "photos_gone"),
        (422, "invalid"),
        (422, "label_too_long"),
        (413, "invalid"),
        (507, "not_kept"),
        (404, "not_found"),
    ]
