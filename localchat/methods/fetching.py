"""How a bot learns what happened: updates, files, chats, itself. And where updates go: polls or a webhook."""

from localchat.errors import Refusal, bad_request
from localchat.methods.method import Json, Method, read_chat
from localchat.parameters import Parameters
from localchat.telegram import Telegram
from localchat.webhook import AT_ONCE

ABILITIES = (
    "can_be_edited can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_promote_members "
    "can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories is_anonymous"
)
MEMBER = {"creator": {"is_anonymous": False}, "administrator": dict.fromkeys(ABILITIES.split(), False)}
MAX_CONNECTIONS = 100  # to a bot's web server
MAX_DOWNLOAD = 20 * 2**20  # bytes that a bot can download of one file
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


async def get_me(telegram: Telegram, parameters: Parameters) -> Json:
    abilities = {"can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": False}
    guest = {"supports_guest_queries": True}
    return telegram.bot | abilities | guest | {"can_connect_to_business": False, "has_main_web_app": False}


async def get_updates(telegram: Telegram, parameters: Parameters) -> list[Json]:
    if telegram.webhook.url:
        raise Refusal(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        )
    _allow(telegram, parameters)
    limit = min(100, max(1, parameters.integer("limit", 100)))
    _say_ready(telegram)
    return await telegram.updates.poll(parameters.integer("offset"), limit, max(0, parameters.integer("timeout")))


async def set_webhook(telegram: Telegram, parameters: Parameters) -> bool:
    url = parameters.text("url")
    if url and not url.startswith(("https://", "http://")):
        raise bad_request("bad webhook: an HTTPS URL must be provided for webhook")
    if parameters.flag("drop_pending_updates"):
        telegram.updates.clear()
    _allow(telegram, parameters)
    telegram.updates.interrupt("setWebhook")
    at_once = min(MAX_CONNECTIONS, max(1, parameters.integer("max_connections", AT_ONCE)))
    telegram.webhook.set(url, parameters.text("secret_token"), at_once)
    _say_ready(telegram)
    return True


async def delete_webhook(telegram: Telegram, parameters: Parameters) -> bool:
    if parameters.flag("drop_pending_updates"):
        telegram.updates.clear()
    telegram.webhook.set("", "")
    return True


async def get_webhook_info(telegram: Telegram, parameters: Parameters) -> Json:
    waiting = {"has_custom_certificate": False, "pending_update_count": len(telegram.updates)}
    return {"url": telegram.webhook.url} | waiting | telegram.webhook.last_error


async def get_file(telegram: Telegram, parameters: Parameters) -> Json:
    file = telegram.files.get(parameters.text("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > MAX_DOWNLOAD:
        raise bad_request("file is too big")
    return file.describe() | {"file_path": file.path}


async def get_chat(telegram: Telegram, parameters: Parameters) -> Json:
    gifts = dict.fromkeys(GIFTS, False)
    chat = read_chat(telegram, parameters)
    described, pinned = telegram.chats.describe(chat), telegram.chats.pinned(chat)
    described |= {"pinned_message": pinned} if pinned else {}
    return described | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


async def get_chat_member(telegram: Telegram, parameters: Parameters) -> Json:
    chat = read_chat(telegram, parameters)
    user = parameters.integer("user_id")
    if user == telegram.bot["id"]:
        return {"status": "member", "user": telegram.bot}
    status, person = telegram.chats.status(chat, user), telegram.chats.person(user)
    if status is None or person is None:
        raise bad_request("user not found")
    return {"status": status, "user": person} | MEMBER.get(status, {})


def _say_ready(telegram: Telegram) -> None:
    """The page shows that the bot is starting until it is told that there is one."""
    if not telegram.updates.fetched:
        telegram.updates.fetched = True
        telegram.chats.tell(None, "profile")


def _allow(telegram: Telegram, parameters: Parameters) -> None:
    allowed = parameters.texts("allowed_updates")
    if allowed is not None:  # else the bot's last wish stays
        telegram.updates.allowed = allowed


FETCHING: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "getFile": get_file,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
}
