"""From what the model saw to what the page shows: sentences, boxes, bars.

Pure functions of a prediction; knows nothing of HTTP or of HTML.
"""

import base64
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

from model import Bundle, Face, Prediction
from model.classifier import MAX_FACES
from model.heat_map import overlay
from model.wording import color_of, short_name, text_color_on, typeset
from web.languages import TEXTS, say

WIDE = 1000  # units that every photo is wide, whatever its pixels: boxes and letters are drawn in these
LABEL = 64  # units that a label on a box is high at most
LETTERS, LETTERS_ON_PHONES = 26, 40  # units, as the style sheet says
HEAT_MAP = 160  # pixels of its long side: it is smooth, and browsers enlarge it smoothly
MAX_BARS = 8  # labels that get a bar, the most probable ones


@dataclass(frozen=True)
class Bar:
    """How probable a label is. `share` is 0 to 100; `tint` is the label's class in the style sheet of `tints`."""

    name: str
    share: float
    text: str
    tint: str


@dataclass(frozen=True)
class Frame:
    """A face's box in units of the drawing. Its label stands in a strip that begins at `label_top`, at the strip's
    lower end if it is `above` the box; it begins at the box's left side, or ends at its right one if the box lies in
    the photo's right half."""

    left: float
    top: float
    width: float
    height: float
    label_top: float
    above: bool
    on_the_right: bool


@dataclass(frozen=True)
class Card:
    """One answer; `frame` is None for a whole photo."""

    number: int
    label: str
    name: str
    sure: bool
    how_sure: str
    percent: str
    tint: str
    bars: tuple[Bar, ...]
    frame: Frame | None


@dataclass(frozen=True)
class Result:
    """What the page shows of an answer: first `sentence`, then `advice` where the bundle gives some.

    The drawing is `WIDE` units wide and `height` high. `crowded` and `crowded_on_phones` say whether names on the boxes
    would cover each other, so that only numbers fit. `heat_map` is the address of a picture to lay over the photo, which
    marks what speaks for the answers; empty where the model cannot tell.
    """

    sentence: str
    advice: str
    cards: tuple[Card, ...]
    height: int
    heat_map: str = ""

    @property
    def crowded(self) -> bool:
        return _collide(self.cards, LETTERS)

    @property
    def crowded_on_phones(self) -> bool:
        return _collide(self.cards, LETTERS_ON_PHONES)


def result_of(prediction: Prediction, bundle: Bundle, language: str) -> Result:
    """What to show of a prediction, in the bundle's words, with what speaks for it."""
    return replace(glance_of(prediction, bundle, language), heat_map=_heat_map(prediction))


def glance_of(prediction: Prediction, bundle: Bundle, language: str) -> Result:
    """The same without what speaks for it, which takes longer."""
    height = max(1, round(WIDE * prediction.size[1] / prediction.size[0]))
    if prediction.whole and prediction.whole.is_none:
        return Result(TEXTS.none_of(bundle, language), "", (), height)
    if prediction.whole:
        whole = _card(1, prediction.whole, None, bundle, language)
        return Result(*_about(prediction.whole, "plain", bundle, language), (whole,), height)
    cards = tuple(
        _card(number, face, _frame(face, prediction.size), bundle, language)
        for number, face in enumerate(prediction.faces, 1)
    )
    if not cards:
        return Result(say("no_face", language), say("no_face_help", language), (), height)
    if len(cards) == 1:
        return Result(*_about(prediction.faces[0], "one", bundle, language), cards, height)
    counted = Counter(card.name for card in cards).most_common(8)
    counts = TEXTS.joined((say("counted", language, count=count, name=name) for name, count in counted), language)
    key = "largest_faces" if len(cards) >= MAX_FACES else "faces"
    return Result(say(key, language, count=len(cards), labels=counts), "", cards, height)


def _heat_map(prediction: Prediction) -> str:
    if not prediction.looks or (prediction.whole and prediction.whole.is_none):
        return ""
    file = io.BytesIO()
    overlay(prediction.looks, prediction.size, HEAT_MAP).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _about(face: Face, key: str, bundle: Bundle, language: str) -> tuple[str, str]:
    """What is said of a single answer: plainly, and in the bundle's own words where the answer is sure."""
    name = short_name(face.label, bundle, language)
    if not face.sure:
        return say("guess", language, name=name), ""
    answer = bundle.words(face.label, language).answer
    return say(key, language, name=name), typeset(answer, language) if answer else ""


def _card(number: int, face: Face, frame: Frame | None, bundle: Bundle, language: str) -> Card:
    percent = round(face.confidence * 100)
    if not face.sure:
        how_sure = say("not_sure", language)
    else:
        how_sure = say("sure", language, percent=percent) if percent < 100 else say("very_sure", language)
    likely = sorted(face.probabilities.items(), key=lambda item: item[1], reverse=True)
    bars = tuple(
        Bar(
            short_name(label, bundle, language),
            round(share * 100, 1),
            say("percent", language, percent=round(share * 100)),
            _tint(color_of(label, bundle)),
        )
        for label, share in likely[:MAX_BARS]
    )
    name = short_name(face.label, bundle, language)
    return Card(number, face.label, name, face.sure, how_sure, bars[0].text, bars[0].tint, bars, frame)


def _frame(face: Face, size: tuple[int, int]) -> Frame:
    scale = WIDE / size[0]
    left, top, right, bottom = (round(side * scale, 1) for side in face.box)
    above = top >= LABEL
    below = bottom if bottom + LABEL <= size[1] * scale else top
    label_top = round(top - LABEL if above else below, 1)
    return Frame(left, top, round(right - left, 1), round(bottom - top, 1), label_top, above, left + right > WIDE)


def _collide(cards: tuple[Card, ...], letters: float) -> bool:
    """Whether two labels with names would cover each other, their letters being about half as wide as high."""
    strips = []
    for frame, name in [(card.frame, card.name) for card in cards if card.frame]:
        width = min(WIDE, letters * (0.58 * len(name) + 2.5))
        left = frame.left + frame.width - width if frame.on_the_right else frame.left
        bottom = frame.label_top + (LABEL if frame.above else letters * 1.5)
        strips.append((left, bottom - letters * 1.5, left + width, bottom))
    return any(
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
        for one, other in combinations(strips, 2)
    )


def tints(bundles: Iterable[Bundle]) -> str:
    """A style sheet with a class for each label's color, since the page's content policy allows no other way."""
    colors = {color_of(label, bundle) for bundle in bundles for label in bundle.manifest.answers}
    return "".join(f".{_tint(color)}{{--tint:{color};--ink:{text_color_on(color)}}}\n" for color in sorted(colors))


def _tint(color: str) -> str:
    return f"tint-{color[1:]}"
