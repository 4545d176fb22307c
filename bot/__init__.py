"""The Telegram bot: answers each photo with what the model sees in it. `python -m bot` starts it."""

__version__ = "0.1.0"
