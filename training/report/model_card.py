"""The model card: what a person reads who must decide whether to use the bundle."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model import NO_FACE
from model.bundle import CARD, Bundle, Manifest
from training.data.layouts import DataError
from training.evaluate.face_attributes import ABOUT_TONE
from training.evaluate.fairness import Grouping
from training.evaluate.metrics import Measured, Whole
from training.report.pictures import CONFUSION, drawable

TEST_PART, CROSS_VALIDATION, VALIDATION = "the test photos", "all photos by cross-validation", "the validation photos"
NOT_FOR = """\
It must not be used to make decisions about people, such as fines, access, employment or policing. It must not be
used for covert surveillance, and it cannot identify anyone. It sees a single photo and makes mistakes.
"""


def read_notes(file: Path) -> dict[str, str]:
    """A person's own words for the card: the text below each `## heading`.

    Raises:
        DataError: the file cannot be read, or has no such heading.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read: {error}.") from None
    notes: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("## "):
            below = notes.setdefault(line[3:].strip(), [])
        elif notes:
            below.append(line)
    if not notes:
        raise DataError(f"{file} has no headings; write each note below a line such as '## What was tried'.")
    return {heading: "\n".join(below).strip() for heading, below in notes.items()}


def write_card(
    bundle: Bundle,
    measured: Measured,
    settings: Mapping[str, Any],
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write the bundle's `README.md`.

    Args:
        bundle: whose folder it goes into.
        measured: its answers to photos that were held out.
        settings: of the training.
        notes: text by heading. Under a heading of the card it follows what stands there, else it is a section of its own.
    """
    manifest, left = bundle.manifest, dict(notes or {})
    sections = {
        "Intended use": _purpose(bundle),
        "Out-of-scope use": NOT_FOR,
        "Accuracy": _rightness(measured, manifest),
        "Common mistakes": failures(measured),
        "Confidence": _sureness(measured, manifest),
        "Fairness" if measured.faces else "By kind of photo": _fairness(measured.audit, measured.faces),
        "Training data": _data(manifest),
        "Training settings": table(("setting", "value"), [(key, value) for key, value in settings.items()]),
    }
    parts = [f"# {manifest.name}"]
    for heading, text in sections.items():
        parts += [f"## {heading}", text.strip(), *([left.pop(heading)] if heading in left else [])]
    parts += [f"## {heading}\n\n{text}" for heading, text in left.items()]
    (bundle.folder / CARD).write_text("\n\n".join(part for part in parts if part) + "\n", "utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def failures(measured: Measured, most: int = 5) -> str:
    """What goes wrong most often, in sentences."""
    counts, labels = measured.confusion, measured.labels
    wrong = [
        (int(counts[row, column]), int(counts[row].sum()), labels[row], labels[column])
        for row in range(len(labels))
        for column in range(len(labels))
        if row != column and counts[row, column]
    ]
    if not wrong:
        return "It made no mistakes on the photos it was evaluated on."
    sentences = []
    for count, of, truth, answer in sorted(wrong, reverse=True)[:most]:
        what = "no face is found in" if answer == NO_FACE else f"`{answer}` is answered to"
        shown = "photos that show nobody" if truth == NO_FACE else f"`{truth}`"
        sentences.append(f"- Of {of} {shown}, {what} {count} ({count / of:.1%}).")
    return "\n".join(sentences)


def _purpose(bundle: Bundle) -> str:
    manifest = bundle.manifest
    words = [(f"`{label}`", bundle.words(label, "en").name) for label in manifest.answers]
    how = (
        "Faces are found first and each is classified; the crop around a face is "
        f"{1 + manifest.faces.margin:.1f} times as wide as the face."
        if manifest.faces.find
        else "The whole photo is classified, without looking for faces."
    )
    return f"It classifies a photo with one of {len(words)} labels. {how}\n\n" + table(("label", "in words"), words)


def _rightness(measured: Measured, manifest: Manifest) -> str:
    parts = [*measured.parts, *([measured.overall] if len(measured.parts) > 1 else [])]
    rows = [
        (part.name, *((part.found, part.right, part.right_of_found) if measured.faces else (part.right,)))
        for part in parts
        if part.people
    ]
    labels = [
        (f"`{label}`", measured.recall(label), measured.precision(label))
        for label in measured.labels
        if measured.recall(label).of
    ]
    text = [
        f"{_how_measured(manifest)} The photos come from the same sources as the training photos: on photos of another kind "
        "it will be right less often. The 95% interval is in brackets.",
        f"**{measured.overall.right}** right, where a face that is not found counts as a wrong answer."
        if measured.faces
        else f"**{measured.overall.right}** right.",
        table(("photos", *(("found", "right", "right of those found") if measured.faces else ("right",))), rows),
        table(("label", "recall", "precision"), labels),
        f"![Confusion matrix]({CONFUSION})",
    ]
    numbers = drawable(manifest.labels)
    if numbers != list(manifest.labels):
        pairs = (f"{number} is `{label}`" for number, label in zip(numbers, manifest.labels, strict=True))
        text.append(f"In the picture, {', '.join(pairs)}.")
    if measured.overall.taken_for_people.of:
        text.append(f"Photos that show nobody, answered as a face: {measured.overall.taken_for_people}.")
    if measured.whole:
        text.append(_photographs(measured.whole))
    return "\n\n".join(text)


def _how_measured(manifest: Manifest) -> str:
    kept = "each with every copy of it, from file to answer."
    if manifest.data.get("measured_on") == CROSS_VALIDATION:
        return (
            "Measured by cross-validation, because there are few photos: each photo was classified by a model that had not "
            f"seen it, {kept} The bundle itself has learned from all of them."
        )
    if manifest.data.get("measured_on") == TEST_PART:
        return f"Measured on photos that were neither learned from nor used to choose anything, {kept}"
    return f"Measured on photos that were held out of training, {kept} They also chose the model."


def _photographs(whole: Whole) -> str:
    return (
        f"In {whole.photographs} whole photographs, of all faces of at least 20 px {whole.part.found} are found; of those "
        f"found, {whole.part.right_of_found} are answered right. Where one face is marked, {whole.right_alone()} of the "
        f"photographs are. In {whole.strays} places a face is answered where none is marked."
    )


def _sureness(measured: Measured, manifest: Manifest) -> str:
    if not measured.calibration:
        return "No face was found, so nothing is known about it."
    coverage, accuracy = measured.sure
    return (
        f"Stated probabilities are off by {measured.calibration_error:.1%} on average (expected calibration error; "
        f"{measured.error_by_chance:.1%} would be chance with so few answers; the "
        f"logits are divided by a temperature of {manifest.temperature}). From a probability of {manifest.sure_from} on, "
        f"the bot does not say that it is not sure: that is {coverage} of the answers, of which {accuracy} are right."
    )


def _fairness(groupings: Sequence[Grouping], faces: bool) -> str:
    text = [] if groupings else ["Too few photos to compare groups."]
    for number, grouping in enumerate(groupings):
        head = (grouping.name, *(("found", "right of those found") if faces else ("right",)))
        rows = [(group.name, *((group.found,) if faces else ()), group.right) for group in grouping.groups]
        text += [grouping.words(), *([table(head, rows)] if rows else [])]
        if number == 0 and faces:
            text.append(ABOUT_TONE)
    return "\n\n".join(text)


def _data(manifest: Manifest) -> str:
    data = manifest.data
    reasons = "; ".join(f"{count} because {reason}" for reason, count in data["left_out"].items() if count) or "none"
    counts = table(("label", "photos or faces"), [(f"`{label}`", count) for label, count in data["photos"].items()])
    return (
        f"{sum(data['photos'].values())} photos or faces, {data['groups']} of them different, the others being copies or "
        f"parts of the same photograph; {data['held_out']} were held out. Left out: {reasons}.\n\n{counts}"
    )
