"""Finds the faces in a photo with `detector`; if it finds none for certain, it looks a second time, more closely."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from model.faces.box import Box
from model.faces.crop import FILL
from model.faces.detector import Detector

SEARCH_SIDE = 640  # pixels of the long side in which faces are searched
CERTAIN = 0.6  # score from which a found face makes the second look needless
SAME = 0.3  # intersection over union from which two boxes are one face
WITHIN = 0.7  # of the smaller box's area, from which an uncertain box lies on the head of a certain face
ENLARGED = 8.0  # times, at most, in the second look
BORDER = 0.5  # of the photo's size, added on each side in the second look


@dataclass(frozen=True)
class FoundFace:
    box: Box
    score: float


class FaceFinder:
    """Finds faces, largest first. Safe to call from several threads.

    Args:
        min_score: faces the detector is less sure of (0 to 1) are left out.
        min_side: faces whose longer side has fewer pixels, in the picture searched, are left out.
        shift_down: how far the detector's boxes are moved down, as a share of their longer side.
        at_once: see `Detector`.
    """

    def __init__(self, min_score: float = 0.6, min_side: int = 8, shift_down: float = 0.0, at_once: int | None = None):
        self.min_side, self.shift_down = min_side, shift_down
        self._detector = Detector(min_score, SAME, at_once)

    def free(self) -> None:
        """Gives the detector's memory back; the next picture opens it again."""
        self._detector.free()

    def find(self, image: Image.Image) -> list[FoundFace]:
        """Finds the faces in an RGB image, with boxes in its pixels.

        When the first look finds no face for certain, a second one adds a border, and enlarges small pictures: a face
        that fills the whole picture is too large for the detector until there is something around it, and a face of
        few pixels too small.
        """
        pixels = np.asarray(image)
        found = self._look(pixels, SEARCH_SIDE)
        if all(face.score < CERTAIN for face in found):
            found = _once(found + self._look_with_border(pixels))
        return sorted(_one_a_head(found), key=lambda face: face.box.area, reverse=True)

    def _look_with_border(self, pixels: np.ndarray) -> list[FoundFace]:
        height, width = pixels.shape[:2]
        factor = min(ENLARGED, SEARCH_SIDE / (1 + 2 * BORDER) / max(height, width))
        small = cv2.resize(
            pixels,
            (max(1, round(width * factor)), max(1, round(height * factor))),
            interpolation=_shrinking(factor),
        )
        across, down = round(small.shape[1] * BORDER), round(small.shape[0] * BORDER)
        padded = cv2.copyMakeBorder(small, down, down, across, across, cv2.BORDER_CONSTANT, value=FILL)
        scale_x, scale_y = width / small.shape[1], height / small.shape[0]
        return [
            FoundFace(
                Box(
                    (face.box.left - across) * scale_x,
                    (face.box.top - down) * scale_y,
                    (face.box.right - across) * scale_x,
                    (face.box.bottom - down) * scale_y,
                ),
                face.score,
            )
            for face in self._look(padded, SEARCH_SIDE)
        ]

    def _look(self, pixels: np.ndarray, side: int) -> list[FoundFace]:
        height, width = pixels.shape[:2]
        shrink = min(1.0, side / max(height, width))
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        small = cv2.resize(pixels, size, interpolation=_shrinking(shrink)) if shrink < 1 else pixels
        scale_x, scale_y = width / size[0], height / size[1]
        return [
            FoundFace(self._shifted(Box(x * scale_x, y * scale_y, (x + w) * scale_x, (y + h) * scale_y)), score)
            for x, y, w, h, score in self._detector.detect(small).tolist()
            if max(w, h) >= self.min_side
        ]

    def _shifted(self, box: Box) -> Box:
        down = self.shift_down * max(box.width, box.height)
        return Box(box.left, box.top + down, box.right, box.bottom + down)


def _shrinking(factor: float) -> int:
    """Up to a half no pixel is skipped by the interpolation that takes a fifth of the time; `factor` may enlarge too."""
    return cv2.INTER_LINEAR if factor >= 0.5 else cv2.INTER_AREA


def _once(found: list[FoundFace]) -> list[FoundFace]:
    """Of boxes around the same face, the one with the best score."""
    kept: list[FoundFace] = []
    for face in sorted(found, key=lambda face: face.score, reverse=True):
        if all(face.box.overlap(other.box) < SAME for other in kept):
            kept.append(face)
    return kept


def _one_a_head(found: list[FoundFace]) -> list[FoundFace]:
    """Leaves out uncertain boxes that share most of their area, or of the other's, with a certain face."""
    certain = [face for face in found if face.score >= CERTAIN]
    return [face for face in found if face in certain or all(face.box.shared(sure.box) < WITHIN for sure in certain)]
