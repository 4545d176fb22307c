"""Other web sites cannot drive the chat through a person's browser."""

import httpx
import pytest

from localchat import LocalChat


def get(chat: LocalChat, path: str, **headers: str) -> int:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx.get(f"{chat.url}{path}", headers=named, trust_env=False).status_code


EVENTS = "/chat/events?chat=1"


@pytest.mark.parametrize("origin", ["https://example.org", "null", "http://127.0.0.1:1", "http://localhost"])
def test_a_foreign_origin_is_refused(chat: LocalChat, origin: str) -> None:
    assert get(chat, EVENTS, Origin=origin) == 403
    assert get(chat, f"/bot{chat.token}/getMe", Origin=origin) == 403


def test_the_pages_own_origin_is_welcome(chat: LocalChat) -> None:
    assert get(chat, EVENTS, Origin=chat.url) == 200
    assert get(chat, EVENTS) == 200


def test_a_foreign_host_name_is_refused(chat: LocalChat) -> None:
    assert get(chat, EVENTS, Host="rebound.example.org") == 403
    assert get(chat, EVENTS, Host="localhost:80") == 200


def test_what_another_site_embeds_is_refused_but_a_link_to_the_page_works(chat: LocalChat) -> None:
    assert get(chat, f"/bot{chat.token}/getMe", Sec_Fetch_Site="cross-site") == 403
    assert get(chat, EVENTS, Sec_Fetch_Site="same-site") == 403
    assert get(chat, "/", Sec_Fetch_Site="cross-site") == 200


def test_the_page_allows_itself_no_inline_script(chat: LocalChat) -> None:
    answer = httpx.get(chat.url, trust_env=False)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in answer.text
    assert "style=" not in answer.text
