"""What the operator of the page sets, by environment variables or a `.env` file.

Knows nothing of what the settings are used for.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from model.settings import ServingSettings

SHORTEST_PASSWORD = 8


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(r"(\*\.)?[^*]+|\*", name) for name in names):
        raise ValueError("each must be a host name such as example.org or *.example.org")
    return names


def _path(path: str) -> str:
    if not re.fullmatch(r"[\w./~-]*", path):
        raise ValueError("it must be a path such as /photos")
    return f"/{path.strip('/')}".rstrip("/")


def _password(password: SecretStr) -> SecretStr:
    if 0 < len(password.get_secret_value()) < SHORTEST_PASSWORD:
        raise ValueError(f"it must have {SHORTEST_PASSWORD} characters or more")
    return password


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(ServingSettings):
    """The page's settings, and those it shares with the bot."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    behind_proxy: bool = False
    root_path: Annotated[str, AfterValidator(_path)] = ""
    trusted_hosts: Annotated[Listed, AfterValidator(_hosts)] = ()
    cors_origins: Listed = ()
    allow_url: bool = False
    requests_per_minute: int = Field(60, ge=0)
    live_per_minute: int = Field(300, ge=0)
    max_queue: int = Field(32, ge=1)
    teach_password: Annotated[SecretStr, AfterValidator(_password)] = SecretStr("")
