"""A run of the command, step by step: photos, learner, training, figures, bundle."""

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.torch_core import get_model
from PIL import Image

from model.bundle import ANSWERS, NO_FACE, NONE
from model.malloc import keep_freed_memory
from model.unlike import NEARLY
from training.callbacks.distributed import is_first
from training.callbacks.loss_plot import Course
from training.callbacks.stop_signal import asked_to_stop
from training.config_file import write_options
from training.data.annotations import read_boxes
from training.data.augmentation import RandomCrop, View
from training.data.crops import Known, Sample
from training.data.dataset import Collection, collect
from training.data.files import list_files
from training.data.layouts import DataError, name_group
from training.data.split import Parts, three_parts
from training.evaluate.calibration import calibrate, measure
from training.evaluate.held_out import describe, held_out_photos
from training.export.bundle import bundle_name, export_learner
from training.export.bundle_folder import staged, write_answers
from training.export.words import read_words
from training.fit.distributed import first_decides, first_one_first, go_on_alone, share_of, trained_together
from training.fit.learner import for_serving, logits_of, make_learner, make_loaders
from training.fit.lr_finder import SEARCH, find_rate
from training.fit.recipe import fine_tune, for_inference
from training.fit.settings import Settings, is_few
from training.fit.taught import read_taught
from training.fit.trained import Logits, Trained
from training.fit.unlike import remember
from training.messages import say_parts, say_what_was_read, say_what_was_written
from training.notifications import Telling
from training.options import Options
from training.report.model_card import CROSS_VALIDATION, TEST_PART, VALIDATION, read_notes
from training.report.pictures import CONFUSION, SAMPLES, confusion_text, save_confusion, save_samples
from training.report.run import Laps, write_run_report
from training.report.terminal import as_text
from training.run_callbacks import watchers
from training.run_folder import HELD_OUT, OPTIONS

EVALUATION = "evaluation"
TEST_SHARE = 0.2
NONE_FROM = 0.5  # the probability of `none` from which a photo is more probably that than all labels together


@dataclass(frozen=True)
class Photos:
    """The samples, and which of them are for what, by their places."""

    collection: Collection
    photographs: dict[Path, list[Known]]
    parts: Parts

    def samples(self, places: Sequence[int]) -> list[Sample]:
        return [self.collection.samples[place] for place in places]

    def pictures(self, places: Sequence[int]) -> list[Path]:
        return [Path(sample.picture) for sample in self.samples(places)]

    def targets(self, places: Sequence[int]) -> np.ndarray:
        """Indices of the labels, of shape (samples,)."""
        return np.array([self.collection.labels.index(sample.label) for sample in self.samples(places)])

    @property
    def fingerprint(self) -> str:
        """Another one for other photos, or another split."""
        names = [[file.name for file in self.pictures(part)] for part in (self.parts.train, self.parts.valid)]
        return hashlib.sha256(repr(names).encode()).hexdigest()[:12]


