"""A bot as the tutorials write it, on today's python-telegram-bot: each photo is saved to disk, then `learn.predict` says
what it is, one photo at a time. TELEGRAM_TOKEN, TELEGRAM_API_URL and LEARNER as for the real bot."""

import os
import tempfile
from pathlib import Path
from typing import Any

from fastai.callback.progress import ProgressCallback
from fastai.learner import load_learner
from telegram import Update
from telegram.ext import Application, MessageHandler, filters

learner = load_learner(os.environ["LEARNER"])
learner.remove_cb(ProgressCallback)
folder = Path(tempfile.mkdtemp())


async def photo(update: Update, context: Any) -> None:
    """Answer a photo."""
    assert update.message
    file = await update.message.photo[-1].get_file()
    saved = await file.download_to_drive(folder / f"{file.file_unique_id}.jpg")
    label, index, probabilities = learner.predict(saved)
    await update.message.reply_text(
        f"{label} ({probabilities[index]:.0%})", reply_to_message_id=update.message.message_id
    )


def main() -> None:
    """Run until it is stopped."""
    server = os.environ["TELEGRAM_API_URL"]
    builder = Application.builder().token(os.environ["TELEGRAM_TOKEN"])
    bot = builder.base_url(f"{server}/bot").base_file_url(f"{server}/file/bot").build()
    bot.add_handler(MessageHandler(filters.PHOTO, photo))
    bot.run_polling()


if __name__ == "__main__":
    main()
