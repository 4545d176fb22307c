"""The bot on one page: what it reacts to, in order, and what it tells Telegram about itself.

Read this first. Knows nothing of settings files, signals or the command line.
"""

import asyncio
import logging
import re
from collections.abc import Coroutine
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from telegram import BotCommand, BotCommandScopeAllGroupChats
from telegram.error import TelegramError
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.handlers.albums import QUIET, Albums
from bot.handlers.buttons import Action
from bot.handlers.commands import MENU, Commands, NonPhotoReply
from bot.handlers.errors import ErrorReplies
from bot.handlers.feedback import FeedbackHandler
from bot.handlers.groups import ASK, EVERY, ONLY_ASKED, Groups
from bot.handlers.operator_chat import OperatorChat
from bot.handlers.photos import WORKERS, PhotoHandler
from bot.handlers.teaching import MENU as TEACHING_MENU
from bot.handlers.teaching import PhotosToTeach, Teaching
from bot.handlers.why import WhyHandler
from bot.queue.chat_limits import ChatLimits
from bot.reply.languages import LANGUAGES, listed, say
from bot.settings import Settings
from bot.stats import Stats
from bot.telegram.client import Client
from bot.telegram.kept_file import FileInFolder, KeptFile, PinnedFile
from bot.telegram.lifecycle import AnyApplication
from bot.telegram.update_processor import UpdateProcessor
from model import Bundle, Classifier
from model.batching import Batcher
from model.wording import label_names

if TYPE_CHECKING:
    from model.metrics import Metrics

