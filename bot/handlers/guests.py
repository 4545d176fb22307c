"""Answers where the bot is a guest: somebody mentions it in a chat that it is no member of (guest mode, Bot API 10.0).

Telegram shows it the message that mentions it and the one that this replies to, and takes one answer in words.
"""

from telegram import Update

from bot.handlers.attachments import attachment_of, of_another_chat
from bot.handlers.context import Context, language
from bot.handlers.photos import PhotoHandler
from bot.queue.chat_limits import ChatLimits, TooManyError
from bot.reply.languages import say
from bot.stats import note
from bot.telegram.send import send_words


class GuestHandler:
    """Answers the photo that the bot is mentioned under, or in reply to.

    Args:
        photos: answers it.
        chat_limits: count the photos of each person, since a guest chat's number may be another chat's too.
    """

    def __init__(self, photos: PhotoHandler, chat_limits: ChatLimits):
        self._photos, self._chat_limits = photos, chat_limits

    async def answer(self, update: Update, context: Context) -> None:
        """Answer the photo; without one, say how to ask."""
        message, spoken, user = update.guest_message, language(update), update.effective_user
        assert message
        person = user.id if user else message.chat_id
        asked = (message, message.reply_to_message, of_another_chat(message))
        photo = next((each for each in asked if each and attachment_of(each)), None)
        if photo is None:
            note("words")
            await send_words(message, say("guest", spoken, name=message.get_bot().name))
            return
        try:
            with self._chat_limits.counted(person):
                reply = await self._photos.reply_to(photo, spoken)
                await send_words(message, reply.short if reply.pictures else reply.text)
                note(reply.outcome, reply.labels)
        except TooManyError:
            note("too many")
            if self._chat_limits.may_tell(person, "too_many"):
                await send_words(message, say("too_many", spoken))
