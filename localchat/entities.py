"""Formatted text, as Telegram reads it: HTML to plain text and entities, and links and commands found in plain text.

Offsets and lengths count UTF-16 code units, as everywhere in the Bot API.
"""

import html
import re
from dataclasses import dataclass
from typing import Any

from localchat.errors import bad_request

Json = dict[str, Any]

TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
PIECE = re.compile(r"(<[^>]*>?)")
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>[^>]*)>")
ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
REFERENCE = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|lt|gt|amp|quot);")
COMMAND = re.compile(r"(?<![\w/@])/[a-zA-Z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")
MENTION = re.compile(r"(?<!\w)@\w{3,32}")
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,:;!?')\]]")


@dataclass
class _Open:
    tag: str
    start: int  # in UTF-16 code units of the text so far
    attributes: dict[str, str]


def utf16(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Plain text and entities of a text with `parse_mode` HTML.

    Raises:
        Refusal: a tag is unknown, not closed or closed in the wrong order; says at which byte.
    """
    text, entities, open_tags, byte = "", [], list[_Open](), 0
    for piece in PIECE.split(source):
        if not piece.startswith("<"):
            text += REFERENCE.sub(lambda match: html.unescape(match[0]), piece)
        elif (tag := TAG.fullmatch(piece)) is None:
            raise _cannot_parse(f'unsupported start tag "{piece[1:].rstrip(">")}" at byte offset {byte}')
        elif tag["end"]:
            opened = _close(open_tags, tag["name"].lower(), byte)
            if length := utf16(text) - opened.start:
                entities.append(_entity(opened, length))
        else:
            open_tags.append(_opened(tag, byte, utf16(text)))
        byte += len(piece.encode())
    if open_tags:
        raise _cannot_parse(f'can\'t find end tag corresponding to start tag "{open_tags[-1].tag}"')
    return trimmed(text, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])))


def find_entities(text: str) -> list[Json]:
    """The commands, mentions and links in a plain text."""
    found = [("bot_command", match) for match in COMMAND.finditer(text)]
    found += [("mention", match) for match in MENTION.finditer(text)]
    found += [("url", match) for match in LINK.finditer(text)]
    entities = [
        {"type": kind, "offset": utf16(text[: match.start()]), "length": utf16(match[0])} for kind, match in found
    ]
    return sorted(entities, key=lambda entity: entity["offset"])


def _opened(tag: re.Match[str], byte: int, start: int) -> _Open:
    name = tag["name"].lower()
    attributes = {key.lower(): html.unescape(a or b or c) for key, a, b, c in ATTRIBUTE.findall(tag["attributes"])}
    if name not in TYPES:
        raise _cannot_parse(f'unsupported start tag "{name}" at byte offset {byte}')
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise _cannot_parse(f'tag "span" must have class "tg-spoiler" at byte offset {byte}')
    return _Open(name, start, attributes)


def _close(open_tags: list[_Open], name: str, byte: int) -> _Open:
    if not open_tags:
        raise _cannot_parse(f"unexpected end tag at byte offset {byte}")
    if open_tags[-1].tag != name:
        expected = open_tags[-1].tag
        raise _cannot_parse(f'unmatched end tag at byte offset {byte}, expected "</{expected}>", found "</{name}>"')
    return open_tags.pop()


def _entity(opened: _Open, length: int) -> Json:
    entity: Json = {"type": TYPES[opened.tag], "offset": opened.start, "length": length}
    if opened.tag == "a":
        entity["url"] = opened.attributes.get("href", "")
    if opened.tag == "tg-emoji":
        entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
    if opened.tag == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    return entity


def trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without the spaces around the text, which Telegram takes away; entities move along."""
    before = utf16(text) - utf16(text.lstrip())
    text = text.strip()
    end = utf16(text)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - before)
        length = min(end, entity["offset"] + entity["length"] - before) - start
        if length > 0:
            kept.append(entity | {"offset": start, "length": length})
    return text, kept


def _cannot_parse(why: str) -> Exception:
    return bad_request(f"can't parse entities: {why}")
