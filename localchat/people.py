"""The people's side: what the page and the tests send, and what they get to see."""

from collections.abc import Awaitable, Callable
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localchat.errors import Refusal
from localchat.kinds import KINDS, keep_kind, keep_live_photo
from localchat.methods.sending import keep_document
from localchat.parameters import Parameters, Upload, read_parameters
from localchat.photos import PhotoProblem, Size, keep_sizes
from localchat.telegram import MAX_CAPTION, MAX_TEXT, Telegram, plain

MAX_WAIT = 50  # seconds of a long poll
STATUSES = ("member", "administrator", "creator")
SHOWN = set(
    ["image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm", "audio/ogg", "audio/mpeg"]
)
LIVE = "live_photo"

Json = dict[str, Any]


def routes(telegram: Telegram) -> list[Route]:
    """What people may ask for."""

    def route(path: str, handler: Callable[[Telegram, Request], Awaitable[Response]], method: str) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                return await handler(telegram, request)
            except Refusal as refusal:
                return JSONResponse({"error": refusal.description}, refusal.status)

        return Route(path, endpoint, methods=[method])

    return [
        route("/chat/send", send, "POST"),
        route("/chat/press", press, "POST"),
        route("/chat/delete", delete, "POST"),
        route("/chat/events", events, "GET"),
        route("/chat/bot", bot, "GET"),
        route("/chat/file/{file_id}", file, "GET"),
    ]


async def send(telegram: Telegram, request: Request) -> Response:
    """A text, photos, files, or a message of another kind."""
    parameters = await read_parameters(request)
    text, caption = parameters.text("text").strip(), parameters.text("caption").strip()
    if len(text) > MAX_TEXT or len(caption) > MAX_CAPTION:
        raise Refusal(400, f"A text has at most {MAX_TEXT} characters, a caption {MAX_CAPTION}.")
    uploads = [upload for _, upload in parameters.files]
    kind = parameters.text("kind") or ("photo" if uploads else "text")
    if kind == "photo":
        sizes, unreadable = await _encode(telegram, uploads)
        if unreadable:
            problem = "Not a picture that can be sent as a photo; send it as a file."
            return JSONResponse({"error": problem, "unreadable": unreadable}, 400)
        contents = [keep_sizes(telegram.files, photo) for photo in sizes]
    elif kind == LIVE:
        contents = [await _live_photo(telegram, uploads)]
    elif kind == "document":
        contents = [keep_document(telegram, upload) for upload in uploads]
    elif kind in KINDS:
        contents = [keep_kind(telegram, kind, uploads[0] if uploads else None)]
    elif kind == "text":
        contents = [plain(text)] if text else []
    else:
        raise Refusal(400, f"Unknown kind {kind!r}: use text, photo, document, {LIVE}, {', '.join(KINDS)}.")
    if not contents:
        raise Refusal(400, "Nothing to send: give a text or files.")
    if kind != "text" and (caption or text):
        contents[0] |= plain(caption or text, "caption")
    if len(contents) > 1:
        group = {"media_group_id": telegram.number()}
        contents = [content | group for content in contents]
    chat, person = _where(telegram, parameters)
    reply_to = parameters.integer("reply_to") or None
    sent = [telegram.receive(chat, person, content, reply_to) for content in contents]
    return JSONResponse({"message_ids": [message["message_id"] for message in sent]})


async def press(telegram: Telegram, request: Request) -> Response:
    """An inline button, of a message that may be too old for the bot to see."""
    parameters = await read_parameters(request)
    chat, person = _where(telegram, parameters)
    message_id, data = parameters.integer("message_id"), parameters.text("data")
    telegram.press(chat, person, message_id, data, parameters.flag("too_old"))
    return JSONResponse({})


async def delete(telegram: Telegram, request: Request) -> Response:
    """A message taken back."""
    parameters = await read_parameters(request)
    chat, message_id = parameters.integer("group") or parameters.integer("chat", 1), parameters.integer("message_id")
    if telegram.chats.message(chat, message_id) is None:
        raise Refusal(400, f"There is no message {message_id} in the chat {chat}.")
    telegram.chats.delete(chat, message_id)
    return JSONResponse({})


async def events(telegram: Telegram, request: Request) -> Response:
    """What happened in a chat after an event; waits for something to happen."""
    parameters = await read_parameters(request)
    chat, after = parameters.integer("chat", 1), parameters.integer("after")
    chats = telegram.chats
    timeout = parameters.seconds("timeout", 0, MAX_WAIT)
    await telegram.bell.wait_until(lambda: chats.last < after or bool(chats.events(chat, after)), timeout)
    if chats.last < after:  # the server was started anew since that event
        after = 0
    news = {"events": chats.events(chat, after), "last": chats.last, "start": telegram.start}
    return JSONResponse(news | {"ready": telegram.updates.fetched})


async def bot(telegram: Telegram, request: Request) -> Response:
    """What the page shows of the bot, in a language."""
    parameters = await read_parameters(request)
    language, chat = parameters.text("language", "en"), parameters.integer("chat", 1)
    texts = {key: telegram.profile.text(key, language) for key in ("name", "description", "short_description")}
    photo = telegram.profile.photos[0][-1]["file_id"] if telegram.profile.photos else None
    return JSONResponse(texts | {"commands": telegram.profile.menu(chat, language), "photo": photo})


async def file(telegram: Telegram, request: Request) -> Response:
    """The bytes of a file in a chat."""
    found = telegram.files.get(request.path_params["file_id"])
    if found is None:
        raise Refusal(404, "That file is not kept any more.")
    shown = found.mime_type in SHOWN
    headers = {"Cache-Control": "private, max-age=86400, immutable"}
    if not shown:
        headers["Content-Disposition"] = "attachment"
    return Response(found.data, media_type=found.mime_type if shown else "application/octet-stream", headers=headers)


async def _live_photo(telegram: Telegram, uploads: list[Upload]) -> Json:
    """Of two files, the photo and its film, in any order."""
    sizes, films = await _encode(telegram, uploads)
    if len(uploads) != 2 or len(sizes) != 1:
        raise Refusal(400, "A live photo is two files: a picture, and the film around it.")
    return keep_live_photo(telegram, sizes[0], uploads[films[0]])


async def _encode(telegram: Telegram, uploads: list[Upload]) -> tuple[list[list[Size]], list[int]]:
    """The sizes of all photos, and the numbers of those that cannot be photos."""
    sizes, unreadable = [], []
    for number, upload in enumerate(uploads):
        try:
            sizes.append(await run_sync(telegram.encode_sizes, upload.data))
        except PhotoProblem:
            unreadable.append(number)
    return sizes, unreadable


def _person(telegram: Telegram, parameters: Parameters) -> tuple[int, Json]:
    chat = parameters.integer("chat", 1)
    if chat <= 0:
        raise Refusal(400, "A person's chat has a number above 0.")
    return chat, telegram.chats.meet(chat, parameters.text("name") or "You", parameters.text("language") or "en")


def _where(telegram: Telegram, parameters: Parameters) -> tuple[int, Json]:
    """The chat that is written in and who writes: a group when `group` names one, else the person's own chat.

    The bot is a member of the group unless `without_bot` says otherwise.
    """
    chat, person = _person(telegram, parameters)
    group = parameters.integer("group")
    if not group:
        return chat, person
    status = parameters.text("status", "member")
    if group > 0 or status not in STATUSES:
        raise Refusal(400, f"A group has a number below 0, and who writes there is {' or '.join(STATUSES)}.")
    telegram.chats.join(group, chat, status, parameters.flag("without_bot"))
    return group, person
