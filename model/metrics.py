"""Counts for Prometheus that the bot and the web page share: answers, problems, and how long photos take.

Loaded only by whoever measures. Nothing counted here says anything about a person or a photo.
"""

import time

from PIL import Image
from prometheus_client import Counter, Histogram, start_http_server

from model.bundle import NO_FACE
from model.classifier import Classifier
from model.image import PhotoError
from model.prediction import Prediction

ANSWERS = Counter("photo_answers", "Answers: one per face, or one per photo without a face.", ["model", "label"])
PROBLEMS = Counter("photo_problems", "Photos that could not be answered.", ["problem"])
FEEDBACK = Counter("photo_feedback", "Answers that people called right or wrong.", ["model", "label", "said"])
MILLISECONDS = Histogram(
    "photo_milliseconds",
    "From a photo's bytes to its answer.",
    ["model"],
    buckets=(5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000),
)


def count_answer(model: str, prediction: Prediction, milliseconds: float) -> None:
    """Counts a classified photo."""
    answers = prediction.faces or ((prediction.whole,) if prediction.whole else ())
    for label in [answer.label for answer in answers] or [NO_FACE]:
        ANSWERS.labels(model, label).inc()
    MILLISECONDS.labels(model).observe(milliseconds)


def count_problem(error: PhotoError) -> None:
    """Counts a photo that could not be classified."""
    PROBLEMS.labels(error.problem).inc()


def count_feedback(model: str, said: str, label: str) -> None:
    """Counts what a person said of an answer: "right" or "wrong"."""
    FEEDBACK.labels(model, label, said).inc()


class CountingClassifier(Classifier):
    """A classifier that counts its answers."""

    def predict(self, photo: bytes | Image.Image) -> Prediction:
        started = time.perf_counter()
        try:
            prediction = super().predict(photo)
        except PhotoError as error:
            count_problem(error)
            raise
        count_answer(self.name, prediction, (time.perf_counter() - started) * 1000)
        return prediction


def serve(port: int) -> None:
    """Serves the counts at `/metrics` on that port of every address, from a thread of its own.

    Raises:
        OSError: the port is taken.
    """
    start_http_server(port)
