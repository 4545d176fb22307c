"""`python -m model PHOTO... [--json]`: classifies photos in the terminal."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from model.bundle import BundleError
from model.classifier import Classifier
from model.image import MAX_BYTES, PhotoError
from model.prediction import Prediction


def main(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos to classify.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per photo instead of a sentence.")] = False,
) -> None:
    """Classify each photo. MODEL_PATH and MODEL_RUNTIME choose the model."""
    try:
        classifier = Classifier.open()
    except BundleError as error:
        sys.exit(f"Error: {error}")
    failed = False
    for photo in photos:
        try:
            prediction = classifier.predict(_read(photo))
        except (PhotoError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            print(f"Error: {photo}: {reason}", file=sys.stderr)
            failed = True
            continue
        if as_json:
            print(json.dumps({"photo": str(photo), **prediction.as_json()}), flush=True)
        else:
            print(f"{photo}: {describe(prediction)}", flush=True)
    sys.exit(1 if failed else 0)


def describe(prediction: Prediction) -> str:
    """Returns one line for the terminal."""
    if prediction.whole:
        return f"{prediction.label} {prediction.whole.confidence:.1%}"
    if not prediction.faces:
        return "no face found"
    faces = [f"{face.label} {face.confidence:.1%} at {face.box}" for face in prediction.faces]
    return f"{len(faces)} face{'s' if len(faces) > 1 else ''}: " + "; ".join(faces)


def _read(photo: Path) -> bytes:
    with photo.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)  # one more than allowed is enough to be refused


if __name__ == "__main__":
    typer.run(main)
