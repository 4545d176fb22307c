"""From what the model saw to what the bot says: the words, and for several faces the picture.

Pure functions of a prediction; knows nothing of Telegram, chats or updates.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.reply.drawing import Mark, draw, has_room
from bot.reply.labels import legible
from bot.reply.languages import TEXTS, say
from model import NO_FACE, Bundle, Face, Prediction
from model.classifier import MAX_FACES
from model.image import Photo
from model.wording import color_of, short_name, shortened, typeset

MAX_TEXT = 2000  # characters; Telegram's limit is 4096 UTF-16 units, of which a character has one or two
MAX_LINES = 10  # labels that are counted one by one; MAX_LINES * MAX_NAME stays well below a caption's 1024
FEW = 6  # faces, at most, whose boxes hold names; beyond that numbers, which the caption lists
MAX_CAPTION = 900  # UTF-16 units, of Telegram's 1024, which hold what is said of a film's frame too
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
    marks, numbered = marks_of(prediction, bundle, language)
    return Reply(
        _several(prediction.faces, bundle, language, numbered),
        f"{len(marks)} faces",
        (draw(photo, marks),),
        _short_several(prediction.faces, bundle, language),
        tuple(face.label for face in prediction.faces),
    )


def marks_of(prediction: Prediction, bundle: Bundle, language: str, asking: bool = False) -> tuple[list[Mark], bool]:
    """A box for each face, and what to write on it: its name, or its number where names have no room.

    Where a picture cannot show a name, such as a Chinese one, it shows the label's number, and the caption says both.

    Args:
        prediction: of a photo with several faces.
        bundle: says its labels' words and colors.
        language: of the words.
        asking: whether names are numbered too, because somebody is asked about a number.

    Returns:
        The marks; whether they are numbers alone.
    """
    faces, names, numbers = prediction.faces, list[Mark](), list[Mark]()
    for number, face in enumerate(faces, 1):
        name, color = legible(_name(face, bundle, language)), color_of(face.label, bundle)
        name = (f"{number}. " if asking else "") + (name or _in_brackets(face.label, bundle))
        names.append(Mark(face.box, name if face.sure else f"{name} ?", color))
        numbers.append(Mark(face.box, _number(number, face), color))
    numbered = len(faces) > FEW or not has_room(prediction.size, names)
    return (numbers, True) if numbered else (names, False)


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
    name = _name(face, bundle, language)
    return name if face.sure else say("short_not_sure", language, name=name)


def _short_several(faces: tuple[Face, ...], bundle: Bundle, language: str) -> str:
    counts = _counted(faces, bundle, language)
    names = [say("counted", language, count=count, name=name) for name, count in counts]
    return say("short_faces", language, count=len(faces), names=TEXTS.joined(names, language))


def _several(faces: tuple[Face, ...], bundle: Bundle, language: str, numbered: bool) -> str:
    shown = Counter(face.label for face in faces).most_common(MAX_LINES)
    lines = [say("largest_faces" if len(faces) >= MAX_FACES else "faces", language, count=len(faces))]
    for label, count in shown:
        name = short_name(label, bundle, language)
        name += "" if numbered or legible(name) else f" {_in_brackets(label, bundle)}"
        lines.append("• " + say("counted", language, count=count, name=name))
    if rest := len(faces) - sum(count for _, count in shown):
        lines.append(f"• {say('other_faces', language, count=rest)}")
    if unsure := sum(not face.sure for face in faces):
        lines += ["", say("unsure_faces", language, count=unsure)]
    if numbered:
        room = (MAX_CAPTION - len("\n".join(lines).encode("utf-16-le")) // 2) // len(shown)
        for place, (label, _) in enumerate(shown, 1):
            if numbers := _numbers(faces, label, room - len(" : ")):
                lines[place] = say("numbered", language, counted=lines[place], numbers=numbers)
    return "\n".join(lines)


def _numbers(faces: Sequence[Face], label: str, room: int) -> str:
    """The numbers of a label's faces, such as "1–3, 5?, 8", or as many of them as have room, in characters."""
    runs: list[list[int]] = []
    for number, face in enumerate(faces, 1):
        if face.label == label:
            follows = bool(runs) and runs[-1][-1] == number - 1 and face.sure and faces[number - 2].sure
            runs = [*runs[:-1], [*runs[-1], number]] if follows else [*runs, [number]]
    texts = [
        f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(_number(n, faces[n - 1]) for n in run) for run in runs
    ]
    text = ", ".join(texts)
    if len(text) <= room:
        return text
    end = text.rfind(", ", 0, max(room - 1, 0))
    return f"{text[:end]}, …" if end > 0 else ""


def _number(number: int, face: Face) -> str:
    return f"{number}" if face.sure else f"{number}?"


def _counted(faces: tuple[Face, ...], bundle: Bundle, language: str) -> list[tuple[str, int]]:
    """How many faces have each label, the most frequent first."""
    counts = Counter(face.label for face in faces).most_common()
    return [(short_name(label, bundle, language), count) for label, count in counts]


def _in_brackets(label: str, bundle: Bundle) -> str:
    """A label's number, where a picture cannot show its name."""
    return f"[{bundle.manifest.labels.index(label) + 1}]"


def _name(face: Face, bundle: Bundle, language: str) -> str:
    return short_name(face.label, bundle, language)
