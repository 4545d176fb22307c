"""`python -m model PHOTO... [--json]`: classifies photos in the terminal."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from model.bundle import BundleError
from model.classifier import Classifier
from model.heat_map import draw_looks
from model.image import MAX_BYTES, PhotoError, decode
from model.prediction import Face, Prediction
from model.wording import MOST


def main(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos to classify.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per photo instead of a sentence.")] = False,
    why: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Also draw where the network looked, on the only photo.", dir_okay=False),
    ] = None,
) -> None:
    """Classify each photo. MODEL_PATH and MODEL_RUNTIME choose the model."""
    try:
        classifier = Classifier.open()
    except BundleError as error:
        sys.exit(f"Error: {error}")
    if why and len(photos) > 1:
        sys.exit("Error: --why draws one picture: give one photo.")
    failed = False
    for photo in photos:
        try:
            data = _read(photo)
            prediction = classifier.predict(data)
        except (PhotoError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            print(f"Error: {photo}: {reason}", file=sys.stderr)
            failed = True
            continue
        if as_json:
            print(json.dumps({"photo": str(photo), **prediction.as_json()}), flush=True)
        else:
            print(f"{photo}: {describe(prediction)}", flush=True)
        if why:
            failed = not _draw(data, prediction, why)
    sys.exit(1 if failed else 0)


def describe(prediction: Prediction) -> str:
    """Returns one line for the terminal."""
    if prediction.whole:
        return _say(prediction.whole)
    if not prediction.faces:
        return "no face found"
    faces = [f"{face.label} {face.confidence:.1%} at {face.box}" for face in prediction.faces]
    return f"{len(faces)} face{'s' if len(faces) > 1 else ''}: " + "; ".join(faces)


def _say(whole: Face) -> str:
    if whole.is_none:
        names = list(whole.probabilities)
        more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
        return f"none of: {', '.join(names[:MOST])}{more}"
    return f"{whole.label} {whole.confidence:.1%}{'' if whole.sure else ', not sure'}"


def _draw(data: bytes, prediction: Prediction, file: Path) -> bool:
    """Draws where the network looked; tells whether it could."""
    if not prediction.looks:
        what = "this model does not tell where it looks" if prediction.main else "there is nothing to draw"
        print(f"Error: {file}: {what}.", file=sys.stderr)
        return False
    try:
        draw_looks(decode(data).image, prediction.looks, prediction.size).save(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        print(f"Error: {file}: {reason}.", file=sys.stderr)
        return False
    return True


def _read(photo: Path) -> bytes:
    with photo.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)  # one more than allowed is enough to be refused


if __name__ == "__main__":
    typer.run(main)
