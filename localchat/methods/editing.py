"""How a bot changes what it said, takes it back, and answers a pressed button."""

import time

from localchat.errors import bad_request
from localchat.methods.method import Json, Method, read_keyboard, read_message, read_text
from localchat.methods.sending import file_content
from localchat.parameters import Parameters
from localchat.telegram import Telegram

MEDIA = ("photo", "document")
SAID = ("text", "entities", "caption", "caption_entities")


async def edit_message_text(telegram: Telegram, parameters: Parameters) -> Json:
    message = _own_message(telegram, parameters)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    content = read_text(parameters, "text")
    if "text" not in content:
        raise bad_request("message text is empty")
    return _replace(telegram, message, {"text", "entities", "reply_markup"}, content | read_keyboard(parameters))


async def edit_message_caption(telegram: Telegram, parameters: Parameters) -> Json:
    message = _own_message(telegram, parameters)
    if "photo" not in message and "document" not in message:
        raise bad_request("there is no caption in the message to edit")
    content = read_text(parameters, "caption") | read_keyboard(parameters)
    return _replace(telegram, message, {"caption", "caption_entities", "reply_markup"}, content)


async def edit_message_media(telegram: Telegram, parameters: Parameters) -> Json:
    message, media = _own_message(telegram, parameters), parameters.mapping("media")
    if (kind := media.get("type")) not in MEDIA:
        raise bad_request("wrong type of media specified in the request")
    content = await file_content(telegram, parameters, str(kind), str(media.get("media", "")))
    content |= read_text(media, "caption") | read_keyboard(parameters)
    return _replace(telegram, message, {*MEDIA, *SAID, "reply_markup"}, content)


async def edit_message_reply_markup(telegram: Telegram, parameters: Parameters) -> Json:
    message = _own_message(telegram, parameters)
    return _replace(telegram, message, {"reply_markup"}, read_keyboard(parameters))


async def delete_message(telegram: Telegram, parameters: Parameters) -> bool:
    message = read_message(telegram, parameters, "delete")
    telegram.chats.delete(message["chat"]["id"], message["message_id"])
    return True


async def answer_callback_query(telegram: Telegram, parameters: Parameters) -> bool:
    text, url = parameters.text("text"), parameters.text("url")
    if len(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    if not telegram.answer_callback(parameters.text("callback_query_id"), text, parameters.flag("show_alert"), url):
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    return True


def _own_message(telegram: Telegram, parameters: Parameters) -> Json:
    message = read_message(telegram, parameters, "edit")
    if not message["from"]["is_bot"]:
        raise bad_request("message can't be edited")
    return message


def _replace(telegram: Telegram, message: Json, keys: set[str], content: Json) -> Json:
    if content == {key: message[key] for key in keys if key in message}:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    kept = {key: value for key, value in message.items() if key not in keys}
    edited = kept | content | {"edit_date": int(time.time())}
    telegram.chats.replace(edited)
    return edited


async def pin_chat_message(telegram: Telegram, parameters: Parameters) -> bool:
    message = read_message(telegram, parameters, "pin")
    telegram.chats.pin(message["chat"]["id"], message["message_id"])
    return True


EDITING: dict[str, Method] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "pinChatMessage": pin_chat_message,
    "answerCallbackQuery": answer_callback_query,
}
