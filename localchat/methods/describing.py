"""How a bot presents itself: command menu, name and descriptions, each in several languages."""

from localchat.methods.method import Json, Method
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


DESCRIBING: dict[str, Method] = {
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
