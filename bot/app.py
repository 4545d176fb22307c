"""The bot on one page: what it reacts to, in order, and what it tells Telegram about itself.

Read this first. Knows nothing of settings files, signals or the command line.
"""

import asyncio
import re
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from telegram import Update
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.handlers import language
from bot.handlers.access import Access
from bot.handlers.albums import QUIET, Albums
from bot.handlers.buttons import Action
from bot.handlers.commands import Commands, NonPhotoReply
from bot.handlers.errors import ErrorReplies
from bot.handlers.feedback import FeedbackHandler
from bot.handlers.groups import ASK, EVERY, ONLY_ASKED, Groups
from bot.handlers.guests import GuestHandler
from bot.handlers.operator_chat import OperatorChat
from bot.handlers.photos import WORKERS, PhotoHandler
from bot.handlers.teaching import MENU as TEACHING_MENU
from bot.handlers.teaching import PhotosToTeach, Teaching, teach_this
from bot.handlers.why import WhyHandler
from bot.introduction import Introduction
from bot.queue.chat_limits import ChatLimits
from bot.reply.languages import LANGUAGES, say
from bot.settings import Settings
from bot.stats import Stats
from bot.telegram.client import Client
from bot.telegram.lifecycle import AnyApplication
from bot.telegram.pinned_file import PinnedFile
from bot.telegram.update_processor import UpdateProcessor
from model import Classifier
from model.photo_pool import PhotoPool
from model.teaching.kept_file import FileInFolder, KeptFile

if TYPE_CHECKING:
    from model.metrics import Metrics

