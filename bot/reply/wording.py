"""From what the model saw to what the bot says: the words, and for several faces the picture.

Pure functions of a prediction; knows nothing of Telegram, chats or updates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.reply.drawing import draw
from bot.reply.languages import TEXTS, say
from bot.reply.several_faces import MAX_CAPTION, caption_of, marks_of, short_caption_of, units
from model import NO_FACE, Bundle, Face, Prediction
from model.image import Photo
from model.wording import short_name, shortened, typeset

MAX_TEXT = 2000  # characters; Telegram's limit is 4096 UTF-16 units, of which a character has one or two
MAX_SHORT = 90  # characters of a line about one photo of an album; ten of them fit a caption


@dataclass(frozen=True)
class Reply:
    """What is sent back.

    Attributes:
        text: plain text; the pictures' caption where there are any.
        outcome: the same in a word or two for the log, without anything about a person.
        pictures: JPEG files.
        short: the same in a line, for an album.
        labels: that it answers, one per face or one for the whole photo; `no_face` for a photo without a face.
        explained: whether it can be shown what a single answer was made of.
        numbered: whether the text lists numbers that stand in the picture.
    """

    text: str
    outcome: str
    pictures: tuple[bytes, ...] = ()
    short: str = ""
    labels: tuple[str, ...] = ()
    explained: bool = False
    numbered: bool = False


def reply_to(prediction: Prediction, photo: Photo, bundle: Bundle, language: str) -> Reply:
    """The reply to a photo.

    Args:
        prediction: what the model saw.
        photo: what it saw it in, decoded; the boxes are drawn on it.
        bundle: says its labels' words and colors.
        language: one of `bot.reply.languages.LANGUAGES`.
    """
    if not prediction.whole and not prediction.faces:
        return Reply(say("no_face", language), "no face", short=say("short_no_face", language), labels=(NO_FACE,))
    if alone := prediction.whole or (prediction.faces[0] if len(prediction.faces) == 1 else None):
        outcome, short = "whole photo" if prediction.whole else "1 face", _short_one(alone, bundle, language)
        explained = bool(prediction.looks) and not alone.is_none
        return Reply(_one(alone, bundle, language), outcome, (), short, (alone.label,), explained)
    marks, numbered = marks_of(prediction, bundle, language)
    return Reply(
        caption_of(prediction.faces, bundle, language, numbered),
        f"{len(marks)} faces",
        (draw(photo, marks),),
        short_caption_of(prediction.faces, bundle, language),
        tuple(face.label for face in prediction.faces),
        numbered=numbered,
    )


def reply_to_album(replies: Sequence[Reply], language: str) -> Reply:
    """One reply for the photos of an album, from the reply to each, in order."""
    if len(replies) == 1:
        return replies[0]
    lines = [say("album", language, count=len(replies))]
    lines += [f"{number}. {shortened(reply.short, MAX_SHORT)}" for number, reply in enumerate(replies, 1)]
    for number, reply in enumerate(replies, 1):
        fuller = [*lines[:number], f"{number}. {reply.text}", *lines[number + 1 :]]
        if reply.numbered and units(fuller) <= MAX_CAPTION:
            lines = fuller
    return Reply(
        "\n".join(lines),
        f"album of {len(replies)}",
        tuple(picture for reply in replies for picture in reply.pictures),
        labels=tuple(label for reply in replies for label in reply.labels),
    )


def with_frame(reply: Reply, language: str) -> Reply:
    """The reply to a frame of a film: it says so."""
    return replace(reply, text=f"{reply.text}\n\n{say('frame', language)}")


def photo_problem(problem: str, language: str) -> Reply:
    """The reply to a photo that cannot be answered, by the name of the problem."""
    text = say(f"photo_error.{problem}", language)
    return Reply(text, problem, short=text)


def _one(face: Face, bundle: Bundle, language: str) -> str:
    if face.is_none:
        return TEXTS.none_of(bundle, language)[:MAX_TEXT]
    percent = round(face.confidence * 100)
    words = bundle.words(face.label, language)
    if not face.sure:
        return say("not_sure", language, name=shortened(words.name), percent=min(percent, 99))
    answer = words.answer or say("plain", language, name=shortened(words.name))
    sure = say("sure", language, percent=percent) if percent < 100 else say("very_sure", language)
    return f"{typeset(answer, language)[:MAX_TEXT]}\n\n{sure}"


def _short_one(face: Face, bundle: Bundle, language: str) -> str:
    if face.is_none:
        return say("none", language)
    name = short_name(face.label, bundle, language)
    return name if face.sure else say("short_not_sure", language, name=name)
