"""What training does to a picture so that the network has seen what phones and streets do.

fastai transforms: they act on the training side only, but for `View`, whose validation side is exactly what serving
sees. None of them is part of the exported learner.
"""

import io
import math
import random

import numpy as np
from fastai.vision.augment import RandTransform
from fastai.vision.core import PILImage
from PIL import Image, ImageEnhance, ImageFilter


class View(RandTransform):
    """Cut the network's input from a kept picture.

    Args:
        size: pixels of the input's side.
        wider: how many times wider the kept picture is.
        turn: degrees it may be turned by in training.
        zoom: factor it may be enlarged or shrunk by in training.
        shift: share of the side it may be moved by in training.
    """

    split_idx, order = None, 1

    def __init__(self, size: int, wider: float = 1.0, turn: float = 20, zoom: float = 1.25, shift: float = 0.1):
        super().__init__(p=1.0)
        self.size, self.wider, self.turn, self.zoom, self.shift = size, wider, turn, zoom, shift

    def before_call(self, b: object, split_idx: int) -> None:
        self.training = split_idx == 0

    def encodes(self, x: PILImage) -> PILImage:
        extra = x.width - self.size
        if not self.training:
            left = extra // 2
            return x if extra == 0 else PILImage(x.crop((left, left, left + self.size, left + self.size)))
        factor = math.exp(random.uniform(-1, 1) * math.log(self.zoom))
        angle = math.radians(random.triangular(-self.turn, self.turn, 0))
        across, down = (x.width / 2 + random.uniform(-1, 1) * self.shift * self.size for _ in range(2))
        mirror = random.choice((-1, 1))
        cos, sin, half = math.cos(angle) * factor, math.sin(angle) * factor, self.size / 2
        matrix = (
            mirror * cos, -sin, across - half * (mirror * cos - sin),
            mirror * sin, cos, down - half * (mirror * sin + cos),
        )  # fmt: skip
        fill = (124, 116, 104)
        turned = x.transform(
            (self.size, self.size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=fill
        )
        return PILImage(turned)


class Wear(RandTransform):
    """What happens to a photo on its way: too small, blurred, dark, grey, noisy, partly covered, badly compressed.

    Each kind of damage happens with probability `p`, independently of the others.
    """

    split_idx, order = 0, 2

    def __init__(self, p: float = 0.25):
        super().__init__(p=1.0)
        self.chance = p

    def encodes(self, x: PILImage) -> PILImage:
        for damage in (_light, _grey, _covered, _small, _blurred, _noisy, _compressed):
            if random.random() < self.chance:
                x = damage(x)
        return PILImage(x)


def _light(image: Image.Image) -> Image.Image:
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(math.exp(random.uniform(-0.7, 0.4)))
    return image


def _grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB") if random.random() < 0.3 else image


def _covered(image: Image.Image) -> Image.Image:
    """A plain patch, smaller than what decides the answer: a hand, hair, a shoulder in front."""
    side = image.width
    patch = [round(side * random.uniform(0.08, 0.25)) for _ in range(2)]
    place = [random.randint(0, side - length) for length in patch]
    color = tuple(random.randint(0, 255) for _ in range(3))
    image = image.copy()
    image.paste(color, (place[0], place[1], place[0] + patch[0], place[1] + patch[1]))
    return image


def _small(image: Image.Image) -> Image.Image:
    side = round(math.exp(random.uniform(math.log(16), math.log(96))))
    if side >= image.width:
        return image
    how = random.choice((Image.Resampling.BILINEAR, Image.Resampling.BICUBIC))
    return image.resize((side, side), Image.Resampling.BOX).resize(image.size, how)


def _blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(random.uniform(0.3, image.width / 64)))


def _noisy(image: Image.Image) -> Image.Image:
    noise = np.random.default_rng(random.getrandbits(32)).normal(
        0, random.uniform(2, 16), (image.height, image.width, 3)
    )
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def _compressed(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=random.randint(15, 70))
    return Image.open(file).convert("RGB")
