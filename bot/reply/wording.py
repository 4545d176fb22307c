"""From what the model saw to what the bot says: the words, and for several faces the picture.

Pure functions of a prediction; knows nothing of Telegram, chats or updates.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.reply.drawing import Mark, draw, legible
from bot.reply.languages import TEXTS, say
from model import NO_FACE, Bundle, Face, Prediction
from model.classifier import MAX_FACES
from model.image import Photo
from model.wording import color_of, short_name, shortened, typeset

MAX_TEXT = 2000  # characters; Telegram's limit is 4096 UTF-16 units, of which a character has one or two
MAX_LINES = 10  # labels that are counted one by one; MAX_LINES * MAX_NAME stays well below a caption's 1024
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
    """

    text: str
    outcome: str
    pictures: tuple[bytes, ...] = ()
    short: str = ""
    labels: tuple[str, ...] = ()
    explained: bool = False


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
    marks = marks_of(prediction.faces, bundle, language)
    return Reply(
        _several(prediction.faces, bundle, language),
        f"{len(marks)} faces",
        (draw(photo, marks),),
        _short_several(prediction.faces, bundle, language),
        tuple(face.label for face in prediction.faces),
    )


def marks_of(faces: Sequence[Face], bundle: Bundle, language: str, numbered: int = 0) -> list[Mark]:
    """A box and a name for each face; the first `numbered` of them with a number, from 1 on.

    Where a picture cannot show a name, such as a Chinese one, it shows the label's number, and the caption says both.
    """
    marks = []
    for number, face in enumerate(faces, 1):
        name = legible(_name(face, bundle, language)) or _in_brackets(face.label, bundle)
        name += "" if face.sure else " ?"
        text = f"{number}. {name}" if number <= numbered else name
        marks.append(Mark(face.box, text, color_of(face.label, bundle)))
    return marks


def reply_to_album(replies: Sequence[Reply], language: str) -> Reply:
    """One reply for the photos of an album, from the reply to each, in order."""
    if len(replies) == 1:
        return replies[0]
    lines = [f"{number}. {shortened(reply.short, MAX_SHORT)}" for number, reply in enumerate(replies, 1)]
    return Reply(
        "\n".join([say("album", language, count=len(replies)), *lines]),
        f"album of {len(replies)}",
        tuple(picture for reply in replies for picture in reply.pictures),
        labels=tuple(label for reply in replies for label in reply.labels),
    )


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
    name = _name(face, bundle, language)
    return name if face.sure else say("short_not_sure", language, name=name)


def _short_several(faces: tuple[Face, ...], bundle: Bundle, language: str) -> str:
    counts = _counted(faces, bundle, language)
    names = [say("counted", language, count=count, name=name) for name, count in counts]
    return say("short_faces", language, count=len(faces), names=TEXTS.joined(names, language))


def _several(faces: tuple[Face, ...], bundle: Bundle, language: str) -> str:
    counts = _counted(faces, bundle, language)
    lines = [say("largest_faces" if len(faces) >= MAX_FACES else "faces", language, count=len(faces))]
    lines += [f"• {say('counted', language, count=count, name=name)}" for name, count in counts[:MAX_LINES]]
    if rest := sum(count for _, count in counts[MAX_LINES:]):
        lines.append(f"• {say('other_faces', language, count=rest)}")
    if unsure := sum(not face.sure for face in faces):
        lines += ["", say("unsure_faces", language, count=unsure)]
    return "\n".join(lines)


def _counted(faces: tuple[Face, ...], bundle: Bundle, language: str) -> list[tuple[str, int]]:
    """How many faces have each label, the most frequent first."""
    labels = {face.label: _name(face, bundle, language) for face in faces}
    names = {
        label: name if legible(name) else f"{name} {_in_brackets(label, bundle)}" for label, name in labels.items()
    }
    return [(names[label], count) for label, count in Counter(face.label for face in faces).most_common()]


def _in_brackets(label: str, bundle: Bundle) -> str:
    """A label's number, where a picture cannot show its name."""
    return f"[{bundle.manifest.labels.index(label) + 1}]"


def _name(face: Face, bundle: Bundle, language: str) -> str:
    return short_name(face.label, bundle, language)
