"""What the operator sets, by environment variables or a `.env` file.

Knows nothing of what the settings are used for.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(ValueError):
    """A setting with a value that cannot be used; the message names it and says what to write instead."""


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")) or any(letter.isspace() for letter in url):
        raise ValueError("it must be a web address such as https://api.telegram.org")
    return url.rstrip("/")


def _token(token: SecretStr) -> SecretStr:
    stripped = token.get_secret_value().strip()
    if not stripped.isprintable() or set(stripped) & set(" /?#%"):
        raise ValueError("it must be one word such as 123456:AbCdEf, as @BotFather gave it")
    return SecretStr(stripped)


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals; an empty one counts as not set."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    telegram_token: Annotated[SecretStr, AfterValidator(_token)] = SecretStr("")
    telegram_api_url: Annotated[str, AfterValidator(_web_address)] = "https://api.telegram.org"
    webhook_url: Annotated[str, AfterValidator(_web_address)] | None = None
    model_path: Path | None = None
    model_runtime: Literal["auto", "onnx", "fastai"] = "auto"
    messages_per_second: Annotated[int, Field(ge=1, le=1000)] = 30
    operator_chat_id: int | None = None
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"

    @property
    def refused_token(self) -> str:
        """What to say when Telegram does not know the token."""
        return f"TELEGRAM_TOKEN is refused by {self.telegram_api_url}: copy it again from @BotFather."

    @classmethod
    def read(cls) -> Self:
        """The settings of this process.

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
