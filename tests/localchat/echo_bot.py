"""A tiny bot on python-telegram-bot, for tests of the chat: it gives back what it gets."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, CommandHandler, MessageHandler, filters

from localchat import LocalChat

BUTTONS = [
    [InlineKeyboardButton("Edit", callback_data="edit"), InlineKeyboardButton("Alert", callback_data="alert")],
    [InlineKeyboardButton("Source", url="https://example.org/source")],
]


def build(chat: LocalChat) -> Application[Any, Any, Any, Any, Any, Any]:
    builder = ApplicationBuilder().token(chat.token).base_url(f"{chat.url}/bot").base_file_url(f"{chat.url}/file/bot")
    application = builder.build()
    application.add_handler(CommandHandler("start", start))
    application.add_handler(CommandHandler("wait", wait))
    application.add_handler(CallbackQueryHandler(pressed))
    application.add_handler(MessageHandler(filters.PHOTO, photo))
    application.add_handler(MessageHandler(filters.ALL, other))
    return application


async def start(update: Update, context: Any) -> None:
    await the(update).reply_html("Hello <b>you</b>, try /wait", reply_markup=InlineKeyboardMarkup(BUTTONS))


async def wait(update: Update, context: Any) -> None:
    await the(update).chat.send_action("typing")


async def pressed(update: Update, context: Any) -> None:
    query = update.callback_query
    assert query is not None
    if query.data == "alert":
        await query.answer("Look out!", show_alert=True)
    else:
        await query.answer("Edited it")
        await query.edit_message_text("Something else")


async def photo(update: Update, context: Any) -> None:
    message = the(update)
    largest = message.photo[-1]
    data = bytes(await (await largest.get_file()).download_as_bytearray())
    await message.reply_photo(data, caption=f"{largest.width} x {largest.height}", do_quote=True)


async def other(update: Update, context: Any) -> None:
    message = the(update)
    what = message.text or (message.document and f"file {message.document.file_name}") or "something"
    await message.reply_text(f"You sent: {what}", do_quote=True)


def the(update: Update) -> Message:
    assert update.message is not None
    return update.message


@contextmanager
def running(chat: LocalChat) -> Iterator[None]:
    """The bot polls in a thread of its own until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    application = build(chat)

    async def begin() -> None:
        await application.initialize()
        bot = application.bot
        await bot.set_my_name("Echo")
        await bot.set_my_description("I give back what I get.")
        await bot.set_my_description("Je rends ce que je reçois.", language_code="fr")
        await bot.set_my_commands([("start", "Say hello"), ("wait", "See me type")])
        await bot.set_my_commands([("start", "Dire bonjour")], language_code="fr")
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0)

    async def end() -> None:
        assert application.updater is not None
        await application.updater.stop()
        await application.stop()
        await application.shutdown()

    try:
        asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
        yield
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
