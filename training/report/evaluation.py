"""Shows what was measured of a bundle on a page with pictures. It shows people, so keep it private."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from model.bundle import Manifest
from model.faces.box import Box
from model.faces.crop import cut
from model.heat_map import draw_looks
from model.image import PhotoError, decode
from model.prediction import Look
from training.data.annotations import Corners, KnownPhoto
from training.evaluate.calibration import Bin, Share
from training.evaluate.face_attributes import ABOUT_TONE
from training.evaluate.fairness import Grouping
from training.evaluate.matching import Outcome
from training.evaluate.metrics import Measured, Whole
from training.report.html import (
    INK,
    SERIES,
    Picture,
    Pictures,
    Plot,
    Section,
    Table,
    Text,
    Tile,
    Tiles,
    figure,
    write_page,
)
from training.report.model_card import failures
from training.report.pictures import MOST_IN_TABLE, MOST_PAIRS

MOST_PICTURES = 36
THUMBNAIL = 144  # pixels
AROUND = 0.8  # of the face's size, shown around it
NOT_FOUND = "A face that is not found counts as wrong in “right”, but not in “right of those found”."


def write_report(file: Path, measured: Measured, manifest: Manifest) -> None:
    """Write the page."""
    faces = len(measured.overall.outcomes)
    lead = (
        f"Evaluated on {faces} {'faces' if measured.whole else 'photos'} with known labels. "
        "Shares come with their 95% interval, the lighter part of each bar."
    )
    write_page(file, f"How right is “{manifest.name}”?", lead, sections_of(measured, manifest))


def sections_of(measured: Measured, manifest: Manifest) -> list[Section]:
    """What was measured, part by part."""
    return [
        Section("Summary", _in_short(measured, manifest)),
        Section("By folder", _folders(measured)),
        Section("Whole photographs", _whole(measured.whole) if measured.whole else []),
        Section("By label", _labels(measured)),
        Section("Calibration", _calibration(measured, manifest)),
        Section("Fairness" if measured.faces else "By kind of photo", _audit(measured.audit, measured.faces)),
        Section("Worst mistakes", _mistakes(measured.mistakes)),
        Section("Most unlike the training photos", _unlike(measured.unlike, manifest)),
        Section("Faces not found", _missed(measured.missed)),
        Section("False detections", _strays(measured)),
        Section("Files that could not be read", _unreadable(measured)),
    ]


def _in_short(measured: Measured, manifest: Manifest) -> list[Tiles | Text]:
    overall = measured.overall
    coverage, accuracy = measured.sure
    tiles = [Tile("right", _percent(overall.right), _interval(overall.right))]
    if manifest.faces.find and overall.people:
        tiles.append(Tile("faces found", _percent(overall.found), _interval(overall.found)))
        tiles.append(Tile("right, of those found", _percent(overall.right_of_found), _interval(overall.right_of_found)))
    if merged := overall.merged:
        tiles.append(Tile(f"... {_merged_name(measured)} as one", _percent(merged), _interval(merged)))
    if overall.taken_for_people.of:
        taken = overall.taken_for_people
        tiles.append(Tile("photos of nobody taken for a face", _percent(taken), _interval(taken)))
    for name, refused in (
        ("answered “none of these”", overall.taken_for_none if manifest.may_be_none else None),
        ("none of these, and answered so", overall.none_refused),
    ):
        if refused and refused.of:
            tiles.append(Tile(name, _percent(refused), _interval(refused)))
    tiles.append(Tile("sure answers right", _percent(accuracy), f"{_percent(coverage)} of the answers are sure ones"))
    if measured.calibration:
        error, chance = f"{measured.calibration_error:.1%}", f"{measured.error_by_chance:.1%}"
        tiles.append(Tile("calibration error", error, f"{chance} would be expected by chance"))
    sentences = [Text(grouping.words()) for grouping in measured.audit[:1] if measured.faces]
    return [Tiles(tiles), *sentences]


def _folders(measured: Measured) -> list[Table]:
    parts = [*measured.parts, *([measured.overall] if len(measured.parts) > 1 else [])]
    head = ["folder", "faces", "found", "right", "right of those found"]
    rows: list[list[object]] = [[p.name, len(p.outcomes), p.found, p.right, p.right_of_found] for p in parts]
    if measured.merged_labels:
        head.append(f"{_merged_name(measured)} as one")
        rows = [[*row, part.merged] for row, part in zip(rows, parts, strict=True)]
    if measured.overall.taken_for_people.of:
        head.append("nobody, taken for a face")
        rows = [[*row, part.taken_for_people] for row, part in zip(rows, parts, strict=True)]
    return [Table(head, rows, NOT_FOUND)]


def _whole(whole: Whole) -> list[Table]:
    part = whole.part
    rows: list[list[object]] = [
        ["faces found, of those at least 20 px wide and high", part.found],
        ["right, of those found", part.right_of_found],
        *([["... labels merged", part.merged]] if part.merged else []),
        ["faces answered where none is marked", whole.strays],
        ["photographs of one face: found", whole.found_alone],
        ["photographs of one face: right", whole.right_alone()],
        *([["... labels merged", whole.right_alone(part.merged_labels)]] if part.merged_labels else []),
    ]
    return [Table(["", f"{whole.photographs} photographs"], rows)]


def _labels(measured: Measured) -> list[Table | Text]:
    there = [index for index, label in enumerate(measured.labels) if measured.recall(label).of]
    labels = [measured.labels[index] for index in there]
    counts = measured.confusion[there]
    shares = [[label, measured.recall(label), measured.precision(label)] for label in labels]
    rows = [[label, *row] for label, row in zip(labels, counts.tolist(), strict=True)]
    signs = np.where(np.eye(len(measured.labels), dtype=bool)[there], 1, -1)
    shades = counts / counts.sum(axis=1, keepdims=True) * signs
    note = "Rows are true labels, columns predicted labels."
    if len(measured.labels) > MOST_IN_TABLE:
        return [Table(["label", "recall", "precision"], shares), Text(failures(measured, MOST_PAIRS))]
    return [
        Table(["label", "recall", "precision"], shares),
        Table(["true label", *measured.labels], rows, note, shades.tolist()),
    ]


def _calibration(measured: Measured, manifest: Manifest) -> list[Plot | Text]:
    if not measured.calibration:
        return []
    coverage, accuracy = measured.sure
    words = (
        f"Answers with a probability of at least {manifest.sure_from} count as sure: {coverage} of all answers, of which "
        f"{accuracy} are right."
    )
    caption = (
        f"Accuracy by stated probability; a perfectly calibrated model follows the dashed line. "
        f"The expected calibration error is {measured.calibration_error:.1%}; "
        f"with this few answers, {measured.error_by_chance:.1%} would be expected by chance."
    )
    return [Plot(_curve(measured.calibration), caption), Text(words)]


def _curve(curve: Sequence[Bin]) -> Figure:
    drawing = figure()
    axes = drawing.axes[0]
    confidence = np.array([part.confidence for part in curve])
    right = np.array([part.right.value for part in curve])
    ends = np.array([part.right.interval for part in curve])
    lowest = max(0.0, min(confidence.min(), ends.min()) - 0.02)
    axes.plot([lowest, 1], [lowest, 1], "--", color=INK, linewidth=1, alpha=0.5)
    axes.errorbar(
        confidence, right, np.abs(ends.T - right), fmt="o-", color=SERIES[0], linewidth=1.5, capsize=2, elinewidth=1
    )
    axes.set(xlabel="stated probability", ylabel="share that is right", xlim=(lowest, 1.005), ylim=(lowest, 1.005))
    axes.grid(color=INK, alpha=0.1)
    return drawing


def _audit(groupings: Sequence[Grouping], faces: bool) -> list[Text | Table]:
    blocks: list[Text | Table] = []
    for grouping in groupings:
        head = [grouping.name, *(["found", "right of those found"] if faces else ["right"])]
        rows = [[group.name, *([group.found] if faces else []), group.right] for group in grouping.groups]
        note = f"{grouping.without} {'faces' if faces else 'photos'} are in no group." if grouping.without else ""
        blocks += [Text(grouping.words()), Table(head, rows, note)]
    return [*blocks, *([Text(ABOUT_TONE)] if faces else [])]


def _mistakes(outcomes: Sequence[Outcome]) -> list[Text | Pictures]:
    pictures = [
        Picture(image, outcome.truth, f"{outcome.answer} {outcome.confidence:.0%}")
        for outcome in outcomes[:MOST_PICTURES]
        if (image := thumbnail(outcome.photo, outcome.box, outcome.face.look if outcome.face else None))
    ]
    text = f"The most confident of {len(outcomes)} wrong answers: the true label, and the predicted one."
    text += " Where the true label is the wrong one, python -m training.clean helps to put it right."
    if any(outcome.face and outcome.face.look for outcome in outcomes):
        text += " The second picture shows in warm colors where the network found what speaks for its answer."
    return [Text(text), Pictures(pictures)] if pictures else []


def _unlike(outcomes: Sequence[Outcome], manifest: Manifest) -> list[Text | Pictures]:
    """Photos that look least like what was learned: often wrong labels, or photos that do not belong there."""
    distances = [outcome.face.unlike for outcome in outcomes if outcome.face and outcome.face.unlike is not None]
    if not distances or manifest.unlike_from is None:
        return []
    middle, high = np.quantile(distances, [0.5, 0.95])
    beyond = sum(distance > manifest.unlike_from for distance in distances)
    text = (
        f"The distance to the nearest training photos is {middle:.2f} for half of the photos, {high:.2f} for 95% of them, "
        f"and beyond {manifest.unlike_from:.2f}, from where the answer is “none of these”, for {beyond} of {len(distances)}. "
        "Look whether the labels of the following are right."
    )
    pictures = [
        Picture(image, outcome.truth, f"distance {distance:.2f}")
        for outcome, distance in zip(outcomes[:MOST_PICTURES], distances, strict=False)
        if (image := thumbnail(outcome.photo, outcome.box))
    ]
    return [Text(text), Pictures(pictures)]


def _missed(outcomes: Sequence[Outcome]) -> list[Text | Pictures]:
    pictures = [
        Picture(image, outcome.truth, f"{outcome.traits.side} px")
        for outcome in outcomes[:MOST_PICTURES]
        if (image := thumbnail(outcome.photo, outcome.box))
    ]
    return [Text(f"The largest of {len(outcomes)}."), Pictures(pictures)] if pictures else []


def _strays(measured: Measured) -> list[Text | Pictures]:
    strays = [(looked.photo, box) for looked in measured.strays for box in looked.strays]
    strays.sort(key=lambda stray: (stray[1][0] - stray[1][2]) * (stray[1][3] - stray[1][1]))
    pictures = [
        Picture(image, photo.file.name) for photo, box in strays[:MOST_PICTURES] if (image := thumbnail(photo, box))
    ]
    return (
        [Text(f"The largest of {len(strays)}; some may be real faces that nobody marked."), Pictures(pictures)]
        if pictures
        else []
    )


def _unreadable(measured: Measured) -> list[Table]:
    rows = list(measured.answers.unreadable.items())
    return [Table(["file", "why"], rows)] if rows else []


def thumbnail(photo: KnownPhoto, box: Corners, look: Look | None = None) -> Image.Image | None:
    """A face with some of what is around it, and beside it where the network looked; None if the photo is gone meanwhile."""
    try:
        decoded = decode(photo.file.read_bytes())
    except (OSError, PhotoError):
        return None
    images = [decoded.image]
    if look:
        images.append(draw_looks(decoded.image, [look], decoded.size, max(decoded.image.size)))
    around = AROUND if photo.marked else 0.3
    shown = [cut(image, Box(*box).scaled(1 / decoded.scale), THUMBNAIL, around) for image in images]
    side_by_side = Image.new("RGB", (THUMBNAIL * len(shown), THUMBNAIL))
    for place, picture in enumerate(shown):
        side_by_side.paste(picture, (place * THUMBNAIL, 0))
    return side_by_side


def _merged_name(measured: Measured) -> str:
    return ", ".join(dict.fromkeys(measured.merged_labels.values()))


def _percent(share: Share) -> str:
    return f"{share.value:.1%}" if share.of else "none"


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{low:.1%} to {high:.1%} of {share.of}"
