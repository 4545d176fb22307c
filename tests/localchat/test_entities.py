"""Formatted text: what Telegram reads in it, and what it refuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localchat.entities import find_entities, parse_html, utf16
from localchat.errors import Refusal


def entity(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain &lt;b&gt; &amp; &quot;q&quot; &#128567;", 'plain <b> & "q" 😷', []),
        ("<b>bold</b> <i>it</i>", "bold it", [entity("bold", 0, 4), entity("italic", 5, 2)]),
        ("😷 <STRONG>hi</STRONG>", "😷 hi", [entity("bold", 3, 2)]),
        ("<b>a<u>b</u></b>", "ab", [entity("bold", 0, 2), entity("underline", 1, 1)]),
        (
            '<a href="https://example.org/?a=1&amp;b=2">x</a>',
            "x",
            [entity("text_link", 0, 1, url="https://example.org/?a=1&b=2")],
        ),
        ("  <code> x </code>  ", "x", [entity("code", 0, 1)]),
        ('<span class="tg-spoiler">x</span>', "x", [entity("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [entity("expandable_blockquote", 0, 1)]),
        ("<b></b>x", "x", []),
        ("&copy; a & b", "&copy; a & b", []),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[dict[str, Any]]) -> None:
    assert parse_html(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("é <h1>x</h1>", 'unsupported start tag "h1" at byte offset 3'),
        ("a < b", 'unsupported start tag " b" at byte offset 2'),
        ("<b>x", 'can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<span>x</span>", 'tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_html_that_telegram_cannot_parse_is_refused(source: str, problem: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {problem}"
    assert refused.value.status == 400


@given(st.text(alphabet="<>/&;abi =\"'#x1😷\n", max_size=60))
def test_html_is_parsed_or_refused_whatever_it_is(source: str) -> None:
    try:
        text, entities = parse_html(source)
    except Refusal:
        return
    for found in entities:
        assert 0 <= found["offset"] < found["offset"] + found["length"] <= utf16(text)


def test_a_path_or_address_is_no_command() -> None:
    assert find_entities("either/or a/b 5/7 //x https://example.org/start") == [entity("url", 22, 25)]
    assert [found["type"] for found in find_entities("/start@local_bot, then /help!")] == ["bot_command"] * 2
