"""`python -m benchmarks.photo`: one photo, from the bytes of a JPEG to its answer: what the tutorials do with the same
learner, and with theirs of 224 pixels, our two runtimes with and without face finding, and what decoding and the network alone take."""

import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from fastai.learner import Learner, load_learner
from fastai.vision.core import PILImage
from PIL import Image

from benchmarks.answers import expect_face
from benchmarks.figures import percentile, say, say_times, side_by_side
from benchmarks.pictures import photo as portrait
from benchmarks.rivals.tutorial_learner import tutorial_learner
from model import Bundle, Classifier
from model.bundle import PICKLE
from model.runtimes import Runtime, open_runtime
from model.runtimes.onnx import OnnxRuntime


def main(
    photo: Annotated[Path | None, typer.Option(help="Which photo; a portrait of 1280 x 960 by default.")] = None,
    rounds: Annotated[int, typer.Option(help="How often each way has its turn of 20 photos.")] = 6,
) -> None:
    """Measure one photo in every way."""
    data = photo.read_bytes() if photo else portrait()
    bundle = Bundle.open()
    onnx, fastai = OnnxRuntime(bundle), open_runtime(bundle, "fastai")
    learner = load_learner(bundle.folder / PICKLE, cpu=True)

    larger = tutorial_learner(len(bundle.manifest.labels))

    def predict(learner: Learner) -> object:
        with learner.no_bar():
            return learner.predict(PILImage.create(io.BytesIO(data)))

    def get_preds() -> object:
        with learner.no_bar():
            return learner.get_preds(dl=learner.dls.test_dl([PILImage.create(io.BytesIO(data))], num_workers=0))

    rule = bundle.manifest.input
    assert rule is not None
    square = [Image.fromarray(np.zeros((rule.height, rule.width, 3), np.uint8))]
    classifiers = {
        "ours on fastai, no face detection": of_whole_photos(bundle, fastai),
        "ours on fastai": Classifier(bundle, fastai),
        "ours on ONNX, no face detection": of_whole_photos(bundle, onnx),
        "ours on ONNX": Classifier(bundle, onnx),
    }
    answer = classifiers["ours on ONNX"].predict(data)
    expect_face(answer.label)
    ways: dict[str, Callable[[], object]] = {
        "learn.predict": partial(predict, learner),
        "learn.predict, 224 pixels": partial(predict, larger),
        "learn.get_preds": get_preds,
    }
    ways |= {name: partial(classifier.predict, data) for name, classifier in classifiers.items()}
    ways["floor: decoding the JPEG"] = lambda: Image.open(io.BytesIO(data)).load()
    ways["floor: the network in ONNX Runtime"] = lambda: onnx.outputs(square).logits
    times = side_by_side(ways, rounds)
    for name, taken in times.items():
        say_times(name, taken)
    for way in ("learn.predict", "learn.predict, 224 pixels"):
        faster = percentile(times[way], 50) / percentile(times["ours on ONNX"], 50)
        say(f"ours on ONNX, speedup over {way}", faster, "x", f"faces found: {len(answer.faces)}")


def of_whole_photos(bundle: Bundle, runtime: Runtime) -> Classifier:
    """A classifier that answers whole photos with the same network, which knows faces and would doubt each answer."""
    search = bundle.manifest.faces.model_copy(update={"find": False})
    manifest = bundle.manifest.model_copy(update={"faces": search, "mirror": None})
    return Classifier(replace(bundle, manifest=manifest), runtime)


if __name__ == "__main__":
    typer.run(main)
