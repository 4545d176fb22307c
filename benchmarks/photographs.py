"""`python -m benchmarks.photographs DIR BOXES.csv`: the model on whole photographs whose faces are known.

The CSV has a row per face: photo, left, top, right, bottom (pixels), label. The photographs of one's own that are named
here must not have been trained on, nor any part of them.
"""

import csv
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer

from model import Classifier, Face
from training.figures import Share

MATCH = 0.4  # intersection over union from which a box is the face
SMALL = 20  # pixels; a known face with a shorter side is not counted

Known = tuple[tuple[int, int, int, int], str]


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of photographs.")],
    boxes: Annotated[Path, typer.Argument(help="CSV file of their faces.")],
    bundle: Annotated[Path | None, typer.Option(help="The shipped bundle by default.")] = None,
) -> None:
    """Count faces found, false faces and right answers."""
    classifier = Classifier.open(bundle)
    with boxes.open() as file:
        photographs: dict[str, list[Known]] = defaultdict(list)
        for row in csv.DictReader(file):
            box = int(row["left"]), int(row["top"]), int(row["right"]), int(row["bottom"])
            photographs[row["photo"]].append((box, row["label"]))
    found: list[tuple[Known, Face | None]] = []
    alone: list[tuple[str, str]] = []
    false_faces = 0
    for photo, known in photographs.items():
        prediction = classifier.predict((folder / photo).read_bytes())
        found += [(face, closest(face[0], prediction.faces)) for face in known if shorter(face[0]) >= SMALL]
        false_faces += sum(max(overlap(face.box, box) for box, _ in known) < 0.1 for face in prediction.faces)
        if len(known) == 1:
            alone.append((known[0][1], prediction.label))
    answered = [(label, face.label) for (_, label), face in found if face]
    print(f"photographs                     {len(photographs)}")
    print(f"faces of at least {SMALL} px found     {Share(len(answered), len(found))}")
    print(f"faces where none is marked      {false_faces}")
    print(f"of those found, right           {share_right(answered)}")
    print(f"of those found, mask or not     {share_right([(worn(one), worn(other)) for one, other in answered])}")
    for label in classifier.bundle.manifest.labels:
        print(f"  of {label:<28} {share_right([pair for pair in answered if pair[0] == label])}")
    print(f"photographs of one face, right  {share_right(alone)}")
    print(f"... mask or not                 {share_right([(worn(one), worn(other)) for one, other in alone])}")


def worn(label: str) -> str:
    """Whether there is a mask at all, properly worn or not."""
    return "mask" if label in ("with_mask", "worn_incorrectly") else label


def share_right(pairs: list[tuple[str, str]]) -> Share:
    return Share(sum(known == answered for known, answered in pairs), len(pairs))


def shorter(box: tuple[int, int, int, int]) -> int:
    return min(box[2] - box[0], box[3] - box[1])


def closest(box: tuple[int, int, int, int], faces: tuple[Face, ...]) -> Face | None:
    best = max(faces, key=lambda face: overlap(face.box, box), default=None)
    return best if best and overlap(best.box, box) >= MATCH else None


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / (areas - width * height)


if __name__ == "__main__":
    typer.run(main)
