"""The learner that the tutorials make: it resizes whole photos to 224 pixels. Untrained, since nothing but its time is asked for."""

import tempfile
from pathlib import Path

from fastai.learner import Learner
from fastai.vision.augment import Resize
from fastai.vision.data import ImageDataLoaders
from fastai.vision.learner import vision_learner
from PIL import Image


def tutorial_learner(labels: int) -> Learner:
    """An EfficientNet-Lite0 that tells so many labels apart."""
    with tempfile.TemporaryDirectory() as folder:
        for label in range(labels):
            Path(folder, str(label)).mkdir()
            for number in range(2):
                Image.new("RGB", (224, 224)).save(Path(folder, str(label), f"{number}.png"))
        loaders = ImageDataLoaders.from_folder(folder, valid_pct=0.5, item_tfms=Resize(224), bs=2, num_workers=0)
        return vision_learner(loaders, "tf_efficientnet_lite0", pretrained=False)
