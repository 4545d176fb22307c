"""The Telegram bot: answers each photo with what the model sees in it. `python -m bot` starts it."""
