"""`python -m benchmarks.train DIR`: from folders of photos to a trained model: the tutorials' recipe (fastai's
`fine_tune(4)`, EfficientNet-Lite0 at 224 pixels, a random fifth held out), and `python -m training`."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.figures import say


def main(
    folder: Annotated[Path, typer.Argument(help="Holds one folder of photos per label.", exists=True, file_okay=False)],
    weights: Annotated[Path | None, typer.Option(help="File of backbone weights, instead of downloading them.")] = None,
    options: Annotated[str, typer.Option(help="Options of python -m training.")] = "--epochs 2 --size 112",
    stock: Annotated[bool, typer.Option(help="Run the tutorials' recipe too, which takes long.")] = True,
) -> None:
    """Compare two ways of training."""
    with tempfile.TemporaryDirectory() as made:
        bundle = Path(made, "bundle")
        command = [sys.executable, "-m", "training", "--data", str(folder), "--out", str(bundle), *options.split()]
        command += ["--run", f"{made}/run", "--cache", f"{made}/cache", "--no-tensorboard"]
        started = time.perf_counter()
        if subprocess.run(command + (["--weights", str(weights)] if weights else []), check=False).returncode:
            sys.exit("Error: the training broke off; what it printed says why.")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        say("our training, from photos to a bundle", time.perf_counter() - started, "s", options)
        say("our training, CPU time", used.ru_utime + used.ru_stime, "s")
        right = json.loads((bundle / "manifest.json").read_text("utf-8"))["figures"]["held_out"]["accuracy"]
        say("our training, accuracy on held-out photos", right["share"] * 100, "%", f"of {right['of']}")
    if stock:
        started, worked = time.perf_counter(), time.process_time()
        accuracy = tutorial(folder, weights)
        say("the tutorials' recipe", time.perf_counter() - started, "s")
        say("the tutorials' recipe, CPU time", time.process_time() - worked, "s")
        say("the tutorials' recipe, accuracy on held-out photos", accuracy * 100, "%")


def tutorial(folder: Path, weights: Path | None) -> float:
    """Share of right answers after the tutorials' recipe."""
    from fastai.vision.all import ImageDataLoaders, Resize, accuracy, vision_learner

    loaders = ImageDataLoaders.from_folder(folder, valid_pct=0.2, seed=42, item_tfms=Resize(224), num_workers=0)
    where = {"pretrained_cfg_overlay": {"file": str(weights)}} if weights else {}
    learner = vision_learner(loaders, "tf_efficientnet_lite0", metrics=accuracy, **where)
    learner.fine_tune(4)
    return float(learner.validate()[1])


if __name__ == "__main__":
    typer.run(main)
