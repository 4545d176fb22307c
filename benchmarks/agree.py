"""`python -m benchmarks.agree DIR`: whether both runtimes answer the photos of class folders alike, and how many rightly."""

import random
from pathlib import Path
from typing import Annotated

import typer

from model import Classifier, PhotoError


def main(
    folder: Annotated[Path, typer.Argument(help="Holds one folder of photos per label.")],
    photos: Annotated[int, typer.Option(help="How many photos, chosen at random.")] = 200,
    bundle: Annotated[Path | None, typer.Option(help="The shipped bundle by default.")] = None,
    onnx_only: Annotated[bool, typer.Option("--onnx-only", help="Count right answers only.")] = False,
) -> None:
    """Compare `model.onnx` and `model.pkl` on real photos."""
    onnx = Classifier.open(bundle, "onnx")
    fastai = None if onnx_only else Classifier.open(bundle, "fastai")
    files = sorted(file for file in folder.glob("*/*") if file.is_file())
    chosen = random.Random(0).sample(files, min(photos, len(files)))
    right = no_face = same = faces = 0
    largest = 0.0
    for file in chosen:
        try:
            ours = onnx.predict(file.read_bytes())
            theirs = fastai.predict(file.read_bytes()) if fastai else ours
        except PhotoError as error:
            print(f"{file}: {error}")
            continue
        right += ours.label == file.parent.name
        no_face += ours.label == "no_face"
        same += [face.label for face in ours.faces] == [face.label for face in theirs.faces]
        for one, other in zip(ours.faces, theirs.faces, strict=True):
            faces += 1
            largest = max(
                largest, *(abs(one.probabilities[key] - other.probabilities[key]) for key in one.probabilities)
            )
    print(f"right                  {right} of {len(chosen)} ({no_face} answered as no face)")
    if fastai:
        print(f"both runtimes alike    {same} of {len(chosen)}, {faces} faces")
        print(f"largest difference     {largest:.1e} in a probability")


if __name__ == "__main__":
    typer.run(main)
