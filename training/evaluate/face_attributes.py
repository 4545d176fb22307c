"""What a picture of a face tells about how hard or how different it is: skin tone, light, blur, size.

Estimates from pixels, not facts about a person: the same skin photographed in another light, by another camera or
with another white balance gives another tone. They serve to compare groups of many faces, never to judge one.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from model.faces.box import Box

UPPER = (0.2, 0.12, 0.8, 0.52)  # of a face's box: forehead and around the eyes, above where a mask would be
CB, CR = (77, 127), (133, 173)  # chroma of skin by Chai and Ngan, 1999, whatever its tone
ENOUGH_SKIN = 0.15  # of that part, for the tone to be estimated
FEW_PIXELS = 24  # of skin: below, a handful of pixels would decide
DETAIL_SIDE = 64  # pixels in which blur is measured, so that faces of all sizes compare
ABOUT_TONE = (
    "Skin tone is estimated from the picture (individual typology angle, Chardon and others, 1991; classes by Del Bino and "
    "Bernerd, 2013), on skin-colored pixels of the upper face. Light, shadow, camera and white balance change it, and "
    "darker skin in little light is more often left out: the groups compare many faces, and say nothing certain about one. "
    "Grey photos and covered foreheads have no tone. A gap may have other reasons than the skin, such as photos taken in "
    "less light."
)


@dataclass(frozen=True)
class Traits:
    """What was measured of one face.

    Attributes:
        tone: individual typology angle in degrees, from about 90 (very light) to -90 (dark); None where it cannot be
            estimated, as in a grey photo.
        light: mean lightness L* of the face, 0 (black) to 100 (white).
        detail: variance of the Laplacian over the variance of the brightness; the lower, the more blurred.
        side: pixels of the shorter side of the face in the photo.
    """

    tone: float | None
    light: float
    detail: float
    side: int


def traits(image: Image.Image, box: tuple[int, int, int, int], shown: int) -> Traits:
    """Measure a face.

    Args:
        image: RGB.
        box: left, top, right, bottom of the face in pixels of `image`.
        shown: pixels of its shorter side in the photo, which may be larger than `image`.
    """
    face = np.asarray(image.crop(box))
    left, top, right, bottom = UPPER
    width, height = box[2] - box[0], box[3] - box[1]
    upper = Box(left * width, top * height, right * width, bottom * height).within(width, height)
    return Traits(
        tone=skin_tone(face[upper[1] : upper[3], upper[0] : upper[2]]),
        light=float(_lab(face)[..., 0].mean()),
        detail=_detail(face),
        side=shown,
    )


def skin_tone(pixels: np.ndarray) -> float | None:
    """The individual typology angle of the skin in RGB pixels of shape (height, width, 3), in degrees.

    ITA = arctan((L* - 50) / b*), of CIELAB under D65: Chardon, Cretois, Hourseau, "Skin colour typology and suntanning
    pathways", 1991. Pixels that may be skin are told by their chroma (Chai, Ngan, "Face segmentation using skin-color
    map in videophone applications", 1999); of these the lighter half gives the median L* and b*, because brown hair,
    glasses and shadows pass for skin too, and are darker than it.

    Returns:
        None where too few pixels look like skin: grey photos, colored light, hair or a hat over the forehead.
    """
    chroma = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2YCrCb)
    cr, cb = chroma[..., 1], chroma[..., 2]
    skin = (cb >= CB[0]) & (cb <= CB[1]) & (cr >= CR[0]) & (cr <= CR[1])
    if skin.sum() < max(FEW_PIXELS, ENOUGH_SKIN * skin.size):
        return None
    colors = _lab(pixels)[skin]
    lighter = colors[colors[:, 0] >= np.median(colors[:, 0])]
    lightness, _, yellow = np.median(lighter, axis=0).tolist()
    return math.degrees(math.atan((lightness - 50) / yellow)) if yellow > 0 else None


def _lab(pixels: np.ndarray) -> np.ndarray:
    lab: np.ndarray = cv2.cvtColor(np.ascontiguousarray(pixels, dtype=np.float32) / 255, cv2.COLOR_RGB2Lab)
    return lab


def _detail(face: np.ndarray) -> float:
    """Pech-Pacheco and others, "Diatom autofocusing in brightfield microscopy", 2000, on a face of fixed size and
    regardless of its contrast."""
    grey = cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_RGB2GRAY)
    shrinks = min(grey.shape) >= DETAIL_SIDE
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    grey = cv2.resize(grey, (DETAIL_SIDE, DETAIL_SIDE), interpolation=how).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(1.0, grey.var()))
