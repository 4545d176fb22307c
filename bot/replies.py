"""From what the model saw to what the bot says: the words, and for several faces the picture.

Pure functions of a prediction; knows nothing of Telegram, chats or updates.
"""

from collections import Counter
from dataclasses import dataclass

from bot.drawing import Mark, draw
from bot.texts import say, typeset
from model import Bundle, Face, Prediction
from model.classifier import MAX_FACES

MAX_TEXT = 2000  # characters; Telegram's limit is 4096 UTF-16 units, of which a character has one or two
MAX_NAME = 40  # characters of a label's name in a list or on a box
MAX_LINES = 10  # labels that are counted one by one; MAX_LINES * MAX_NAME stays well below a caption's 1024
PALETTE = ("#0072B2", "#D55E00", "#F0E442", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")  # Okabe and Ito's


@dataclass(frozen=True)
class Reply:
    """What is sent back.

    Attributes:
        text: plain text; the picture's caption where there is one.
        outcome: the same in a word or two for the log, without anything about a person.
        picture: a JPEG file.
    """

    text: str
    outcome: str
    picture: bytes | None = None


def reply_to(prediction: Prediction, photo: bytes, bundle: Bundle, language: str) -> Reply:
    """The reply to a photo.

    Args:
        prediction: what the model saw.
        photo: the file it saw it in, which the boxes are drawn on.
        bundle: says its labels' words and colors.
        language: one of `bot.texts.LANGUAGES`.
    """
    if prediction.whole:
        return Reply(_one(prediction.whole, bundle, language), "whole photo")
    if not prediction.faces:
        return Reply(say("no_face", language), "no face")
    if len(prediction.faces) == 1:
        return Reply(_one(prediction.faces[0], bundle, language), "1 face")
    marks = [
        Mark(face.box, _name(face, bundle, language) + ("" if face.sure else " ?"), _color(face.label, bundle))
        for face in prediction.faces
    ]
    return Reply(_several(prediction.faces, bundle, language), f"{len(marks)} faces", draw(photo, marks))


def photo_problem(problem: str, language: str) -> Reply:
    """The reply to a photo that cannot be answered, by the name of the problem."""
    return Reply(say(f"photo_error.{problem}", language), problem)


def label_names(bundle: Bundle, language: str) -> list[str]:
    """What the bundle can tell apart, in words."""
    return [_short(bundle.words(label, language).name) for label in bundle.manifest.labels]


def _one(face: Face, bundle: Bundle, language: str) -> str:
    percent = round(face.confidence * 100)
    words = bundle.words(face.label, language)
    if not face.sure:
        return say("not_sure", language, name=_short(words.name), percent=min(percent, 99))
    answer = words.answer or say("plain", language, name=_short(words.name))
    sure = say("sure", language, percent=percent) if percent < 100 else say("very_sure", language)
    return f"{typeset(answer, language)[:MAX_TEXT]}\n\n{sure}"


def _several(faces: tuple[Face, ...], bundle: Bundle, language: str) -> str:
    counts = Counter(_name(face, bundle, language) for face in faces).most_common()
    lines = [say("largest_faces" if len(faces) >= MAX_FACES else "faces", language, count=len(faces))]
    lines += [f"• {count} {name}" for name, count in counts[:MAX_LINES]]
    if rest := sum(count for _, count in counts[MAX_LINES:]):
        lines.append(f"• {say('other_faces', language, count=rest)}")
    if unsure := sum(not face.sure for face in faces):
        lines += ["", say("unsure_faces", language, count=unsure)]
    return "\n".join(lines)


def _name(face: Face, bundle: Bundle, language: str) -> str:
    return _short(bundle.words(face.label, language).name)


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def _color(label: str, bundle: Bundle) -> str:
    index = bundle.manifest.labels.index(label)
    return bundle.colors.get(label) or PALETTE[index % len(PALETTE)]
