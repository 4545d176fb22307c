"""Teaching: the operator sends photos and says what they are, and the bot learns to tell them apart, with no computer.

Of a photo only its features are kept, never the photo. A step counts once it is kept, and only then is it confirmed.
"""

import asyncio
import logging
import re
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from telegram import (
    BotCommand,
    BotCommandScopeChat,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from telegram.error import TelegramError
from telegram.ext import filters

from bot.handlers.albums import Albums
from bot.handlers.attachments import attachment_of
from bot.handlers.context import Context, language
from bot.handlers.groups import is_mine
from bot.reply.languages import LANGUAGES, TEXTS, say
from bot.stats import note
from bot.telegram.download import DownloadError, download
from bot.telegram.retry import with_retries
from bot.telegram.send import send, send_words
from model import Classifier, PhotoError
from model.image import decode
from model.photo_pool import PhotoPool
from model.teaching.examples import Examples, TeachingError, plain
from model.teaching.head import LEAST
from model.teaching.kept_file import KeepingError, KeptFile
from model.teaching.session import BY_ITSELF, TeachingSession, figures, hardest, missing
from model.teaching.taught import learnable, packed

AT_ONCE = 3  # photos that are fetched and looked at at the same time
HARDEST = 2
OFFERED = 24  # labels on buttons
REMEMBERED = 100  # albums that wait for their label
MENU = ("teach", "learn", "undo", "forget", "rename", "words", "export", "done")
EVERYTHING = "all"
THIS = "t:this"  # on the button under a photo that somebody gave
GIVEN = re.compile("label: (.+)")  # in its caption

log = logging.getLogger(__name__)


class Teaching:
    """What the operator teaches.

    Args:
        chat: the operator's.
        kept: keeps what was taught.
        pool: runs what takes time.
        albums: bring together photos that were sent together.
        serve: is given the classifier that was learned, or None when there is none any more.
    """

    def __init__(
        self, chat: int, kept: KeptFile, pool: PhotoPool, albums: Albums, serve: Callable[[Classifier | None], None]
    ):
        self.chat = chat
        sentences = {code: say("teach.looks_like", code, name="{name}") for code in LANGUAGES}
        self._pool, self._albums = pool, albums
        self._session = TeachingSession(kept, pool, serve, sentences)
        self._looking = asyncio.Semaphore(AT_ONCE)
        self._waiting: OrderedDict[int, list[Message]] = OrderedDict()

    @property
    def on(self) -> bool:
        """Whether photos in the operator's chat are taught instead of answered; a restart changes nothing about it."""
        return self._examples.on

    @property
    def _examples(self) -> Examples:
        return self._session.examples

    async def restore(self) -> str | None:
        """Goes on with what was taught before. Returns what the operator should know, if anything is wrong."""
        try:
            await self._session.restore()
        except KeepingError as error:
            return say("teach.not_restored", LANGUAGES[0], reason=error)
        except TeachingError as error:
            return say("teach.not_restored", LANGUAGES[0], reason=_problem(error, LANGUAGES[0]))
        if self._session.head:
            log.info("Goes on with what was taught: %d photos.", len(self._examples))
        return None

    # Commands

    async def teach(self, update: Update, context: Context) -> None:
        """`/teach`: photos in this chat are examples from now on."""
        message, spoken = _message(update), language(update)
        if not await self._switch(message, spoken, on=True):
            return
        menu = [BotCommand(name, say(f"teach.menu.{name}", spoken)) for name in MENU]
        try:
            await message.get_bot().set_my_commands(menu, BotCommandScopeChat(self.chat))
        except TelegramError:
            log.warning("The command menu for teaching could not be set.")
        known = f"\n\n{self._have(spoken)}" if self._examples else ""
        await self._say(message, say("teach.start", spoken, least=LEAST) + known)

    async def done(self, update: Update, context: Context) -> None:
        """`/done`: photos in this chat are answered again."""
        message, spoken = _message(update), language(update)
        if await self._switch(message, spoken, on=False):
            await self._say(message, say("teach.done", spoken))

    async def _switch(self, message: Message, spoken: str, on: bool) -> bool:
        session, before = self._session, self._examples.on
        session.examples = replace(
            session.examples, on=on
        )  # at once: photos may have been sent right behind the command
        try:
            await session.change(lambda examples: replace(examples, on=on), most=0)
        except (KeepingError, TeachingError) as error:
            session.examples = replace(session.examples, on=before)
            await self._say(message, _problem(error, spoken))
            return False
        return True

    async def learn(self, update: Update, context: Context) -> None:
        """`/learn`: learn now, and say how right that is."""
        message, spoken = _message(update), language(update)
        try:
            learned = await self._session.learn()
        except (KeepingError, TeachingError) as error:
            await self._say(message, _problem(error, spoken))
            return
        if not learned:
            await self._say(message, self._missing(spoken))
            return
        head, examples = self._session.head, self._examples
        assert head
        await self._say(message, self._figures(spoken))
        for place in hardest(head, HARDEST):
            if examples.messages[place]:
                await self._point_at(examples.messages[place], message, examples.labels[place], spoken)

    async def undo(self, update: Update, context: Context) -> None:
        """`/undo`: take the last step back."""
        await self._change(update, lambda examples: examples.undo(), "teach.undone")

    async def forget(self, update: Update, context: Context) -> None:
        """`/forget LABEL`, or all."""
        name = _named(context)
        label = self._known(name)
        if name.casefold() == EVERYTHING and label is None:
            await self._change(update, lambda examples: Examples(on=examples.on), "teach.forgotten_all")
        elif label is None:
            await self._say(_message(update), self._which(language(update)))
        else:
            await self._change(update, lambda examples: examples.forget(label), "teach.forgotten", label=label)

    async def rename(self, update: Update, context: Context) -> None:
        """`/rename OLD = NEW`."""
        old, _, new = _named(context).partition("=")
        label, other = self._known(plain(old)), self._examples.named(new)
        if label is None or not other:
            await self._say(_message(update), self._which(language(update), "teach.how_to_rename"))
            return
        await self._change(
            update, lambda examples: examples.rename(label, other), "teach.renamed", label=label, other=other
        )

    async def words(self, update: Update, context: Context) -> None:
        """`/words LABEL = a mug | une tasse`: what people are told, in English and then in further languages."""
        name, _, said = _named(context).partition("=")
        label, names = self._known(plain(name)), _by_language(said)
        if label is None or not names:
            await self._say(_message(update), self._which(language(update), "teach.how_to_say"))
            return
        await self._change(
            update, lambda examples: examples.say(label, names), "teach.said", name=next(iter(names.values()))
        )

    async def export(self, update: Update, context: Context) -> None:
        """`/export`: a bundle, as a zip."""
        message, spoken = _message(update), language(update)
        if self._session.head is None:
            await self._say(message, self._missing(spoken))
            return
        content = await self._pool.run(packed, self._examples, self._session.head)
        note("exported")
        await message.reply_document(content, filename="taught.zip", caption=say("teach.exported", spoken))

    # Photos

    async def photo(self, update: Update, context: Context) -> None:
        """A photo or an album is an example of its caption; without one, labels are offered."""
        message, spoken = _message(update), language(update)
        async with self._albums.together(message) as album:
            if not album:
                note("in an album")
                return
            caption = plain(next((member.caption for member in album if member.caption), ""))
            if caption:
                await self._add(album, self._examples.named(caption), message, spoken)
            else:
                await self._ask(album, spoken)

    async def named(self, update: Update, context: Context) -> None:
        """A text in reply to a photo says what it is."""
        message = _message(update)
        photo = message.reply_to_message
        assert photo
        label = self._examples.named(message.text or "")
        await self._add(self._album_of(photo), label, message, language(update))

    async def pressed(self, update: Update, context: Context) -> None:
        """A tap on a label under a photo without a caption."""
        query, spoken = update.callback_query, language(update)
        assert query
        if query.data == THIS:
            await self._given(query, spoken)
            return
        message, chosen = query.message, (query.data or "").rsplit(":", 1)[-1]
        photo = message.reply_to_message if isinstance(message, Message) else None
        if (
            not isinstance(message, Message)
            or message.chat_id != self.chat
            or photo is None
            or not attachment_of(photo)
        ):
            await _end(query, say("feedback.old", spoken))
            return
        label = next((label for label in self._offered() if _mark(label) == chosen), None)
        await _end(query)
        if label is None:
            await _edited(message, say("teach.reply_with_name", spoken))
            return
        text = await self.teach_photo(photo, label, spoken)
        await _edited(message, text)

    async def _given(self, query: CallbackQuery, spoken: str) -> None:
        """A tap under a photo that somebody gave, whose caption says what it is."""
        message = query.message
        found = GIVEN.match(message.caption or "") if isinstance(message, Message) and message.photo else None
        if not isinstance(message, Message) or message.chat_id != self.chat or found is None:
            await _end(query, say("feedback.old", spoken))
            return
        await _end(query)
        text = await self._added([message], self._examples.named(found[1]), spoken)
        if message.photo[-1].file_unique_id in self._examples.keys:
            await _without_buttons(message)
        await self._say(message, text)

    async def teach_photo(self, photo: Message, label: str, spoken: str) -> str:
        """Teaches a photo, with its album where it waits for a label; returns what to say."""
        return await self._added(self._album_of(photo), label, spoken)

    async def _ask(self, album: Sequence[Message], spoken: str) -> None:
        first = album[0]
        self._waiting[first.message_id] = list(album)
        while len(self._waiting) > REMEMBERED:
            self._waiting.popitem(last=False)
        choices = [InlineKeyboardButton(label, callback_data=f"t:{_mark(label)}") for label in self._offered()]
        choices.append(InlineKeyboardButton(say("teach.new", spoken), callback_data="t:new"))
        rows = [choices[start : start + 2] for start in range(0, len(choices), 2)]
        await send(first, say("teach.what", spoken), (), InlineKeyboardMarkup(rows))
        note("asked for a label")

    def _album_of(self, photo: Message) -> list[Message]:
        return self._waiting.get(photo.message_id, [photo])

    async def _add(self, album: Sequence[Message], label: str, message: Message, spoken: str) -> None:
        await self._say(message, await self._added(album, label, spoken))

    async def _added(self, album: Sequence[Message], label: str, spoken: str) -> str:
        looked = await asyncio.gather(*(self._look(member) for member in album))
        photos = [photo for photo in looked if photo is not None]
        failed = len(looked) - len(photos)
        problem = [say("teach.unreadable", spoken, count=failed)] if failed else []
        if not photos:
            note("taught nothing")
            return problem[0]
        try:
            learned = await self._session.change(lambda examples: examples.add(label, photos), BY_ITSELF)
        except (KeepingError, TeachingError) as error:
            return _problem(error, spoken)
        note("taught", [label] * len(photos))
        self._waiting.pop(album[0].message_id, None)
        lines = [*problem, self._have(spoken)]
        if learned:
            lines.append(self._figures(spoken))
        elif not learnable(self._examples):
            lines.append(self._missing(spoken))
        return "\n".join(lines)

    async def _look(self, message: Message) -> tuple[str, int, np.ndarray] | None:
        attachment = attachment_of(message)
        assert attachment
        async with self._looking:
            try:
                data = await download(attachment)
                features = await self._pool.run(self._features, data)
            except (DownloadError, PhotoError):
                return None
        return attachment.file_unique_id, message.message_id, features

    def _features(self, data: bytes) -> np.ndarray:
        return self._session.backbone.features(decode(data).image)

    # Changes

    async def _change(self, update: Update, change: Callable[[Examples], Examples], key: str, **values: object) -> None:
        message, spoken = _message(update), language(update)
        try:
            await self._session.change(change)
        except (KeepingError, TeachingError) as error:
            await self._say(message, _problem(error, spoken))
            return
        have = f"\n{self._have(spoken)}" if self._examples else ""
        await self._say(message, say(key, spoken, **values) + have)

    # Words

    async def _say(self, message: Message, text: str) -> None:
        note("teaching")
        await send_words(message, text)

    async def _point_at(self, number: int, message: Message, label: str, spoken: str) -> None:
        text = say("teach.hard", spoken, label=label)
        bot, chat = message.get_bot(), self.chat
        try:
            await with_retries(lambda: bot.send_message(chat, text, reply_to_message_id=number))
        except TelegramError:
            note("photo gone")

    def _have(self, spoken: str) -> str:
        return TEXTS.joined((f"{label}: {count}" for label, count in self._examples.counts.items()), spoken)

    def _missing(self, spoken: str) -> str:
        key, values = missing(self._examples)
        return say(f"teach.{key}", spoken, **values)

    def _figures(self, spoken: str) -> str:
        return say("teach.learned", spoken, **figures(self._session.head)) if self._session.head else ""

    def _which(self, spoken: str, key: str = "teach.which") -> str:
        return say(key, spoken, labels=self._have(spoken) or "–")

    def _offered(self) -> list[str]:
        return [label for label, _ in self._examples.counts.most_common(OFFERED)]

    def _known(self, name: str) -> str | None:
        """The label that a person means, whatever its capitals."""
        return next((label for label in self._examples.counts if label.casefold() == name.casefold()), None)


def teach_this() -> InlineKeyboardMarkup:
    """The button under a photo that somebody gave."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(say("teach.this", LANGUAGES[0]), callback_data=THIS)]])


class PhotosToTeach(filters.MessageFilter):
    """Photos in the operator's chat while that is taught; with `named`, texts that reply to one."""

    def __init__(self, teaching: Teaching, named: bool = False):
        super().__init__(name="taught")
        self._teaching, self._named = teaching, named

    def filter(self, message: Message) -> bool:
        """Whether the message is one."""
        if not self._teaching.on or message.chat_id != self._teaching.chat:
            return False
        if not self._named:
            return True
        photo = message.reply_to_message
        return photo is not None and attachment_of(photo) is not None and not is_mine(photo)


def _problem(error: KeepingError | TeachingError, spoken: str) -> str:
    if isinstance(error, TeachingError):
        return say(f"teach.{error.problem}", spoken, **error.values)
    return say("teach.not_kept", spoken, reason=error)


def _message(update: Update) -> Message:
    assert update.effective_message
    return update.effective_message


def _named(context: Context) -> str:
    return plain(" ".join(context.args or []))


def _mark(label: str) -> str:
    """Tells a label from the others on a button, which holds 64 bytes."""
    return f"{zlib.crc32(label.encode()):08x}"


def _by_language(said: str) -> dict[str, str]:
    """ "a mug | fr: une tasse | de: eine Tasse" by language; the one without a code is for all the others."""
    names: dict[str, str] = {}
    for part in said.split("|"):
        code, colon, name = part.partition(":")
        if colon and code.strip() in LANGUAGES:
            names[code.strip()] = plain(name)
        elif name := plain(part):
            names[LANGUAGES[0]] = name
    return {code: name for code, name in names.items() if name}


async def _end(query: CallbackQuery, text: str | None = None) -> None:
    try:
        await query.answer(text)
    except TelegramError:
        note("late tap")


async def _without_buttons(message: Message) -> None:
    try:
        await with_retries(lambda: message.edit_reply_markup(None))
    except TelegramError:
        note("message gone")


async def _edited(message: Message, text: str) -> None:
    try:
        await with_retries(lambda: message.edit_text(text))
    except TelegramError:
        note("message gone")
