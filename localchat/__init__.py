"""A stand-in for Telegram on this machine: a Bot API for a bot, and a chat page for a person.

Knows nothing of what the bot does. `LocalChat` starts it from Python, `python -m localchat` from a terminal.
"""

from localchat.server import LocalChat

__all__ = ["LocalChat"]
