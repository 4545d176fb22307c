"""Tells the operator, in a chat of their own, when the bot starts, stops or meets an unexpected error; and `/stats`.

Without `OPERATOR_CHAT_ID` it tells nobody.
"""

import asyncio
import logging
import time
import traceback

from telegram import Bot, Update
from telegram.error import TelegramError

from bot import __version__
from bot.handlers.context import Context, language
from bot.reply.languages import LANGUAGES, say
from bot.stats import Stats, megabytes, note
from bot.telegram.send import send_words

AGAIN = 3600.0  # seconds before the same kind of error is reported again
KINDS = 100  # that are remembered
WITHIN = 3.0  # seconds that a message to the operator may take

log = logging.getLogger(__name__)


class OperatorChat:
    """Speaks to the operator.

    Args:
        chat: the operator's chat with the bot, or a group; None for nobody.
        bot: says it.
        stats: what `/stats` tells.
        model: name of the bundle that is served.
    """

    def __init__(self, chat: int | None, bot: Bot, stats: Stats, model: str):
        self._chat, self._bot, self._stats, self._model = chat, bot, stats, model
        self._reported: dict[str, float] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def started(self) -> None:
        """The bot fetches updates from now on."""
        self._tell_soon(say("operator.started", LANGUAGES[0], version=__version__, model=self._model))

    def tell(self, text: str) -> None:
        """Something else that the operator should know."""
        self._tell_soon(text)

    async def stopped(self) -> None:
        """The bot has stopped; returns when this is told."""
        await self._tell(say("operator.stopped", LANGUAGES[0], count=sum(self._stats.outcomes.values())))

    def report(self, error: BaseException) -> None:
        """An unexpected error: where it happened, and nothing that it carries."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{'/'.join(frames[-1].filename.rsplit('/', 2)[-2:])}:{frames[-1].lineno}" if frames else "?"
        kind, now = f"{type(error).__name__} at {place}", time.monotonic()
        self._reported = {known: at for known, at in self._reported.items() if now - at < AGAIN}
        if kind not in self._reported and len(self._reported) < KINDS:
            self._reported[kind] = now
            self._tell_soon(say("operator.error", LANGUAGES[0], kind=kind))

    async def stats(self, update: Update, context: Context) -> None:
        """`/stats`: counts, answers per label, milliseconds, errors, memory, version."""
        assert update.effective_message
        spoken, stats, memory = language(update), self._stats, megabytes()
        fast, slow = stats.percentile(50), stats.percentile(95)
        text = say(
            "operator.stats",
            spoken,
            version=__version__,
            model=self._model,
            hours=f"{stats.hours:.1f}",
            updates=sum(stats.outcomes.values()),
            outcomes=_list(stats.outcomes.most_common(12)),
            labels=_list(stats.labels.most_common(12)),
            p50="–" if fast is None else round(fast),
            p95="–" if slow is None else round(slow),
            errors=stats.failed,
            memory="–" if memory is None else round(memory),
        )
        note("stats")
        await send_words(update.effective_message, text)

    def _tell_soon(self, text: str) -> None:
        task = asyncio.create_task(self._tell(text))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, text: str) -> None:
        if self._chat is None:
            return
        try:
            async with asyncio.timeout(WITHIN):
                await self._bot.send_message(self._chat, text)
        except (TelegramError, TimeoutError) as error:
            log.warning("OPERATOR_CHAT_ID cannot be written to (%s): has the operator sent /start there?", error)


def _list(counts: list[tuple[str, int]]) -> str:
    return "\n".join(f"• {name}: {count}" for name, count in counts) or "–"
