"""What training does to a picture so that the network has seen what phones and streets do.

fastai transforms: they act on the training side only, but for `View`, whose validation side is exactly what serving
sees. None of them is part of the exported learner.
"""

import math
import random

import cv2
import numpy as np
from fastai.vision.augment import RandTransform
from fastai.vision.core import PILImage
from PIL.Image import Resampling, Transpose

from model.faces.crop import FILL

SMALLEST = 16  # pixels to which a picture's side may be shrunk before it is enlarged again


class View(RandTransform):
    """Cut the network's input from a kept picture.

    Args:
        size: pixels of the input's side.
        wider: how many times wider the kept picture is.
        turn: degrees it may be turned by in training.
        zoom: factor it may be enlarged or shrunk by in training.
        shift: standard deviation of how far it is moved in training, as a share of the side.
        stretch: standard deviation of the logarithm of how much wider than high it is made in training.
        mirror: whether every other picture is mirrored in training.
    """

    split_idx, order = None, 1

    def __init__(
        self,
        size: int,
        wider: float = 1.0,
        turn: float = 30,
        zoom: float = 1.28,
        shift: float = 0.07,
        stretch: float = 0.06,
        mirror: bool = True,
    ):
        super().__init__(p=1.0)
        self.size, self.wider, self.turn, self.zoom, self.shift, self.stretch = size, wider, turn, zoom, shift, stretch
        self.ways = (-1, 1) if mirror else (1,)

    def before_call(self, b: object, split_idx: int) -> None:
        self.training = split_idx == 0

    def encodes(self, x: PILImage) -> PILImage:
        extra = x.width - self.size
        if not self.training:
            left = extra // 2
            return x if extra == 0 else PILImage(x.crop((left, left, left + self.size, left + self.size)))
        factor = math.exp(random.uniform(-1, 1) * math.log(self.zoom))
        wide = random.choice(self.ways) * math.exp(random.gauss(0, self.stretch))
        angle = math.radians(random.triangular(-self.turn, self.turn, 0))
        across, down = (x.width / 2 + random.gauss(0, self.shift) * self.size for _ in range(2))
        cos, sin, half = math.cos(angle) * factor, math.sin(angle) * factor, (self.size - 1) / 2
        matrix = np.array(
            [
                [wide * cos, -sin, across - 0.5 - half * (wide * cos - sin)],
                [wide * sin, cos, down - 0.5 - half * (wide * sin + cos)],
            ]
        )
        turned = cv2.warpAffine(
            np.asarray(x),
            matrix,
            (self.size, self.size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=FILL,
        )
        return PILImage.create(turned)


class RandomCrop(RandTransform):
    """Cut the network's input from a whole photo: in training, a part of it at random, as fastai's `RandomResizedCrop`; else
    the square in its middle.

    Args:
        size: pixels of the input's side; the kept picture's shorter side has as many.
        train_size: ... in training.
        least: share of the photo's area that is shown at least in training.
        stretch: how many times wider or higher a part may be made at most in training.
        mirror: whether every other picture is mirrored in training.
    """

    split_idx, order = None, 1

    def __init__(self, size: int, train_size: int, least: float = 0.35, stretch: float = 4 / 3, mirror: bool = True):
        super().__init__(p=1.0)
        self.size, self.train_size, self.least, self.stretch = size, train_size, least, stretch
        self.ways = (False, True) if mirror else (False,)

    def before_call(self, b: object, split_idx: int) -> None:
        self.training = split_idx == 0

    def encodes(self, x: PILImage) -> PILImage:
        if not self.training:
            left, top = (x.width - self.size) // 2, (x.height - self.size) // 2
            return PILImage(x.crop((left, top, left + self.size, top + self.size)))
        side, wider = (
            math.sqrt(random.uniform(self.least, 1)),
            math.exp(random.uniform(-1, 1) * math.log(self.stretch) / 2),
        )
        width, height = x.width * min(1, side * wider), x.height * min(1, side / wider)
        left, top = random.uniform(0, x.width - width), random.uniform(0, x.height - height)
        box = left, top, left + width, top + height
        part = x.resize((self.train_size, self.train_size), Resampling.BILINEAR, box=box)
        return PILImage(part.transpose(Transpose.FLIP_LEFT_RIGHT) if random.choice(self.ways) else part)


class Wear(RandTransform):
    """What happens to a photo on its way: too small, blurred, dark, grey, noisy, partly covered, badly compressed.

    Args:
        p: how likely each kind of damage is, independently of the others; some are made likelier or rarer.
    """

    split_idx, order = 0, 2

    def __init__(self, p: float = 0.25):
        super().__init__(p=1.0)
        self.chance = p

    def encodes(self, x: PILImage) -> PILImage:
        pixels = np.asarray(x)
        for damage, likelier in DAMAGES:
            if random.random() < self.chance * likelier:
                pixels = damage(pixels)
        return PILImage.create(pixels)


def _light(pixels: np.ndarray) -> np.ndarray:
    """Contrast, brightness and, at times, a tint."""
    light = (pixels.astype(np.float32) - 128) * math.exp(random.uniform(-0.5, 0.3)) + 128
    light *= math.exp(random.uniform(-1.3, 0.4))  # mostly darker: faces are known worst in dark photos
    if random.random() < 0.4:
        light *= np.array([math.exp(random.gauss(0, 0.12)) for _ in range(3)], np.float32)
    return np.asarray(light.clip(0, 255), np.uint8)


def _color(pixels: np.ndarray) -> np.ndarray:
    """Less of it, more of it, or none."""
    grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    amount = 0.0 if random.random() < 0.3 else random.uniform(0, 1.5)
    return np.asarray(cv2.addWeighted(pixels, amount, grey, 1 - amount, 0))


def _covered(pixels: np.ndarray) -> np.ndarray:
    """A plain patch, smaller than what decides the answer: a hand, hair, a shoulder in front."""
    side = len(pixels)
    wide, high = (max(1, round(side * random.uniform(0.06, 0.28))) for _ in range(2))
    left, top = random.randint(0, side - wide), random.randint(0, side - high)
    color = [random.randrange(256) for _ in range(3)]
    covered = pixels.copy()
    if random.random() < 0.5:
        covered[top : top + high, left : left + wide] = color
    else:
        cv2.ellipse(covered, (left + wide // 2, top + high // 2), (wide // 2, high // 2), 0, 0, 360, color, -1)
    return covered


def _small(pixels: np.ndarray) -> np.ndarray:
    side = len(pixels)
    small = round(math.exp(random.uniform(math.log(SMALLEST), math.log(max(SMALLEST, side * 0.75)))))
    how = random.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC))
    few = cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(few, (side, side), interpolation=how))


