"""Places the labels of boxes so that none covers another, in the letters that the font has.

Knows nothing of what the labels mean, nor of photos.
"""

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from PIL import ImageFont

INSIDE = 10  # times a label's area, from which a box has room for it in its corner
SMALLEST = 11  # pixels of letters
RINGS = 8  # of places around a box where a label may stand if there is no room at the box itself
Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Label:
    """Where a text stands.

    Attributes:
        box: in pixels of the picture.
        letters: pixels.
        at_box: whether it touches its box.
        clear: whether it does so in its full size, and covers nothing of other boxes.
    """

    box: Box
    letters: int
    at_box: bool = True
    clear: bool = True


def place(boxes: Sequence[Box], texts: Sequence[str], size: tuple[int, int]) -> list[Label]:
    """Places a text at each box.

    Args:
        boxes: in pixels of the picture; the first has the first choice.
        texts: one a box.
        size: width and height of the picture.
    """
    placed: list[Label] = []
    for number, (box, text) in enumerate(zip(boxes, texts, strict=True)):
        others = [*boxes[:number], *boxes[number + 1 :]]
        placed.append(_best(box, text, size, [label.box for label in placed], others))
    return placed


def _best(box: Box, text: str, size: tuple[int, int], taken: Sequence[Box], others: Sequence[Box]) -> Label:
    """At the box if there is room, in smaller letters or farther away if not; where it covers the least of other boxes."""
    full = min(max((box[2] - box[0]) // 5, max(size) // 70), max(size) // 30)
    small = min(full, max(SMALLEST, max(size) // 100))
    for letters, places in ((full, _near), (small, _near), (small, _around)):
        width, height = extent(text, letters)
        best, least = box, None
        for left, top in places(box, width, height):
            spot = _within(left, top, width, height, size)
            if any(_shared(spot, other) for other in taken):
                continue
            covered = sum(_shared(spot, other) for other in others)
            if least is None or covered < least:
                best, least = spot, covered
            if not covered or places is _around:
                break
        if least is not None:
            near = places is _near
            return Label(best, letters, near, near and letters == full and not least)
    return Label(_within(*box[:2], width, height, size), small, at_box=False, clear=False)


def _near(box: Box, width: int, height: int) -> Iterator[tuple[int, int]]:
    """Left and top of places at a box: a large box's corner, then above, below, beside and inside it."""
    left, top, right, bottom = box
    if width * height * INSIDE <= (right - left) * (bottom - top):
        yield left, top
    for down in (top - height, bottom):
        yield from ((left, down), (right - width, down))
    for across in (right, left - width):
        yield from ((across, top), (across, bottom - height))
    yield from ((left, top), (left, bottom - height))


def _around(box: Box, width: int, height: int) -> Iterator[tuple[int, int]]:
    """Left and top of places around a box, the nearest first."""
    for ring in range(1, RINGS + 1):
        for across in range(-ring, ring + 1):
            for down in range(-ring, ring + 1):
                if ring in (abs(across), abs(down)):
                    yield box[0] + across * width, box[1] + down * height


def _within(left: int, top: int, width: int, height: int, size: tuple[int, int]) -> Box:
    left, top = max(0, min(left, size[0] - 1 - width)), max(0, min(top, size[1] - 1 - height))
    return left, top, left + width, top + height


def _shared(one: Box, other: Box) -> int:
    """Pixels that both have."""
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0


@lru_cache(maxsize=4096)
def extent(text: str, letters: int) -> tuple[int, int]:
    """Returns the width and height of a label in pixels."""
    return round(font(letters).getlength(text) + letters * 0.8), round(letters * 1.35)


def legible(text: str) -> str:
    """A text as a picture can show it, without emoji and the like; "" where the font lacks some of its letters."""
    text = unicodedata.normalize("NFC", text)
    missing = {letter for letter in text if not _has(letter)}
    if any(unicodedata.category(letter)[0] in "LN" for letter in missing):
        return ""
    return " ".join("".join(letter for letter in text if letter not in missing).split())


@lru_cache(maxsize=4096)
def _has(letter: str) -> bool:
    """Whether the font has a letter; what it lacks is drawn as an empty box."""
    return letter.isspace() or _shape(letter) != _shape("\uffff")


def _shape(letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font(32).getmask(letter)
    return mask.size, bytes(mask)


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Roboto: Pillow's own font has no accents. Latin, Greek and Cyrillic letters; see `legible` for all others."""
    return ImageFont.truetype(io.BytesIO((files("font_roboto") / "files" / "Roboto-Medium.ttf").read_bytes()), size)
