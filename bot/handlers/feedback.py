"""Right or wrong: what people say of an answer, and, only with their yes, the photo that shows how to do better.

A wrong answer asks for consent; then the person chooses the face, where there are several, and the right label; then the
photo goes to the chat of `OPERATOR_CHAT_ID`, with a caption that `python -m training.feedback` reads. All of it happens in
the answer's own message, which replies to the photo: nothing is stored, and a restart between two taps loses nothing.
A kill while a photo is given, or a double click that reaches two processes, may give it twice; training takes it once.
"""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiolimiter import AsyncLimiter
from telegram import CallbackQuery, InlineKeyboardMarkup, InputMediaPhoto, Message, Update
from telegram.constants import ChatType, MessageLimit
from telegram.error import BadRequest, TelegramError

from bot.handlers import buttons
from bot.handlers.attachments import attachment_of
from bot.handlers.buttons import Action, ButtonData
from bot.handlers.context import Context, language
from bot.handlers.photos import PhotoHandler
from bot.handlers.teaching import Teaching
from bot.reply.drawing import cut_out, draw
from bot.reply.languages import say
from bot.reply.several_faces import marks_of
from bot.stats import note
from bot.telegram.download import DownloadError, largest
from bot.telegram.retry import with_retries
from bot.telegram.send import send_picture
from model import Bundle, PhotoError

if TYPE_CHECKING:
    from model.metrics import Metrics

RULE = "\n\n· · ·\n\n"  # between an answer and what follows from a tap
LAST = (Action.RIGHT, Action.NO, Action.LABEL)  # after which a message has no buttons any more
REMEMBERED = 1000  # messages that had their last tap: a double click does nothing twice
MOST, PER_SECONDS = 20, 3600.0  # photos that one person may give
SEVERAL = "several"

log = logging.getLogger(__name__)


