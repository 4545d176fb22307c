"""Messages of people that are neither text, photo nor document: stickers, videos, places, polls."""

from typing import Any

from localchat.parameters import Upload
from localchat.photos import Size, keep_sizes
from localchat.telegram import Telegram

Json = dict[str, Any]

FILES: dict[str, tuple[str, str, Json]] = {  # kind: MIME type, suffix, what else the Bot API says of it
    "sticker": (
        "image/webp",
        ".webp",
        {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": "🙂"},
    ),
    "video": ("video/mp4", ".mp4", {"width": 640, "height": 360, "duration": 3, "mime_type": "video/mp4"}),
    "animation": ("video/mp4", ".mp4", {"width": 320, "height": 240, "duration": 2, "mime_type": "video/mp4"}),
    "video_note": ("video/mp4", ".mp4", {"length": 240, "duration": 3}),
    "voice": ("audio/ogg", ".oga", {"duration": 2, "mime_type": "audio/ogg"}),
    "audio": ("audio/mpeg", ".mp3", {"duration": 60, "mime_type": "audio/mpeg"}),
}
THINGS: dict[str, Json] = {
    "location": {"latitude": 48.8584, "longitude": 2.2945},
    "contact": {"phone_number": "+33123456789", "first_name": "Ada"},
    "dice": {"emoji": "🎲", "value": 4},
    "poll": {
        "id": "1",
        "question": "Tea or coffee?",
        "options": [
            {"persistent_id": "0", "text": "Tea", "voter_count": 0},
            {"persistent_id": "1", "text": "Coffee", "voter_count": 0},
        ],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": True,
        "members_only": False,
    },
}
KINDS = (*FILES, *THINGS)
OTHERS: dict[
    tuple[str, bytes], tuple[str, str, Json]
] = {  # kind, and how its file begins where it is of another type: as above
    ("sticker", b"\x1a\x45\xdf\xa3"): ("video/webm", ".webm", {"is_video": True}),
    ("sticker", b"\x1f\x8b"): ("application/x-tgsticker", ".tgs", {"is_animated": True}),
    ("animation", b"GIF8"): ("image/gif", ".gif", {"mime_type": "image/gif"}),
}


def keep_kind(telegram: Telegram, kind: str, upload: Upload | None) -> Json:
    """A message of that kind, as a part of a Bot API Message; its file is empty without an upload."""
    if kind in THINGS:
        return {kind: THINGS[kind]}
    mime_type, suffix, details = FILES[kind]
    data = upload.data if upload else b""
    for (other, magic), (its_type, its_suffix, more) in OTHERS.items():
        if kind == other and data.startswith(magic):
            mime_type, suffix, details = its_type, its_suffix, details | more
    file = telegram.files.add(data, f"{kind}s", mime_type, suffix=suffix)
    file.content[kind] = file.describe() | details
    if kind == "animation":  # which old clients know as a document only
        file.content["document"] = file.describe() | {"mime_type": mime_type}
    return dict(file.content)


def keep_live_photo(telegram: Telegram, sizes: list[Size], film: Upload) -> Json:
    """A live photo, a photo with a film of a moment around it, as a part of a Bot API Message."""
    content = keep_sizes(telegram.files, sizes)
    file = telegram.files.add(film.data, "videos", "video/mp4", suffix=".mp4")
    details = {"width": 640, "height": 360, "duration": 3, "mime_type": "video/mp4"}
    file.content["live_photo"] = file.describe() | details | {"photo": content["photo"]}
    return content | file.content
