"""Reads settings from environment variables and `.env`, for the bot and the page alike.

Knows nothing of what the settings are used for.
"""

import codecs
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_FILE = Path(".env")


class SettingsError(ValueError):
    """Raised for a setting with a value that cannot be used; the message names it and says what to write instead."""


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")) or any(letter.isspace() for letter in url):
        raise ValueError("it must be a web address such as https://api.telegram.org")
    return url.rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web_address)]


class ServingSettings(BaseSettings):
    """Each field is the environment variable of the same name in capitals; an empty one counts as not set."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, env_ignore_empty=True, extra="ignore")

    webhook_url: WebAddress | None = None
    model_path: str = ""
    model_runtime: Literal["auto", "onnx", "fastai"] = "auto"
    state_dir: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def read(cls) -> Self:
        """Reads the settings of this process.

        Raises:
            SettingsError: one has a value that cannot be used, or `.env` cannot be read.
        """
        try:
            return cls(_env_file_encoding=_encoding(ENV_FILE))  # type: ignore[call-arg]
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0]).upper()
            reason = problem["msg"].removeprefix("Value error, ")
            secret = "TOKEN" in name or "PASSWORD" in name
            value = "" if secret else f"={problem['input']!r}"
            raise SettingsError(f"{name}{value} cannot be used: {reason[0].lower()}{reason[1:]}.") from None
        except UnicodeDecodeError:
            raise SettingsError(f"{ENV_FILE} is not text in UTF-8 or UTF-16: save it as UTF-8.") from None
        except OSError as error:
            raise SettingsError(f"{ENV_FILE} cannot be read ({error.strerror}); check who may read it.") from None


def _encoding(file: Path) -> str:
    """The encoding of a file: UTF-8, or UTF-16 as PowerShell writes it, with or without a byte order mark."""
    start = file.read_bytes()[:2] if file.is_file() else b""
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if b"\0" in start:
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    return "utf-8-sig"
