"""What the operator sets, by environment variables or a `.env` file.

Knows nothing of what the settings are used for.
"""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(ValueError):
    """A setting with a value that cannot be used; the message names it and says what to write instead."""


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals; an empty one counts as not set."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    webhook_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    model_path: str = ""
    model_runtime: Literal["auto", "onnx", "fastai"] = "auto"
    behind_proxy: bool = False
    trusted_hosts: Listed = ()
    cors_origins: Listed = ()
    allow_url: bool = False
    requests_per_minute: int = Field(60, ge=0)
    max_queue: int = Field(32, ge=1)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

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
            reason = problem["msg"]
            raise SettingsError(
                f"{str(problem['loc'][0]).upper()}={problem['input']!r} cannot be used: {reason[0].lower()}{reason[1:]}."
            ) from None
        except (UnicodeDecodeError, OSError) as error:
            raise SettingsError(f".env cannot be read: {error}.") from None
