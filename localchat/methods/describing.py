"""How a bot presents itself: command menu, name and descriptions, each in several languages, and profile photo."""

from localchat.errors import bad_request
from localchat.methods.method import Json, Method
from localchat.methods.sending import file_content
from localchat.parameters import Parameters
from localchat.telegram import Telegram


async def set_my_commands(telegram: Telegram, parameters: Parameters) -> bool:
    _set_commands(telegram, parameters, parameters.mappings("commands"))
    return True


async def get_my_commands(telegram: Telegram, parameters: Parameters) -> list[Json]:
    return telegram.profile.commands(_scope(parameters), parameters.text("language_code"))


async def delete_my_commands(telegram: Telegram, parameters: Parameters) -> bool:
    _set_commands(telegram, parameters, [])
    return True


def _set_commands(telegram: Telegram, parameters: Parameters, commands: list[Json]) -> None:
    telegram.profile.set_commands(_scope(parameters), parameters.text("language_code"), commands)
    telegram.chats.tell(None, "profile")


def _scope(parameters: Parameters) -> Json:
    return parameters.mapping("scope")


def _setter(key: str) -> Method:
    async def set_my_text(telegram: Telegram, parameters: Parameters) -> bool:
        telegram.profile.set_text(key, parameters.text("language_code"), parameters.text(key))
        telegram.chats.tell(None, "profile")
        return True

    return set_my_text


def _getter(key: str) -> Method:
    async def get_my_text(telegram: Telegram, parameters: Parameters) -> Json:
        return {key: telegram.profile.text(key, parameters.text("language_code"))}

    return get_my_text


async def get_user_profile_photos(telegram: Telegram, parameters: Parameters) -> Json:
    photos = telegram.profile.photos if parameters.integer("user_id") == telegram.bot["id"] else []
    return {"total_count": len(photos), "photos": photos[: parameters.integer("limit", 100)]}


async def set_my_profile_photo(telegram: Telegram, parameters: Parameters) -> bool:
    photo = parameters.mapping("photo")
    if photo.get("type") != "static":
        raise bad_request("can't parse InputProfilePhoto: the local chat shows static photos only")
    content = await file_content(telegram, parameters, "photo", str(photo.get("photo", "")))
    telegram.profile.photos.insert(0, content["photo"])
    telegram.chats.tell(None, "profile")
    return True


async def remove_my_profile_photo(telegram: Telegram, parameters: Parameters) -> bool:
    del telegram.profile.photos[:1]
    telegram.chats.tell(None, "profile")
    return True


DESCRIBING: dict[str, Method] = {
    "getUserProfilePhotos": get_user_profile_photos,
    "setMyProfilePhoto": set_my_profile_photo,
    "removeMyProfilePhoto": remove_my_profile_photo,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyName": _setter("name"),
    "getMyName": _getter("name"),
    "setMyDescription": _setter("description"),
    "getMyDescription": _getter("description"),
    "setMyShortDescription": _setter("short_description"),
    "getMyShortDescription": _getter("short_description"),
}