def run(options: Options, folder: Path, told: Telling) -> None:
    """Train, and write the bundle.

    Args:
        options: what the person chose.
        folder: of the run.
        told: who is told about it.
    """
    laps = Laps()
    notes = read_notes(options.card_notes) if options.card_notes else {}
    photos = first_one_first(lambda: read_photos(options))
    laps.end("reading the photos")
    collection, parts = photos.collection, photos.parts
    faces, labels, answers = collection.faces, collection.labels, collection.answers
    settings = options.settings(faces.find, collection.found)
    own = replace(settings, batch_size=share_of(settings.batch_size))
    loaders = make_loaders(collection.samples, parts.train, parts.valid, own, faces.find)
    learner = make_learner(loaders, settings, Counter(sample.label for sample in photos.samples(parts.train)))
    words = read_words(options.words, answers)
    name = options.name or bundle_name([words.get(label, label) for label in answers])
    push = told.pusher(options, folder, _exporter(loaders, photos, settings, name))
    with staged(options.out) if is_first() else nullcontext(options.out) as bundle:
        trained = train_learner(learner, settings, options, folder, photos, laps, told.callbacks(push))
        course = Course.of(learner.recorder) if trained.settings.epochs else Course([], [], [], [])
        go_on_alone()
        chosen_on = trained.choose()
        unlike, distances = (None, None) if NO_FACE in labels else trained.fit_unlike()
        if unlike:
            remember(learner, unlike)
        dropped_from = faces.no_face_from if faces.find else NONE_FROM
        calibration = calibrate(chosen_on.logits, photos.targets(chosen_on.places), labels, answers, dropped_from)
        measured_on = chosen_on
        if parts.test:
            measured_on = Logits(parts.test, logits_of(learner, photos.pictures(parts.test), settings.mirror))
        figures = measure(
            measured_on.logits, photos.targets(measured_on.places), labels, calibration, answers, dropped_from
        )
        laps.end("training")
        how = _how_measured(parts, trained)
        print(f"\n{confusion_text(figures)}\n\nAccuracy on {how}: {figures.accuracy}", flush=True)
        save_confusion(figures, bundle / CONFUSION)
        keep_freed_memory()  # what training needed goes back: some networks' exporter needs another GB
        print("Exporting, and checking that the ONNX model matches ...", flush=True)
        export = export_learner(
            for_serving(learner, settings.size, faces.find),
            bundle,
            photos=_as_served(loaders, most=64),
            faces=faces,
            name=name,
            mirror=settings.mirror,
            temperature=calibration.temperature,
            sure_from=calibration.sure_from,
            unlike_from=NEARLY * unlike.limit if unlike else None,
            sure_within=unlike.limit if unlike else None,
            none_from=NONE_FROM if NONE in set(labels) - set(answers) else None,
            data=collection.summary() | {"held_out": len(parts.test), "measured_on": how},
            figures=figures.as_json(),
        )
        kept = write_answers(bundle, export.manifest.answers, keep=options.out / ANSWERS, words=words)
        laps.end("exporting")
        print(f"Evaluating the bundle on {how} ...", flush=True)
        held_out = held_out_photos(photos.samples(measured_on.places), photos.photographs)
        known = trained.by_content(distances) if measured_on is chosen_on and trained.out_of_fold is not None else {}
        made_with = {key: getattr(value, "name", value) for key, value in asdict(settings).items() if value is not None}
        measured = describe(bundle, folder / EVALUATION, held_out, made_with | {"kept": trained.kept}, notes, known)
        laps.end("measuring")
        report = write_run_report(folder, course, measured, export.manifest, laps.seconds)
        print(f"{as_text(measured)}\nWith pictures: {report}", flush=True)
    say_what_was_written(options.out, export, sum(laps.seconds.values()), kept)
    told.notify.note(f"Accuracy on {how}: {figures.accuracy}. The bundle is in {options.out}.")
    if push:
        print(f"Uploading it to {options.push_to_hub} ...", flush=True)
        push.push_bundle(options.out)
        print(f"Serve it anywhere: MODEL_PATH=hf://{options.push_to_hub} python -m bot --local")


def read_photos(options: Options) -> Photos:
    """Read the photos, and decide what each is for.

    Raises:
        DataError: see `collect` and `three_parts`.
    """
    if not options.data:
        raise DataError("--data is missing: give a folder that holds one folder of photos per label.")
    photographs = _photographs(options.boxes)
    look = None if options.faces == "auto" else options.faces == "yes"
    collection = collect(
        options.data,
        lambda faces, photos: options.settings(faces, photos).size,
        options.cache,
        look,
        options.group_by,
        options.skip,
        photographs,
        options.label_from,
        options.labels,
        options.keep_copies,
    )
    say_what_was_read(collection, asked=options.faces)
    settings = options.settings(collection.faces.find, collection.found)
    test = options.test
    if test is None:
        test = 0.0 if is_few(collection.found) and not settings.epochs else TEST_SHARE
    held_out = _held_out(options.hold_out, options.group_by)
    parts = three_parts(collection.samples, options.valid, test, options.seed, held_out)
    say_parts(parts, collection, cross_validated=not settings.epochs)
    return Photos(collection, photographs, parts)