EXTENSIONS = ("jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "heic", "heif", "avif", "tif", "tiff")
DEFAULT_GROUP = 0  # python-telegram-bot's, of handlers
DESCRIPTION_LIMIT, SHORT_DESCRIPTION_LIMIT = 512, 120  # characters, Telegram's

log = logging.getLogger(__name__)

NEW = filters.UpdateType.MESSAGE
EDITED = filters.UpdateType.EDITED_MESSAGE
MOVING = filters.ANIMATION | filters.VIDEO | filters.VIDEO_NOTE
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
    settings: Settings, classifier: Classifier, batcher: Batcher | None = None, teacher: int | None = None
) -> AnyApplication:
    """Builds the bot, ready for `bot.telegram.lifecycle.run`.

    Args:
        settings: with a token.
        classifier: predicts photos, until the bot is taught other labels.
        batcher: runs it; by default the bot's own.
        teacher: the chat that may teach the bot; by default the operator's.
    """

    bot, stats, chat_limits, groups = Client(settings), Stats(), ChatLimits(), Groups(classifier.bundle.command or ASK)
    operator = OperatorChat(settings.operator_chat_id, bot, stats, classifier.bundle.manifest.name)
    errors = ErrorReplies(operator, chat_limits)
    processor = UpdateProcessor(bot.acknowledgements, errors.give_up, stats.count)
    bot.hand_updates_to(processor)
    metrics = _metrics(settings, classifier)
    albums = Albums(quiet=0 if settings.webhook_url else QUIET)  # there, the next photo comes after this one's answer
    batcher, words = batcher or Batcher(WORKERS), NonPhotoReply()
    of_operator = filters.Chat(settings.operator_chat_id) if settings.operator_chat_id else ~filters.ALL
    served, introducing = classifier, list[asyncio.Future[None]]()

    async def post_init(application: Any) -> None:
        problem = await teaching.restore() if teaching else None
        if served is classifier:
            await introduce(bot, classifier.bundle, groups)
        operator.started()
        if problem:
            operator.tell(problem)

    async def post_stop(application: Any) -> None:
        await operator.stopped()

    application: AnyApplication = (
        ApplicationBuilder().bot(bot).concurrent_updates(processor).post_init(post_init).post_stop(post_stop).build()
    )

    def serve(taught: Classifier | None) -> None:
        """Answers with another classifier from now on; what is under way ends as it began."""
        nonlocal served
        told, served = served.bundle.manifest.answers, taught or classifier
        for handler in list(application.handlers.get(DEFAULT_GROUP, ())):
            application.remove_handler(handler)
        application.add_handlers(handlers())
        if served.bundle.manifest.answers != told:
            introducing.append(asyncio.ensure_future(introduce(bot, served.bundle, groups)))
            del introducing[:-1]  # the loop itself keeps no task alive

    def handlers() -> list[Any]:
        """In order: the first that wants an update gets it."""
        by_teacher = served is not classifier
        asks, bundle = settings.operator_chat_id is not None or by_teacher, served.bundle
        commands = Commands(bundle, asks, teaching.chat if teaching else None)
        photos = PhotoHandler(served, batcher, groups, chat_limits, albums, asks, metrics)
        correct = teaching if by_teacher else None
        feedback = FeedbackHandler(settings.operator_chat_id, bundle, photos, metrics, correct)
        return [
            CommandHandler("start", commands.start, NEW),
            CommandHandler("help", commands.help, NEW),
            CommandHandler("privacy", commands.privacy, NEW),
            CommandHandler("stats", operator.stats, NEW & of_operator),
            CommandHandler(EVERY, groups.answer_every, IN_GROUP),
            CommandHandler(ONLY_ASKED, groups.answer_only_asked, IN_GROUP),
            *(teaching_handlers(teaching) if teaching else ()),
            MessageHandler((NEW | EDITED) & (filters.PHOTO | IMAGE_FILE), photos.answer),
            MessageHandler(
                NEW
                & filters.TEXT
                & (filters.ChatType.GROUPS | filters.Regex(re.compile(rf"^/{groups.command}\b", re.IGNORECASE))),
                photos.answer_asked,
            ),
            CallbackQueryHandler(feedback.pressed, pattern=rf"^(?!f:{Action.WHY}:|t:)"),
            *([CallbackQueryHandler(teaching.pressed, pattern="^t:")] if teaching else ()),
            CallbackQueryHandler(WhyHandler(bundle, photos).pressed),
            # Beyond commands and photos the bot talks only where nobody else is spoken to.
            MessageHandler(IN_PRIVATE & filters.COMMAND, words.of("unknown_command")),
            MessageHandler(IN_PRIVATE & filters.TEXT, words.of("text")),
            MessageHandler(IN_PRIVATE & MOVING, words.of("moving")),
            MessageHandler(IN_PRIVATE & filters.Sticker.ALL, words.of("sticker")),
            MessageHandler(IN_PRIVATE & (filters.VOICE | filters.AUDIO), words.of("sound")),
            MessageHandler(IN_PRIVATE & filters.Document.ALL, words.of("document")),
            MessageHandler(IN_PRIVATE & OTHER, words.of("other")),
        ]

    chat = teacher or settings.operator_chat_id
    teaching = Teaching(chat, _kept(settings, bot, chat), batcher, albums, serve) if chat else None
    application.add_handlers(handlers())
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


async def introduce(bot: Client, bundle: Bundle, groups: Groups) -> None:
    """Set the command menu, the description and the short description, for each language and for all others."""
    calls: list[Coroutine[Any, Any, bool]] = []
    for code in (None, *LANGUAGES[1:]):  # the first language is everybody else's too
        spoken = code or LANGUAGES[0]
        labels = listed(label_names(bundle, spoken), spoken, most=5)
        menu = [BotCommand(name, say(f"menu.{name}", spoken)) for name in MENU]
        description = say("description", spoken, labels=labels)[:DESCRIPTION_LIMIT]
        short = say("short_description", spoken)[:SHORT_DESCRIPTION_LIMIT]
        calls.append(bot.set_my_commands(menu, language_code=code))
        calls.append(bot.set_my_commands(groups.menu(spoken), BotCommandScopeAllGroupChats(), language_code=code))
        calls.append(bot.set_my_description(description, language_code=code))
        calls.append(bot.set_my_short_description(short, language_code=code))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    if failed := [outcome for outcome in outcomes if isinstance(outcome, TelegramError)]:
        log.warning("The command menu or description could not be set: %s", failed[0])
