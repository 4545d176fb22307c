"""A stand-in for Telegram on this machine: a Bot API for a bot, and a chat page for a person.

Knows nothing of what the bot does. `LocalChat` starts it from Python, `python -m localchat` from a terminal.
It listens on this machine only and forgets everything when it ends. Until then it keeps, in memory, at most 10,000
messages, events and unfetched updates, 1,000 people, and 256 MB of files; the oldest go first.
"""

from localchat.server import LocalChat

__all__ = ["LocalChat"]