def _blurred(pixels: np.ndarray) -> np.ndarray:
    """Out of focus, or moved."""
    side = len(pixels)
    if random.random() < 0.6:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.3, max(0.5, side / 60))))
    length, angle = random.randint(3, max(3, side // 14)), random.uniform(0, math.pi)
    path = np.zeros((length, length), np.float32)
    reach, middle = length / 2, (length - 1) / 2
    ends = [
        (round(middle + way * math.cos(angle) * reach), round(middle + way * math.sin(angle) * reach))
        for way in (-1, 1)
    ]
    cv2.line(path, ends[0], ends[1], 1)
    return np.asarray(cv2.filter2D(pixels, -1, path / path.sum()))


def _noisy(pixels: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(random.getrandbits(32)).standard_normal(pixels.shape, np.float32)
    return np.asarray((pixels + noise * random.uniform(2, 16)).clip(0, 255), np.uint8)


def _compressed(pixels: np.ndarray) -> np.ndarray:
    blue_first = np.ascontiguousarray(pixels[..., ::-1])
    _, file = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, random.randint(15, 75)])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))[..., ::-1]


DAMAGES = (
    (_light, 2.0),
    (_color, 1.0),
    (_covered, 1.0),
    (_small, 1.4),
    (_blurred, 0.7),
    (_noisy, 0.6),
    (_compressed, 1.0),
)
