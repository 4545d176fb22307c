"""What a bot says of itself: commands per scope and language, name and descriptions per language, profile photos."""

import re
from typing import Any

from localchat.errors import bad_request
from localchat.parameters import Parameters

Json = dict[str, Any]
LIMITS = {"name": 64, "description": 512, "short_description": 120}


class Profile:
    """Set by the bot, shown by the page. A language that was not set falls back to the default one."""

    def __init__(self, name: str):
        self._texts: dict[str, dict[str, str]] = {key: {} for key in LIMITS}
        self._texts["name"][""] = name
        self._commands: dict[tuple[str, int | None, str], list[Json]] = {}
        self.photos: list[list[Json]] = []  # the newest first, each in several sizes

    def set_text(self, key: str, language: str, text: str) -> None:
        """Set name, description or short_description; an empty text takes it away.

        Raises:
            Refusal: the text is too long, or the language is not a code.
        """
        _check_language(language)
        if len(text) > LIMITS[key]:
            raise bad_request(f"bot {key.replace('_', ' ')} is too long")
        if text:
            self._texts[key][language] = text
        elif language or key != "name":
            self._texts[key].pop(language, None)

    def text(self, key: str, language: str) -> str:
        """The text in a language, or in the default one."""
        return self._texts[key].get(language) or self._texts[key].get("", "")

    def set_commands(self, scope: Json, language: str, commands: list[Json]) -> None:
        """Set the command menu of a scope and language; none takes it away.

        Raises:
            Refusal: a command, a description, the scope or the language is not valid.
        """
        _check_language(language)
        key = (*_scope(scope), language)
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        kept = []
        for command in commands:
            name, description = (str(command.get(key, "")) for key in ("command", "description"))
            if not re.fullmatch(r"[a-z0-9_]{1,32}", name := name.removeprefix("/")):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(description) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
            kept.append({"command": name, "description": description})
        if kept:
            self._commands[key] = kept
        else:
            self._commands.pop(key, None)

    def commands(self, scope: Json, language: str) -> list[Json]:
        """The commands of exactly that scope and language.

        Raises:
            Refusal: the scope is not valid.
        """
        return self._commands.get((*_scope(scope), language), [])

    def menu(self, chat: int, language: str) -> list[Json]:
        """The commands a person sees in a private chat: the narrowest scope first, their language before the default."""
        for scope in (("chat", chat), ("all_private_chats", None), ("default", None)):
            for code in (language, ""):
                if commands := self._commands.get((*scope, code)):
                    return commands
        return []


def _scope(scope: Json) -> tuple[str, int | None]:
    kind = scope.get("type", "default")
    if kind in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
        return kind, None
    if kind == "chat":
        return kind, Parameters(scope).integer("chat_id")
    raise bad_request("can't parse BotCommandScope: unsupported type specified")


def _check_language(language: str) -> None:
    if not re.fullmatch(r"([a-z]{2})?", language):
        raise bad_request("invalid language code specified")
