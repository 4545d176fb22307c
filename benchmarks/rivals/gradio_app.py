"""A page and API as fastai's course builds them with Gradio: `learn.predict` behind an `Interface`."""

import os
from typing import Any

import gradio
from fastai.callback.progress import ProgressCallback
from fastai.learner import load_learner
from fastai.vision.core import PILImage

learner = load_learner(os.environ["LEARNER"])
learner.remove_cb(ProgressCallback)


def classify(image: Any) -> dict[str, float]:
    """Probabilities by label."""
    probabilities = learner.predict(PILImage.create(image))[2]
    return dict(zip(map(str, learner.dls.vocab), map(float, probabilities), strict=True))


if __name__ == "__main__":
    page = gradio.Interface(classify, gradio.Image(type="numpy"), gradio.Label(), api_name="predict")
    page.launch(server_port=int(os.environ["PORT"]), quiet=True)
