"""Runs the local chat alone, for any bot: `python -m localchat [--port N]`."""

import signal
import sys
from typing import Annotated

import typer

from localchat.server import LocalChat


def main(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8081,
    token: Annotated[str, typer.Option(help="Token that the bot must use.")] = "1:local-chat",
) -> None:
    """Run a local stand-in for Telegram: a Bot API for your bot, and a chat page for you. Ctrl-C stops it."""
    stopping = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)  # before the server's thread starts, which inherits it
    try:
        with LocalChat(port, token) as chat:
            print(f"Chat page:         {chat.url}")
            print(f"TELEGRAM_API_URL   {chat.url}")
            print(f"TELEGRAM_TOKEN     {chat.token}", flush=True)
            signal.sigwait(stopping)
    except OSError as error:
        sys.exit(f"Error: {error.strerror}")


if __name__ == "__main__":
    typer.run(main)
