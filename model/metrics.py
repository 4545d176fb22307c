"""Counts answers, problems and times for Prometheus, for the bot and the page alike.

Loaded only where metrics are served. Nothing counted here says anything about a person or a photo.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram, start_http_server

from model.bundle import NO_FACE
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


class Metrics:
    """Counts for one model, by the name that `Classifier.name` gives it."""

    def __init__(self, model: str):
        self._model = model

    @contextmanager
    def problems(self) -> Iterator[None]:
        """Counts a photo that cannot be answered, and lets its `PhotoError` pass."""
        try:
            yield
        except PhotoError as error:
            PROBLEMS.labels(error.problem).inc()
            raise

    def answer(self, prediction: Prediction, milliseconds: float) -> None:
        """Counts an answered photo."""
        answers = prediction.faces or ((prediction.whole,) if prediction.whole else ())
        for label in [answer.label for answer in answers] or [NO_FACE]:
            ANSWERS.labels(self._model, label).inc()
        MILLISECONDS.labels(self._model).observe(milliseconds)

    def feedback(self, said: str, label: str) -> None:
        """Counts what a person said of an answer: "right" or "wrong"."""
        FEEDBACK.labels(self._model, label, said).inc()


def serve(port: int) -> None:
    """Serves the counts at `/metrics` on that port of every address, from a thread of its own.

    Raises:
        OSError: the port is taken.
    """
    start_http_server(port)
