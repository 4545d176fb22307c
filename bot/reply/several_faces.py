"""What is said of several faces, and what is written at their boxes: names, or numbers that the caption lists.

Pure functions of a prediction; knows nothing of Telegram, chats or updates.
"""

from collections import Counter
from collections.abc import Sequence

from bot.reply.drawing import Mark, has_room
from bot.reply.labels import legible
from bot.reply.languages import TEXTS, say
from model import Bundle, Face, Prediction
from model.classifier import MAX_FACES
from model.wording import color_of, short_name

MAX_LINES = 10  # labels that are counted one by one; MAX_LINES * MAX_NAME stays well below a caption's 1024
FEW = 6  # faces, at most, whose boxes hold names; beyond that numbers, which the caption lists
MAX_CAPTION = 900  # UTF-16 units, of Telegram's 1024, which hold what is said of a film's frame too


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
        name, color = legible(short_name(face.label, bundle, language)), color_of(face.label, bundle)
        name = (f"{number}. " if asking else "") + (name or _in_brackets(face.label, bundle))
        names.append(Mark(face.box, name if face.sure else f"{name} ?", color))
        numbers.append(Mark(face.box, _number(number, face), color))
    numbered = len(faces) > FEW or not has_room(prediction.size, names)
    return (numbers, True) if numbered else (names, False)


def caption_of(faces: Sequence[Face], bundle: Bundle, language: str, numbered: bool) -> str:
    """Counts faces by label, with their numbers where the picture holds numbers."""
    shown = Counter(face.label for face in faces).most_common(MAX_LINES)
    lines = [say("largest_faces" if len(faces) >= MAX_FACES else "faces", language, count=len(faces))]
    for label, count in shown:
        name = short_name(label, bundle, language) if numbered else _name(label, bundle, language)
        lines.append("• " + say("counted", language, count=count, name=name))
    if rest := len(faces) - sum(count for _, count in shown):
        lines.append(f"• {say('other_faces', language, count=rest)}")
    if unsure := sum(not face.sure for face in faces):
        lines += ["", say("unsure_faces", language, count=unsure)]
    if numbered:
        room = (MAX_CAPTION - units(lines)) // len(shown)
        for place, (label, _) in enumerate(shown, 1):
            if numbers := _numbers(faces, label, room - len(" : ")):
                lines[place] = say("numbered", language, counted=lines[place], numbers=numbers)
    return "\n".join(lines)


def short_caption_of(faces: Sequence[Face], bundle: Bundle, language: str) -> str:
    """The same in a line, without numbers."""
    counts = Counter(face.label for face in faces).most_common()
    names = [say("counted", language, count=count, name=_name(label, bundle, language)) for label, count in counts]
    return say("short_faces", language, count=len(faces), names=TEXTS.joined(names, language))


def units(lines: Sequence[str]) -> int:
    """How long Telegram takes a text of these lines to be: UTF-16 units."""
    return len("\n".join(lines).encode("utf-16-le")) // 2


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


def _name(label: str, bundle: Bundle, language: str) -> str:
    """A label in words, and what stands for it in the picture where that cannot show it."""
    name = short_name(label, bundle, language)
    return name if legible(name) else f"{name} {_in_brackets(label, bundle)}"


def _in_brackets(label: str, bundle: Bundle) -> str:
    """A label's number, where a picture cannot show its name."""
    return f"[{bundle.manifest.labels.index(label) + 1}]"
