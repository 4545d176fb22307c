"""Reads settings from environment variables and `.env`, for the bot and the page alike.

Knows nothing of what the settings are used for.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(ValueError):
    """Raised for a setting with a value that cannot be used; the message names it and says what to write instead."""


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")) or any(letter.isspace() for letter in url):
        raise ValueError("it must be a web address such as https://api.telegram.org")
    return url.rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web_address)]


class ServingSettings(BaseSettings):
    """Each field is the environment variable of the same name in capitals; an empty one counts as not set."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    webhook_url: WebAddress | None = None
    model_path: str = ""
    model_runtime: Literal["auto", "onnx", "fastai"] = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def read(cls) -> Self:
        """Reads the settings of this process.

        Raises:
            SettingsError: one has a value that cannot be used, or `.env` cannot be read.
        """
        try:
            return cls()
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][0]).upper()
            reason = problem["msg"].removeprefix("Value error, ")
            value = "" if "TOKEN" in name else f"={problem['input']!r}"
            raise SettingsError(f"{name}{value} cannot be used: {reason[0].lower()}{reason[1:]}.") from None
        except (UnicodeDecodeError, OSError) as error:
            raise SettingsError(f".env cannot be read: {error}.") from None