class FeedbackHandler:
    """Deals with taps on the buttons of `bot.handlers.buttons`.

    Args:
        chat: the operator's; None takes no photos.
        bundle: says the labels.
        photos: fetches a photo once more.
        metrics: count "right" and "wrong" by the label that the bot had answered, or as "several".
        teaching: learns from what is wrong at once, where the operator taught the labels.
        keyboard: stands under each photo in the operator's chat.
    """

    def __init__(
        self,
        chat: int | None,
        bundle: Bundle,
        photos: PhotoHandler,
        metrics: "Metrics | None",
        teaching: Teaching | None = None,
        keyboard: InlineKeyboardMarkup | None = None,
    ):
        self._chat, self._bundle, self._photos, self._metrics = chat, bundle, photos, metrics
        self._teaching, self._keyboard = teaching, keyboard
        self._ended: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._given: OrderedDict[int, AsyncLimiter] = OrderedDict()

    async def pressed(self, update: Update, context: Context) -> None:
        """Deal with one tap."""
        query, spoken = update.callback_query, language(update)
        assert query
        message = query.message
        button = ButtonData.read(query.data or "", len(buttons.choices(self._bundle)))
        note("button")
        if not isinstance(message, Message) or not message.is_accessible or message.chat.type != ChatType.PRIVATE:
            await _answer(query, say("feedback.old", spoken))
            if isinstance(message, Message):
                await _edit(message, None)
            return
        key = message.chat_id, message.message_id
        if key in self._ended:
            await _answer(query)
            return
        if button is None or button.action in LAST:
            self._end(key)
        try:
            await _answer(query, say("feedback.thanks", spoken) if button and button.action is Action.RIGHT else None)
            await self._deal_with(message, button, spoken)
        except BaseException:
            self._ended.pop(key, None)  # it may be tapped again
            raise

    async def _deal_with(self, message: Message, button: ButtonData | None, spoken: str) -> None:
        photo = message.reply_to_message
        attachment = attachment_of(photo) if photo else None
        if button and button.action is Action.RIGHT:
            if await _edit(message, None):
                self._say("right", button)
        elif button and button.action is Action.NO:
            note("photo not given")
            await _edit(message, say("feedback.not_given", spoken))
        elif self._chat is None and not self._teaches(message):
            await _edit(message, say("feedback.closed", spoken))
        elif not photo or not attachment:
            await _edit(message, say("feedback.gone", spoken))
        elif button is None or button.checksum != buttons.checksum(attachment, self._bundle):
            await _edit(message, say("feedback.changed", spoken))
        else:
            try:
                await self._go_on(message, photo, button, spoken)
            except (DownloadError, PhotoError):
                note("photo gone")
                await _edit(message, say("feedback.gone", spoken))

    def _teaches(self, message: Message) -> bool:
        return self._teaching is not None and message.chat_id == self._teaching.chat

    async def _go_on(self, message: Message, photo: Message, button: ButtonData, spoken: str) -> None:
        if self._teaching and self._teaches(message):
            if button.action is Action.LABEL:
                label = buttons.choices(self._bundle)[button.number]
                await _edit(message, await self._teaching.teach_photo(photo, label, spoken))
                return
            if button.action is Action.WRONG:
                self._say("wrong", button)
            labels = buttons.labels_keyboard(button, self._bundle, spoken)
            await _edit(message, say("teach.what", spoken), labels)
        elif button.action is Action.WRONG:
            question = "feedback.ask_face" if button.given is None else "feedback.ask"
            if await _edit(message, say(question, spoken), buttons.consent_keyboard(button, spoken)):
                self._say("wrong", button)
        elif button.action is Action.LABEL:
            await self._give(message, photo, button, spoken)
        elif button.given is None:
            await self._ask_for_the_face(message, photo, button, spoken)
        else:
            await _edit(
                message, say("feedback.which_label", spoken), buttons.labels_keyboard(button, self._bundle, spoken)
            )

    async def _ask_for_the_face(self, message: Message, photo: Message, button: ButtonData, spoken: str) -> None:
        async with self._photos.downloaded(photo) as data:
            decoded, prediction = await self._photos.predict(data)
            marks, _ = marks_of(prediction, self._bundle, spoken, asking=True)
            picture = await self._photos.pool.run(draw, decoded, marks)
        if (message.chat_id, message.message_id) in self._ended:  # by a "no", while the photo was looked at
            return
        if not prediction.faces:
            await _edit(message, say("feedback.changed", spoken))
            return
        media = InputMediaPhoto(picture, caption=_below(message, say("feedback.which_face", spoken)))
        keyboard = buttons.faces_keyboard(button, prediction, self._bundle, spoken)
        await _unless_refused(lambda: message.edit_media(media, reply_markup=keyboard))

    async def _give(self, message: Message, photo: Message, button: ButtonData, spoken: str) -> None:
        assert self._chat is not None
        labels = buttons.choices(self._bundle)
        limiter = self._limiter(message.chat_id)
        if not limiter.has_capacity():
            note("too many photos given")
            await _edit(message, say("feedback.plenty", spoken))
            return
        await limiter.acquire()
        async with self._photos.downloaded(photo, largest) as data:
            picture = await self._photos.pool.run(cut_out, data, button.box, buttons.UNITS)
        answered = "" if button.given is None else f"\nanswer: {labels[button.given]}"
        caption = f"label: {labels[button.number]}{answered}"
        try:
            await send_picture(message.get_bot(), self._chat, picture, caption, self._keyboard)
        except TelegramError as error:
            note("photo not taken")
            log.warning("OPERATOR_CHAT_ID takes no photos (%s): has the operator sent /start there?", error)
            await _edit(message, say("feedback.refused", spoken))
            return
        note("photo given")
        name = buttons.name_of(labels[button.number], self._bundle, spoken)
        await _edit(message, say("feedback.given", spoken, name=name))

    def _say(self, said: str, button: ButtonData) -> None:
        note(f"said {said}")
        if self._metrics:
            label = SEVERAL if button.given is None else buttons.choices(self._bundle)[button.given]
            self._metrics.feedback(said, label)

    def _end(self, key: tuple[int, int]) -> None:
        self._ended[key] = None
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def _limiter(self, chat: int) -> AsyncLimiter:
        limiter = self._given.setdefault(chat, AsyncLimiter(MOST, PER_SECONDS))
        self._given.move_to_end(chat)
        while len(self._given) > REMEMBERED:
            self._given.popitem(last=False)
        return limiter


async def _answer(query: CallbackQuery, text: str | None = None) -> None:
    """Let the button rest, with a word that passes. It may come too late for that."""
    with suppress(TelegramError):
        await query.answer(text)


async def _edit(message: Message, words: str | None, keyboard: InlineKeyboardMarkup | None = None) -> bool:
    """Write words below an answer, in place of those there, and change its buttons; whether that changed anything."""
    if words is None:
        return await _unless_refused(lambda: message.edit_reply_markup(keyboard))
    text = _below(message, words)
    if message.text is None:
        return await _unless_refused(lambda: message.edit_caption(text, reply_markup=keyboard))
    return await _unless_refused(lambda: message.edit_text(text, reply_markup=keyboard))


async def _unless_refused(call: Callable[[], Awaitable[Any]]) -> bool:
    """False where the message is like that already, or is gone."""
    try:
        await with_retries(call)
    except BadRequest:
        return False
    return True


def _below(message: Message, words: str) -> str:
    answer = (message.text or message.caption or "").partition(RULE)[0]
    room = MessageLimit.CAPTION_LENGTH if message.text is None else MessageLimit.MAX_TEXT_LENGTH
    return answer[: room - len(RULE + words)] + RULE + words