def train_learner(
    learner: Learner,
    settings: Settings,
    options: Options,
    folder: Path,
    photos: Photos,
    laps: Laps,
    others: Sequence[Callback] = (),
) -> Trained:
    """Train by the recipe, with everything that the run's folder is to hold."""
    about: dict[str, Any] = {
        "arch": settings.arch,
        "size": settings.size,
        "batch size": settings.batch_size,
        "seed": settings.seed,
        "labels": photos.collection.labels,
        "photos of the fingerprint": photos.fingerprint,
    }
    second_set = (
        _second_set(options.eval_data, settings, options, photos.collection, learner.dls) if options.eval_data else None
    )
    parts = photos.parts
    if is_first():
        files = [Path(sample.source) for sample in photos.samples(parts.test)]
        names = sorted({f"{file.parent.name}/{file.name}" for file in files})
        folder.mkdir(parents=True, exist_ok=True)
        (folder / HELD_OUT).write_bytes(os.fsencode("".join(f"{name}\n" for name in names)))
    collection = photos.collection
    taught = (
        read_taught(options.from_taught, collection.labels, settings, collection.faces.find)
        if options.from_taught
        else None
    )
    trained = Trained(learner, settings, photos, folder, laps.began, taught)
    if settings.probe:
        trained.learn_head(resumed=options.resume)
        settings = trained.settings
        laps.end("the linear head")
    if options.lr == "auto":
        settings = replace(settings, lr=first_decides(find_rate(learner, folder) if is_first() else 0.0))
        print(f"Learning rate {settings.lr:g}; see {folder / SEARCH}", flush=True)
    with asked_to_stop() as stop:
        callbacks = [*watchers(learner, options, folder, about, stop, second_set), *others]
        if is_first():
            write_options(options, folder / OPTIONS, lr=settings.lr if options.lr == "auto" else options.lr)
            save_samples(learner.dls, folder / SAMPLES)
        print(f"The run's folder is {folder}; what the network sees: {folder / SAMPLES}", flush=True)
        if settings.epochs:
            with trained_together(learner):
                fine_tune(learner, settings, callbacks, bar=sys.stdout.isatty(), flat=options.plateau > 0)
    for_inference(learner)
    return trained


def _exporter(loaders: DataLoaders, photos: Photos, settings: Settings, name: str) -> Callable[[Learner, Path], None]:
    """What makes a bundle of a learner that is still being trained; its figures are not known yet."""
    pictures = _as_served(loaders, most=8)
    plain_loaders = DataLoaders(*loaders.loaders)  # those of a training of several processes know less

    def export(learner: Learner, folder: Path) -> None:
        plain = Learner(plain_loaders, get_model(learner.model), loss_func=learner.loss_func)
        data = photos.collection.summary() | {"held_out": len(photos.parts.test)}
        made = export_learner(
            for_serving(plain, settings.size, photos.collection.faces.find),
            folder,
            photos=pictures,
            faces=photos.collection.faces,
            name=name,
            mirror=settings.mirror,
            data=data,
        )
        write_answers(folder, made.manifest.answers, keep=folder / ANSWERS)

    return export


def _how_measured(parts: Parts, trained: Trained) -> str:
    """Which photos the figures are of."""
    if parts.test:
        return TEST_PART
    return CROSS_VALIDATION if trained.out_of_fold is not None else VALIDATION


def _second_set(
    folder: Path, settings: Settings, options: Options, collection: Collection, loaders: DataLoaders
) -> Any:
    """A loader of the photos of `--eval-data`, prepared as the held-out ones are."""
    second = collect(
        [folder],
        settings.size,
        options.cache,
        collection.faces.find,
        skip=options.skip,
        label_from=options.label_from,
        tables=options.eval_labels,
    )
    if unknown := sorted(set(second.labels) - set(collection.labels)):
        raise DataError(f"--eval-data {folder}: these labels are not in the training data: {', '.join(unknown)}.")
    print(f"Also evaluated after each epoch: {len(second.samples)} photos of {folder}.", flush=True)
    return loaders.test_dl([Path(sample.picture) for sample in second.samples], with_labels=True)


def _photographs(boxes: Sequence[Path]) -> dict[Path, list[Known]]:
    """The photographs that files of boxes name, with their faces."""
    photographs = {}
    for file in boxes:
        for name, faces in read_boxes([file]).items():
            photographs[file.parent / name] = [(face.box, face.label) for face in faces if face.box]
    return photographs


def _as_served(loaders: DataLoaders, most: int) -> list[Image.Image]:
    """Held-out pictures the way serving sees them: what the loader makes of them before they become tensors."""
    view = next(step for step in loaders.valid.after_item if isinstance(step, View | RandomCrop))
    places = range(0, len(loaders.valid_ds), max(1, len(loaders.valid_ds) // most))
    return [Image.fromarray(np.asarray(view(loaders.valid_ds[place][0], split_idx=1))) for place in places]


def _held_out(folder: Path | None, group_by: str | None) -> Callable[[Sample], bool] | None:
    """Which samples show a photograph of that folder."""
    if folder is None:
        return None
    if group_by is None:
        raise DataError("--hold-out needs --group-by, which tells from a file's name what photograph it shows.")
    names = {name_group(file, group_by) for file in list_files(folder).photos} - {None}
    if not names:
        raise DataError(f"--hold-out {folder}: no photos there, or --group-by finds nothing in their names.")
    return lambda sample: name_group(sample.source, group_by) in names
