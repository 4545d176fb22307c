"""Why: a press of that button puts the photo into the answer, with what the network looked at marked on it.

The photo is fetched and looked at once more, so that nothing is kept between an answer and the press.
"""

from contextlib import suppress

from telegram import CallbackQuery, InlineKeyboardMarkup, InputMediaPhoto, Message, Update
from telegram.constants import MessageLimit
from telegram.error import BadRequest, TelegramError

from bot.handlers import buttons
from bot.handlers.attachments import attachment_of
from bot.handlers.buttons import Action, ButtonData
from bot.handlers.context import Context, language
from bot.handlers.photos import PhotoHandler
from bot.reply.drawing import draw_why
from bot.reply.languages import say
from bot.stats import note
from bot.telegram.download import DownloadError
from bot.telegram.retry import with_retries
from model import Bundle, PhotoError


class WhyHandler:
    """Deals with presses of the button "Why?".

    Args:
        bundle: whose answers are explained.
        photos: fetches a photo once more.
    """

    def __init__(self, bundle: Bundle, photos: PhotoHandler):
        self._bundle, self._photos = bundle, photos

    async def pressed(self, update: Update, context: Context) -> None:
        """Show what the answer was made of, in place of the button."""
        query, spoken = update.callback_query, language(update)
        assert query
        message = query.message
        note("why")
        photo = message.reply_to_message if isinstance(message, Message) else None
        attachment = attachment_of(photo) if photo else None
        button = ButtonData.read(query.data or "", len(buttons.choices(self._bundle)))
        if (
            not photo
            or not attachment
            or button is None
            or button.checksum != buttons.checksum(attachment, self._bundle)
        ):
            return await _answer(query, say("feedback.old", spoken))
        assert isinstance(message, Message)
        try:
            async with self._photos.downloaded(photo) as data:
                decoded, prediction = await self._photos.predict(data)
                picture = await self._photos.pool.run(draw_why, decoded, prediction)
        except (DownloadError, PhotoError):
            note("photo gone")
            return await _answer(query, say("feedback.old", spoken))
        await _answer(query)
        caption = (message.text or message.caption or "")[: MessageLimit.CAPTION_LENGTH]
        media = InputMediaPhoto(picture, caption=caption)
        with suppress(BadRequest):  # the message is like that already, or is gone
            await with_retries(lambda: message.edit_media(media, reply_markup=_without_why(message.reply_markup)))


async def _answer(query: CallbackQuery, text: str | None = None) -> None:
    with suppress(TelegramError):  # too late for this press: the next one is answered
        await query.answer(text)


def _without_why(keyboard: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    rows = keyboard.inline_keyboard if keyboard else ()
    kept = [row for row in rows if not str(row[0].callback_data).startswith(f"f:{Action.WHY}:")]
    return InlineKeyboardMarkup(kept) if kept else None
