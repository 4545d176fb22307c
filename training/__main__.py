"""`python -m training --data DIR`: from class folders to a bundle that the bot serves."""

import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import matplotlib
import numpy as np
import typer
from fastai.data.core import DataLoaders
from fastai.data.transforms import get_image_files
from PIL import Image

from model.bundle import ANSWERS, BundleError, FaceSearch
from training.bundle import staged, write_answers
from training.card import CONFUSION, SAMPLES, confusion_text, save_confusion, save_samples, write_card
from training.data import WIDER, Collection, DataError, Sample, collect, name_group, split
from training.export import Export, ExportRefused, export_learner
from training.figures import measure
from training.recipe import RecipeError, Settings, for_serving, held_out_logits, make_learner, make_loaders, train
from training.views import View

matplotlib.use("Agg")  # pictures go to files, also where there is a screen
DEFAULTS = Settings()


def _regular_expression(value: str | None) -> str | None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise typer.BadParameter(f"{value!r} is no regular expression: {error}.") from None
    return value


def main(
    data: Annotated[
        list[Path],
        typer.Option(
            help="A folder that holds one folder of photos per label. May be given several times.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="The bundle's folder; an existing bundle there is replaced when all went well.")
    ] = Path("bundle"),
    name: Annotated[str, typer.Option(help="What the bundle is called; by default, after its labels.")] = "",
    faces: Annotated[
        Literal["auto", "yes", "no"],
        typer.Option(help="Find faces and answer each, or answer the whole photo; auto looks at some photos."),
    ] = "auto",
    arch: Annotated[str, typer.Option(help="Backbone: a timm or torchvision name.")] = DEFAULTS.arch,
    weights: Annotated[Path | None, typer.Option(help="File of backbone weights, instead of downloading them.")] = None,
    pretrained: Annotated[bool, typer.Option(help="Start from pretrained weights.")] = DEFAULTS.pretrained,
    size: Annotated[int, typer.Option(min=32, max=1024, help="Side of the network's input in pixels.")] = DEFAULTS.size,
    epochs: Annotated[
        int, typer.Option(min=1, help="Epochs of the whole network, after one of its head alone.")
    ] = DEFAULTS.epochs,
    batch_size: Annotated[int, typer.Option(min=2, help="Photos per step.")] = DEFAULTS.batch_size,
    lr: Annotated[float, typer.Option(min=1e-8, help="Base learning rate.")] = DEFAULTS.lr,
    valid: Annotated[float, typer.Option(min=0.01, max=0.9, help="Share of the photos held out.")] = 0.2,
    hold_out: Annotated[
        Path | None,
        typer.Option(help="Folder of photographs; samples of the same photograph (see --group-by) are held out."),
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="Photos whose file names give the same first group stay on one side of the split.",
            callback=_regular_expression,
        ),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB", help="File names to leave out, such as 'augmented_*'. May be given several times."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = DEFAULTS.seed,
    cache: Annotated[Path, typer.Option(help="Where the small cut-out pictures are kept for the next run.")] = Path(
        "runs/pictures"
    ),
) -> None:
    """Train a photo classifier from folders of photos, and write the bundle that the bot serves."""
    settings = Settings(
        arch=arch,
        weights=weights,
        pretrained=pretrained,
        size=size,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        seed=seed,
    )
    try:
        _run(settings, data, out, name, faces, valid, hold_out, group_by, skip or [], cache)
    except (DataError, RecipeError, ExportRefused, BundleError, OSError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(f"Interrupted: nothing was written to {out}.")


def _run(
    settings: Settings,
    data: list[Path],
    out: Path,
    name: str,
    faces: str,
    valid: float,
    hold_out: Path | None,
    group_by: str | None,
    skip: list[str],
    cache: Path,
) -> None:
    start = time.monotonic()
    search = None if faces == "auto" else FaceSearch(find=faces == "yes")
    collection = collect(data, settings.size, cache, search, group_by, skip)
    _say_what_was_read(collection, asked=faces)
    samples = collection.samples
    train_part, valid_part = split(samples, valid, settings.seed, _held_out(hold_out, group_by))
    print(f"Training on {len(train_part)} photos, holding out {len(valid_part)}.")
    loaders = make_loaders(samples, train_part, valid_part, settings, WIDER if collection.faces.find else 1.0)
    learner = make_learner(loaders, settings, Counter(samples[index].label for index in train_part))
    save_samples(loaders, cache.parent / SAMPLES)
    print(f"What the network sees of them: {cache.parent / SAMPLES}", flush=True)
    with staged(out) as folder:
        train(learner, settings, bar=sys.stdout.isatty())
        figures = measure(*held_out_logits(learner), collection.labels)
        print(f"\n{confusion_text(figures)}\n\nRight on held-out photos: {figures.accuracy}", flush=True)
        save_confusion(figures, folder / CONFUSION)
        print("Exporting, and checking that both models agree ...", flush=True)
        places = range(0, len(valid_part), max(1, len(valid_part) // 200))
        export = export_learner(
            for_serving(learner, settings.size),
            folder,
            photos=[_as_served(loaders, place) for place in places],
            faces=collection.faces,
            name=name or " or ".join(collection.labels).replace("_", " "),
            temperature=figures.temperature,
            sure_from=figures.threshold.sure_from,
            data=collection.summary() | {"held_out": len(valid_part)},
            figures=figures.as_json(),
        )
        write_answers(folder, collection.labels, keep=out / ANSWERS)
        write_card(
            folder,
            export.manifest,
            figures,
            {key: getattr(value, "name", value) for key, value in asdict(settings).items() if value is not None},
        )
    _say_what_was_written(out, export, time.monotonic() - start)


def _as_served(loaders: DataLoaders, place: int) -> Image.Image:
    """A held-out picture the way serving sees it: what the loader makes of it before it becomes a tensor."""
    view = next(step for step in loaders.valid.after_item if isinstance(step, View))
    return Image.fromarray(np.asarray(view(loaders.valid_ds[place][0], split_idx=1)))


def _held_out(folder: Path | None, group_by: str | None) -> Callable[[Sample], bool] | None:
    """Which samples show a photograph of that folder."""
    if folder is None:
        return None
    if group_by is None:
        raise DataError("--hold-out needs --group-by, which tells from a file's name what photograph it shows.")
    names = {name_group(file, group_by) for file in get_image_files(folder)} - {None}
    if not names:
        raise DataError(f"--hold-out {folder}: no photos there, or --group-by finds nothing in their names.")
    return lambda sample: name_group(sample.source, group_by) in names


def _say_what_was_read(collection: Collection, asked: str) -> None:
    for file, reason in collection.skipped.items():
        print(f"Left out {file}: {reason}")
    counts = Counter(sample.label for sample in collection.samples)
    print(
        f"{len(collection.samples)} photos: " + ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))
    )
    if collection.faces.find:
        without = sum(not sample.face for sample in collection.samples)
        print(f"Faces are answered; in {without} photos none was found, and the whole photo was taken for one.")
    else:
        print("Whole photos are answered, without looking for faces.")
    if asked == "auto":
        print(f"(To have it the other way: --faces {'no' if collection.faces.find else 'yes'}.)", flush=True)


def _say_what_was_written(out: Path, export: Export, seconds: float) -> None:
    print(f"Wrote {out} in {seconds / 60:.1f} minutes: {', '.join(sorted(file.name for file in out.iterdir()))}.")
    if export.problem:
        print(f"{export.problem} The bundle runs with MODEL_RUNTIME=fastai.")
    else:
        print(f"Both models agree; the largest difference of a probability is {export.difference:.1e}.")
    print(f"What the bot says stands in {out / ANSWERS}. Serve it: MODEL_PATH={out} python -m bot --local")


if __name__ == "__main__":
    typer.run(main)