EXTENSIONS = ("jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "heic", "heif", "avif", "tif", "tiff")
DEFAULT_GROUP = 0  # python-telegram-bot's, of handlers

NEW = filters.UpdateType.MESSAGE
EDITED = filters.UpdateType.EDITED_MESSAGE
STICKER = filters.Sticker.STATIC | filters.Sticker.VIDEO
MOVING = filters.ANIMATION | filters.VIDEO | filters.VIDEO_NOTE | filters.Document.VIDEO
IMAGE_FILE = reduce(or_, map(filters.Document.FileExtension, EXTENSIONS), filters.Document.IMAGE) & ~filters.ANIMATION
# What a person sends by hand. Whatever else Telegram brings is left alone: service messages, payments, what is new there.
OTHER = (
    filters.CONTACT
    | filters.Dice.ALL
    | filters.GAME
    | filters.LOCATION
    | filters.POLL
    | filters.STORY
    | filters.VENUE
    | filters.CHECKLIST
)
IN_PRIVATE, IN_GROUP = NEW & filters.ChatType.PRIVATE, NEW & filters.ChatType.GROUPS


def build(
    settings: Settings, classifier: Classifier, pool: PhotoPool | None = None, teacher: int | None = None
) -> AnyApplication:
    """Builds the bot, ready for `bot.telegram.lifecycle.run`.

    Args:
        settings: with a token.
        classifier: predicts photos, until the bot is taught other labels.
        pool: runs it; by default the bot's own.
        teacher: the chat that may teach the bot; by default the operator's.
    """

    bot, stats, chat_limits, groups = Client(settings), Stats(), ChatLimits(), Groups(classifier.bundle.command or ASK)
    operator = OperatorChat(settings.operator_chat_id, bot, stats, classifier.bundle.manifest.name)
    errors = ErrorReplies(operator, chat_limits)
    processor = UpdateProcessor(bot.acknowledgements, errors.give_up, stats.count)
    bot.hand_updates_to(processor)
    metrics = _metrics(settings, classifier)
    albums = Albums(quiet=0 if settings.webhook_url else QUIET)  # there, the next photo comes after this one's answer
    pool, words = pool or PhotoPool(WORKERS), NonPhotoReply()
    of_operator = filters.Chat(settings.operator_chat_id) if settings.operator_chat_id else ~filters.ALL
    introduction = Introduction(bot, groups)
    served, introducing = classifier, list[asyncio.Future[None]]()

    async def post_init(application: Any) -> None:
        problem = await teaching.restore() if teaching else None
        if served is classifier:
            await introduction.begin(classifier.bundle)
        operator.started()
        if problem:
            operator.tell(problem)

    async def post_stop(application: Any) -> None:
        introduction.end()
        await operator.stopped()

    application: AnyApplication = (
        ApplicationBuilder().bot(bot).concurrent_updates(processor).post_init(post_init).post_stop(post_stop).build()
    )

    def serve(taught: Classifier | None) -> None:
        """Answers with another classifier from now on; what is under way ends as it began."""
        nonlocal served
        told, served = served.bundle.manifest.answers, taught or classifier
        if taught:
            classifier.free()
        for handler in list(application.handlers.get(DEFAULT_GROUP, ())):
            application.remove_handler(handler)
        application.add_handlers(handlers())
        if served.bundle.manifest.answers != told:
            introducing.append(asyncio.ensure_future(introduction.begin(served.bundle)))
            del introducing[:-1]  # the loop itself keeps no task alive

    def handlers() -> list[Any]:
        """In order: the first that wants an update gets it."""
        by_teacher = served is not classifier
        asks, bundle = settings.operator_chat_id is not None or by_teacher, served.bundle
        commands = Commands(bundle, asks, teaching.chat if teaching else None)
        photos = PhotoHandler(served, pool, groups, chat_limits, albums, asks, metrics)
        correct = teaching if by_teacher else None
        given = teach_this() if teaching and teaching.chat == settings.operator_chat_id else None
        feedback = FeedbackHandler(settings.operator_chat_id, bundle, photos, metrics, correct, given)
        return [
            CommandHandler("start", commands.start, NEW),
            CommandHandler("help", commands.help, NEW),
            CommandHandler("privacy", commands.privacy, NEW),
            CommandHandler("language", language.ask, IN_PRIVATE),
            CommandHandler("stats", operator.stats, NEW & of_operator),
            CommandHandler(EVERY, groups.answer_every, IN_GROUP),
            CommandHandler(ONLY_ASKED, groups.answer_only_asked, IN_GROUP),
            *(teaching_handlers(teaching) if teaching else ()),
            MessageHandler(filters.UpdateType.GUEST_MESSAGE, GuestHandler(photos, chat_limits).answer),
            MessageHandler((NEW | EDITED) & (filters.PHOTO | IMAGE_FILE), photos.answer),
            MessageHandler(NEW & MOVING | IN_PRIVATE & STICKER, photos.answer_film),
            MessageHandler(
                NEW
                & filters.TEXT
                & (filters.ChatType.GROUPS | filters.Regex(re.compile(rf"^/{groups.command}\b", re.IGNORECASE))),
                photos.answer_asked,
            ),
            CallbackQueryHandler(feedback.pressed, pattern=rf"^(?!f:{Action.WHY}:|t:|{language.PREFIX})"),
            CallbackQueryHandler(language.pressed, pattern=rf"^{language.PREFIX}"),
            *([CallbackQueryHandler(teaching.pressed, pattern="^t:")] if teaching else ()),
            CallbackQueryHandler(WhyHandler(bundle, photos).pressed),
            # Beyond commands and photos the bot talks only where nobody else is spoken to.
            MessageHandler(IN_PRIVATE & filters.COMMAND, words.of("unknown_command")),
            MessageHandler(IN_PRIVATE & filters.TEXT, words.of("text")),
            MessageHandler(IN_PRIVATE & filters.Sticker.ALL, words.of("sticker")),
            MessageHandler(IN_PRIVATE & (filters.VOICE | filters.AUDIO), words.of("sound")),
            MessageHandler(IN_PRIVATE & filters.Document.ALL, words.of("document")),
            MessageHandler(IN_PRIVATE & OTHER, words.of("other")),
        ]

    chat = teacher or settings.operator_chat_id
    teaching = Teaching(chat, _kept(settings, bot, chat), pool, albums, serve) if chat else None
    application.add_handlers(handlers())
    if settings.allowed_users or settings.allowed_chats:
        own = (chat,) if chat else ()
        access = Access(settings.allowed_users, (*settings.allowed_chats, *own))
        application.add_handler(TypeHandler(Update, access.check), group=DEFAULT_GROUP - 1)  # before all others
    application.add_error_handler(errors.explain_error)
    return application


def teaching_handlers(teaching: Teaching) -> list[Any]:
    """What the bot reacts to in the chat of whoever teaches it."""
    here = NEW & filters.Chat(teaching.chat)
    commands = [CommandHandler(name, getattr(teaching, name), here) for name in TEACHING_MENU]
    return [
        *commands,
        MessageHandler(here & PhotosToTeach(teaching) & (filters.PHOTO | IMAGE_FILE), teaching.photo),
        MessageHandler(here & filters.TEXT & ~filters.COMMAND & PhotosToTeach(teaching, named=True), teaching.named),
    ]


def _kept(settings: Settings, bot: Client, chat: int) -> KeptFile:
    if settings.state_dir:
        return FileInFolder(settings.state_dir)
    return PinnedFile(bot, chat, say("teach.pinned", LANGUAGES[0]))


def _metrics(settings: Settings, classifier: Classifier) -> "Metrics | None":
    if settings.metrics_port is None and not settings.webhook_url:
        return None
    from model.metrics import Metrics  # here, because most bots are not measured

    return Metrics(classifier.name)
