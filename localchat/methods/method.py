"""What all methods share: their type, and the parameters that many of them read."""

from collections.abc import Awaitable, Callable
from typing import Any

from localchat.entities import find_entities, parse_html, trimmed
from localchat.errors import Refusal, bad_request
from localchat.parameters import Parameters
from localchat.telegram import MAX_CAPTION, MAX_TEXT, Telegram

Json = dict[str, Any]
Method = Callable[[Telegram, Parameters], Awaitable[Any]]


def read_chat(telegram: Telegram, parameters: Parameters) -> int:
    """`chat_id`, of a chat where a person wrote before, since a bot cannot write first, and can still be written to."""
    value = parameters.text("chat_id")
    if not value:
        raise bad_request("chat_id is empty")
    try:
        chat = int(value)
    except ValueError:
        raise bad_request("chat not found") from None
    if not telegram.chats.known(chat):
        raise bad_request("chat not found")
    if chat in telegram.chats.without_bot:
        raise Refusal(403, "Forbidden: bot is not a member of the group chat")
    telegram.faults.check(chat)
    return chat


def read_message(telegram: Telegram, parameters: Parameters, purpose: str) -> Json:
    """The message that `chat_id` and `message_id` name; `purpose` is what for, such as "edit"."""
    chat = read_chat(telegram, parameters)
    message = telegram.chats.message(chat, parameters.integer("message_id"))
    if message is None:
        raise bad_request(f"message to {purpose} not found")
    return message


def read_text(source: Parameters | Json, key: str) -> Json:
    """`text` or `caption` with its formatting, as a part of a Message; empty when there is none."""
    parameters = source if isinstance(source, Parameters) else Parameters(source)
    raw, limit, mode = parameters.text(key), MAX_TEXT if key == "text" else MAX_CAPTION, parameters.text("parse_mode")
    entities_key = "entities" if key == "text" else "caption_entities"
    if mode and mode.lower() != "html":
        raise bad_request("unsupported parse_mode: the local chat reads HTML")
    text, entities = parse_html(raw) if mode else _stripped(raw, parameters.mappings(entities_key))
    if len(text) > limit:
        raise bad_request("message is too long" if key == "text" else "message caption is too long")
    covered = {(entity["offset"], entity["length"]) for entity in entities}
    entities += [found for found in find_entities(text) if (found["offset"], found["length"]) not in covered]
    return ({key: text} if text else {}) | ({entities_key: entities} if entities else {})


def _stripped(raw: str, entities: list[Json]) -> tuple[str, list[Json]]:
    for entity in entities:
        if not all(isinstance(entity.get(key), int) for key in ("offset", "length")) or "type" not in entity:
            raise bad_request("can't parse entities: type, offset and length are needed")
    return trimmed(raw, entities)


def read_keyboard(parameters: Parameters) -> Json:
    """`reply_markup`, an inline keyboard, as a part of a Message."""
    markup = parameters.mapping("reply_markup")
    if not markup:
        return {}
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse reply markup: the local chat shows inline keyboards only")
    for button in (button for row in rows for button in row):
        _check_button(button)
    return {"reply_markup": {"inline_keyboard": rows}} if any(rows) else {}


STYLES = ("primary", "success", "danger")


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: field "text" must be a non-empty string')
    if button.get("style", STYLES[0]) not in STYLES:
        raise bad_request("can't parse inline keyboard button: unknown style specified")
    if "callback_data" in button:
        if not 1 <= len(str(button["callback_data"]).encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
    elif "url" in button:
        if not str(button["url"]).startswith(("http://", "https://", "tg://")):
            raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: wrong HTTP URL")
    else:
        raise bad_request("text buttons are unallowed in the inline keyboard")


def read_reply(telegram: Telegram, parameters: Parameters, chat: int) -> int | None:
    """The id of the message that is replied to, if any and if it is still there."""
    reply = Parameters(parameters.mapping("reply_parameters"))
    target = reply.integer("message_id") or parameters.integer("reply_to_message_id")
    if not target:
        return None
    if telegram.chats.message(chat, target):
        return target
    if reply.flag("allow_sending_without_reply") or parameters.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")
