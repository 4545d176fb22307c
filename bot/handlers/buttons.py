"""The small buttons under an answer: how they look, and what each carries.

Everything needed to go on stands in the 64 bytes that Telegram lets a button carry. So nothing is kept here, and a restart
between two taps loses nothing. Pure functions; knows nothing of chats, nor of what a tap does.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import KeyboardButtonStyle

from bot.reply.labels import Box
from bot.reply.languages import say
from bot.telegram.download import Attachment
from model import NO_FACE, NONE, Bundle, Prediction
from model.wording import short_name

UNITS = 10_000  # in which a photo is wide and high, whatever its pixels
PER_PAGE = 8  # labels
MOST_FACES, PER_ROW = 24, 6  # faces a page
DATA = re.compile(r"f:([a-z]):([0-9a-f]{8}):([0-9]{0,5}):([0-9]{1,5}):((?:[0-9]{1,5}\.){3}[0-9]{1,5})?")


class Action(StrEnum):
    """What a tap says."""

    RIGHT = "r"
    WRONG = "w"
    YES = "y"
    NO = "n"
    FACE = "f"
    PAGE = "p"
    LABEL = "l"
    WHY = "x"


STYLES = {  # colors, which Telegram shows from 2026 on
    Action.RIGHT: KeyboardButtonStyle.SUCCESS,
    Action.WRONG: KeyboardButtonStyle.DANGER,
    Action.YES: KeyboardButtonStyle.PRIMARY,
}


@dataclass(frozen=True)
class ButtonData:
    """What a button carries.

    Attributes:
        action: what it says.
        checksum: of the photo and of the labels that it is about; see `checksum`.
        given: which of `choices` the bot had answered; None when it saw several faces and none is chosen yet.
        number: of a page, or of the chosen label in `choices`.
        box: of the chosen face, in `UNITS`: left, top, right, bottom.
    """

    action: Action
    checksum: str
    given: int | None = None
    number: int = 0
    box: Box | None = None

    def write(self) -> str:
        """As a button's data: at most 50 of its 64 bytes."""
        given = "" if self.given is None else self.given
        return f"f:{self.action}:{self.checksum}:{given}:{self.number}:{'.'.join(map(str, self.box or ()))}"

    @classmethod
    def read(cls, data: str, labels: int) -> Self | None:
        """From a button's data; None when it makes no sense, because a strange program may send anything.

        Args:
            data: as it came.
            labels: how many `choices` there are.
        """
        match = DATA.fullmatch(data)
        if match is None or match[1] not in list(Action):
            return None
        given, number = int(match[3]) if match[3] else None, int(match[4])
        if max(given or 0, 0 if match[1] == Action.PAGE else number) >= labels:
            return None
        if match[5] is None:
            return cls(Action(match[1]), match[2], given, number)
        left, top, right, bottom = map(int, match[5].split("."))
        if not (left < right <= UNITS and top < bottom <= UNITS):
            return None
        return cls(Action(match[1]), match[2], given, number, (left, top, right, bottom))


def choices(bundle: Bundle) -> list[str]:
    """The labels that a person may call right."""
    manifest = bundle.manifest
    return [*manifest.answers, *[NONE] * manifest.may_be_none, *[NO_FACE] * manifest.faces.find]


def checksum(photo: Attachment, bundle: Bundle) -> str:
    """Eight letters that are others for another photo, and for a bundle with other labels."""
    return f"{zlib.crc32(chr(10).join([photo.file_unique_id, *choices(bundle)]).encode()):08x}"


def answer_keyboard(
    labels: Sequence[str], photo: Attachment, bundle: Bundle, language: str, asks: bool, why: bool
) -> InlineKeyboardMarkup | None:
    """Right or wrong, and why, under an answer of these labels; None where there is nothing to tap.

    Args:
        labels: that were answered; none where there is no answer.
        photo: that they answer.
        bundle: whose labels they are.
        language: of the buttons.
        asks: whether to offer right and wrong.
        why: ... and why.
    """
    given = choices(bundle).index(labels[0]) if len(labels) == 1 else None
    right = ButtonData(Action.RIGHT, checksum(photo, bundle), given)
    rows = []
    if asks and labels:
        wrong = replace(right, action=Action.WRONG)
        rows.append([(say("feedback.right", language), right), (say("feedback.wrong", language), wrong)])
    if why:
        rows.append([(say("why", language), replace(right, action=Action.WHY))])
    return _keyboard(rows) if rows else None


def consent_keyboard(button: ButtonData, language: str) -> InlineKeyboardMarkup:
    """Yes or no."""
    yes, no = replace(button, action=Action.YES), replace(button, action=Action.NO)
    return _keyboard([[(say("feedback.yes", language), yes), (say("feedback.no", language), no)]])


def faces_keyboard(button: ButtonData, prediction: Prediction, bundle: Bundle, language: str) -> InlineKeyboardMarkup:
    """The number of each face, the largest first. `button.number` is the page."""
    page = min(button.number, (len(prediction.faces) - 1) // MOST_FACES)
    first, last = page * MOST_FACES, (page + 1) * MOST_FACES
    numbers = [
        (
            str(number),
            replace(
                button,
                action=Action.FACE,
                given=choices(bundle).index(face.label),
                number=0,
                box=_in_units(face.box, prediction.size),
            ),
        )
        for number, face in enumerate(prediction.faces[first:last], first + 1)
    ]
    rows = [numbers[start : start + PER_ROW] for start in range(0, len(numbers), PER_ROW)]
    rows += _page_turns(button, page, len(prediction.faces) > last)
    return _keyboard([*rows, [(say("feedback.no", language), replace(button, action=Action.NO, number=0))]])


def labels_keyboard(button: ButtonData, bundle: Bundle, language: str) -> InlineKeyboardMarkup:
    """The labels that may be right, one below the other; all but the one the bot gave. `button.number` is the page."""
    others = [(number, label) for number, label in enumerate(choices(bundle)) if number != button.given]
    page = min(button.number, (len(others) - 1) // PER_PAGE)
    shown = others[page * PER_PAGE : (page + 1) * PER_PAGE]
    rows = [
        [(name_of(label, bundle, language), replace(button, action=Action.LABEL, number=number))]
        for number, label in shown
    ]
    rows += _page_turns(button, page, len(others) > (page + 1) * PER_PAGE)
    return _keyboard([*rows, [(say("feedback.none", language), replace(button, action=Action.NO, number=0))]])


def name_of(label: str, bundle: Bundle, language: str) -> str:
    """A label in words."""
    if label == NO_FACE and bundle.manifest.faces.find:
        return say("feedback.no_face", language)
    if label not in bundle.manifest.answers:
        return say("none", language)
    return short_name(label, bundle, language)


def _page_turns(button: ButtonData, page: int, more: bool) -> list[list[tuple[str, ButtonData]]]:
    """A row that leads to the pages before and after, if there are any."""
    turns = [("‹", page - 1)] * (page > 0) + [("›", page + 1)] * more
    return [[(sign, replace(button, action=Action.PAGE, number=to)) for sign, to in turns]] if turns else []


def _in_units(box: Box, size: tuple[int, int]) -> Box:
    left, top = min(box[0] * UNITS // size[0], UNITS - 1), min(box[1] * UNITS // size[1], UNITS - 1)
    return left, top, max(left + 1, box[2] * UNITS // size[0]), max(top + 1, box[3] * UNITS // size[1])


def _keyboard(rows: Sequence[Sequence[tuple[str, ButtonData]]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(text, callback_data=button.write(), style=STYLES.get(button.action))
                for text, button in row
            ]
            for row in rows
        ]
    )
