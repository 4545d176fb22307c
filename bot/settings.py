"""What the operator of the bot sets, by environment variables or a `.env` file.

Knows nothing of what the settings are used for.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from model.settings import ServingSettings, WebAddress


def _token(token: SecretStr) -> SecretStr:
    stripped = token.get_secret_value().strip()
    if not stripped.isprintable() or set(stripped) & set(" /?#%"):
        raise ValueError("it must be one word such as 123456:AbCdEf, as @BotFather gave it")
    return SecretStr(stripped)


def _numbers(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return tuple(int(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise ValueError("it must be numbers such as 123456789,-1001234567890") from None


Numbers = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_numbers)]


class Settings(ServingSettings):
    """The bot's settings, and those it shares with the page."""

    telegram_token: Annotated[SecretStr, AfterValidator(_token)] = SecretStr("")
    telegram_api_url: WebAddress = "https://api.telegram.org"
    messages_per_second: Annotated[int, Field(ge=1, le=1000)] = 30
    operator_chat_id: int | None = None
    allowed_users: Numbers = ()
    allowed_chats: Numbers = ()
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    log_format: Literal["text", "json"] = "text"

    @property
    def refused_token(self) -> str:
        """What to say when Telegram does not know the token."""
        return f"TELEGRAM_TOKEN is refused by {self.telegram_api_url}: copy it again from @BotFather."
