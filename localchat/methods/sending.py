"""How a bot says something: texts, photos, files, albums, and that it is typing."""

from pathlib import PurePath

from anyio.to_thread import run_sync

from localchat.errors import Refusal, bad_request
from localchat.methods.method import Json, Method, read_chat, read_keyboard, read_reply, read_text
from localchat.parameters import Parameters, Upload
from localchat.photos import PhotoProblem, check_upload, keep_sizes
from localchat.telegram import Telegram

MAX_UPLOAD = 50 * 2**20  # bytes of one file
ACTIONS = {"typing", "choose_sticker", "find_location"} | {
    f"{verb}_{what}" for verb in ("upload", "record") for what in ("photo", "video", "voice", "document", "video_note")
}


async def send_message(telegram: Telegram, parameters: Parameters) -> Json:
    chat = read_chat(telegram, parameters)
    content = read_text(parameters, "text")
    if "text" not in content:
        raise bad_request("message text is empty")
    return _send(telegram, parameters, chat, content)


async def send_photo(telegram: Telegram, parameters: Parameters) -> Json:
    return await _send_file(telegram, parameters, "photo")


async def send_document(telegram: Telegram, parameters: Parameters) -> Json:
    return await _send_file(telegram, parameters, "document")


async def send_media_group(telegram: Telegram, parameters: Parameters) -> list[Json]:
    chat = read_chat(telegram, parameters)
    media = parameters.mappings("media")
    if not media:
        raise bad_request("there are no messages to send")
    if len(media) > 10:
        raise bad_request("too many messages to send as an album")
    kinds = {item.get("type") for item in media}
    if len(kinds) > 1 or not kinds <= {"photo", "document"}:
        raise bad_request("photos and documents can't be mixed with other media types in an album")
    reply_to = read_reply(telegram, parameters, chat)
    contents = [
        await file_content(telegram, parameters, item["type"], str(item.get("media", ""))) | read_text(item, "caption")
        for item in media
    ]
    telegram.limits.check(chat, parameters.flag("allow_paid_broadcast"))
    group = {"media_group_id": telegram.number()}
    return [telegram.chats.add(chat, telegram.bot, content | group, reply_to) for content in contents]


async def answer_guest_query(telegram: Telegram, parameters: Parameters) -> Json:
    result = parameters.mapping("result")
    content = result.get("input_message_content")
    if result.get("type") != "article" or not isinstance(content, dict) or not content.get("message_text"):
        raise bad_request("can't parse inline query result: the local chat shows articles of text only")
    said = read_text({**content, "text": content["message_text"]}, "text")
    sent = telegram.answer_guest(parameters.text("guest_query_id"), said)
    if sent is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    return {"inline_message_id": sent}


async def send_chat_action(telegram: Telegram, parameters: Parameters) -> bool:
    chat = read_chat(telegram, parameters)
    if (action := parameters.text("action")) not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    telegram.chats.tell(chat, "action", action=action)
    return True


async def _send_file(telegram: Telegram, parameters: Parameters, kind: str) -> Json:
    chat = read_chat(telegram, parameters)
    caption = read_text(parameters, "caption")
    content = await file_content(telegram, parameters, kind, parameters.text(kind))
    return _send(telegram, parameters, chat, content | caption)


def _send(telegram: Telegram, parameters: Parameters, chat: int, content: Json) -> Json:
    telegram.limits.check(chat, parameters.flag("allow_paid_broadcast"))
    keyboard = read_keyboard(parameters)
    return telegram.chats.add(chat, telegram.bot, content | keyboard, read_reply(telegram, parameters, chat))


async def file_content(telegram: Telegram, parameters: Parameters, kind: str, source: str) -> Json:
    """A photo or document, as a part of a Message: uploaded, or known by its file_id."""
    upload = parameters.file(source.removeprefix("attach://") if source.startswith("attach://") else kind)
    if upload is not None:
        if not upload.data:
            raise bad_request("file must be non-empty")
        if len(upload.data) > MAX_UPLOAD:
            raise Refusal(413, "Request Entity Too Large")
        return await _photo(telegram, upload) if kind == "photo" else keep_document(telegram, upload)
    if not source:
        raise bad_request(f"there is no {kind} in the request")
    if source.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")  # the stand-in fetches nothing from elsewhere
    file = telegram.files.get(source)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if kind not in file.content:
        raise bad_request(f"can't use file of type {next(iter(file.content)).title()} as {kind.title()}")
    return dict(file.content)


async def _photo(telegram: Telegram, upload: Upload) -> Json:
    try:
        check_upload(upload.data)
        return keep_sizes(telegram.files, await run_sync(telegram.encode_sizes, upload.data))
    except PhotoProblem as problem:
        raise bad_request(str(problem)) from None


def keep_document(telegram: Telegram, upload: Upload) -> Json:
    """Keep a file as it is; returns it as a part of a Message."""
    suffix = PurePath(upload.name).suffix
    file = telegram.files.add(upload.data, "documents", upload.mime_type, upload.name, suffix)
    file.content["document"] = file.describe() | {"file_name": upload.name, "mime_type": upload.mime_type}
    return dict(file.content)


SENDING: dict[str, Method] = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
    "sendChatAction": send_chat_action,
    "answerGuestQuery": answer_guest_query,
}
