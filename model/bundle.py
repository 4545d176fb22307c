"""Reads and writes bundles, the folders that training hands to serving: a model, its manifest and its answers.

A bundle is opened only when its files are the ones the manifest describes, because unpickling runs code.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, PositiveFloat, ValidationError, field_validator, model_validator

from model.answers import Words, read_answers

SHIPPED = Path(__file__).parent / "face_masks"
PICKLE, ONNX, MANIFEST, ANSWERS, CARD = "model.pkl", "model.onnx", "manifest.json", "answers.toml", "README.md"
TAUGHT = "taught.npz"  # what was taught in a chat, instead of a network of the bundle's own
NONE = "none"  # the answer to a photo that is unlike all labels; as a label, photos that are none of the others
NO_FACE = "no_face"  # the answer to a photo in which no face is found; as a label, a found face that is none


class BundleError(RuntimeError):
    """Raised for a bundle that cannot be served; the message says what is wrong and what to do."""


class Input(BaseModel):
    """How a picture becomes the network's input. `crop_pad` cuts or fills the sides without scaling, the other ways scale."""

    height: int = Field(gt=0)
    width: int = Field(gt=0)
    resize: Literal["squish", "crop", "pad", "crop_pad"] = "squish"
    pad: Literal["zeros", "border", "reflection"] = "zeros"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (1.0, 1.0, 1.0)


class FaceSearch(BaseModel):
    """How faces are found, cropped and kept. Shares are of the longer side of a face's box.

    Attributes:
        find: whether each face is answered, or else the whole photo.
        min_score: the detector's score, 0 to 1, below which a face is left out.
        min_side: pixels of a face's longer side below which it is left out.
        margin: how much is added around the box, as a share.
        shift_down: how far the detector's box is moved down first, as a share; where chins are covered, it sits too high.
        no_face_from: the probability of `no_face` from which a face that was found is dropped.
        weak_below, weak_no_face_from: the detector's score below which it is dropped from another probability on.
    """

    find: bool
    min_score: float = Field(0.6, ge=0, le=1)
    min_side: int = Field(8, ge=1)
    margin: float = Field(0.3, ge=0, le=4)
    shift_down: float = Field(0.05, ge=-1, le=1)
    no_face_from: float = Field(0.75, gt=0, le=1)
    weak_below: float = Field(0.5, ge=0, le=1)
    weak_no_face_from: float = Field(0.03, gt=0, le=1)


class Mirror(BaseModel):
    """How much a picture's mirror image counts: half up to the first probability of the best label, not at all from the
    second on, and in between in proportion."""

    half_until: float = Field(0.85, ge=0, le=1)
    none_from: float = Field(0.95, ge=0, le=1)

    @model_validator(mode="after")
    def _in_order(self) -> "Mirror":
        if self.half_until >= self.none_from:
            raise ValueError("half_until must be below none_from")
        return self


class Manifest(BaseModel):
    """`manifest.json`. `labels` are the network's outputs, `answers` those of them that people are told: where faces are
    found, the label `no_face` drops what the finder took for one. `files` maps a file's name to its SHA-256;
    `sure_from` is the probability of an answer from which the bot does not say "not sure"; the logits are divided by
    `temperature` before the softmax. With `mirror`, the answer to the mirror image counts where the own one is doubtful.
    A picture that is further from the training photos than `unlike_from`, or whose probability of the label `none` reaches
    `none_from`, is answered `none`; without these, nothing is. One that is further than `sure_within` is never answered surely."""

    format: Literal[1] = 1
    name: str
    labels: list[str] = Field(min_length=2)
    input: Input | None = None
    faces: FaceSearch
    mirror: Mirror | None = None
    temperature: float = Field(1.0, gt=0)
    sure_from: float = Field(0.8, ge=0, le=1)
    unlike_from: float | None = Field(None, gt=0)
    sure_within: float | None = Field(None, gt=0)
    none_from: float | None = Field(None, gt=0, le=1)
    files: dict[str, str]
    versions: dict[str, str] = {}
    data: dict[str, Any] = {}
    figures: dict[str, Any] = {}

    @property
    def answers(self) -> list[str]:
        dropped = {NO_FACE} if self.faces.find else set()
        return [label for label in self.labels if label not in dropped | ({NONE} if self.none_from else set())]

    @property
    def may_be_none(self) -> bool:
        """Whether `none` is an answer, which is no label that people ask for."""
        return self.unlike_from is not None or self.none_from is not None

    @field_validator("mirror", mode="before")
    @classmethod
    def _yes_or_no(cls, value: object) -> object:
        return (
            {True: Mirror(), False: None}[value] if isinstance(value, bool) else value
        )  # as manifests had it at first

    @model_validator(mode="after")
    def _labels_differ(self) -> "Manifest":
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("a label is listed twice in labels")
        if ONNX in self.files and self.input is None:
            raise ValueError(f"input is missing, which {ONNX} needs")
        return self


@dataclass(frozen=True)
class Bundle:
    """An opened and verified bundle folder; `command` asks for an answer in a group, such as "check" for `/check`."""

    folder: Path
    manifest: Manifest
    answers: dict[str, dict[str, Words]] = field(default_factory=dict)
    colors: dict[str, str] = field(default_factory=dict)
    command: str | None = None

    @classmethod
    def open(cls, folder: Path | str = SHIPPED) -> "Bundle":
        """Reads and verifies a bundle.

        Raises:
            BundleError: there is none, a file is missing or damaged, or is not the one the manifest describes.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise BundleError(
                f"MODEL_PATH={folder} is not a folder; name a bundle folder, or unset it for the shipped one."
            )
        try:
            manifest = _read_manifest(folder)
            _verify(folder, manifest)
            answers, colors, command = read_answers(folder / ANSWERS)
        except OSError as error:
            raise BundleError(f"{error.filename} cannot be read ({error.strerror}); check who may read it.") from None
        except ValueError as error:  # a sentence about the answers
            raise BundleError(str(error)) from None
        return cls(folder, manifest, answers, colors, command)

    def has(self, name: str) -> bool:
        """Tells whether the bundle holds that file."""
        return name in self.manifest.files and (self.folder / name).is_file()

    def read(self, name: str) -> bytes:
        """Returns the content of a model file, checked once more against the manifest.

        Raises:
            BundleError: it was replaced since the bundle was opened, or cannot be read.
        """
        file = self.folder / name
        try:
            content = file.read_bytes()
        except OSError as error:
            raise BundleError(f"{file} cannot be read ({error.strerror}); check who may read it.") from None
        if hashlib.sha256(content).hexdigest() != self.manifest.files.get(name):
            raise BundleError(f"{file} was replaced while the bundle was being opened; start again.")
        return content

    def words(self, label: str, language: str) -> Words:
        """Returns what to say about a label; the label itself, made readable, where the bundle says nothing."""
        by_language = self.answers.get(label, {})
        return (
            by_language.get(language)
            or by_language.get("en")
            or Words(" ".join(label.replace("_", " ").split()) or label)
        )


def sha256(file: Path) -> str:
    """Returns the SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _read_manifest(folder: Path) -> Manifest:
    file = folder / MANIFEST
    if not file.is_file():
        if (folder / PICKLE).is_file():
            raise BundleError(f"{folder} holds {PICKLE} but no {MANIFEST}. {_how_to_export(folder)}")
        raise BundleError(
            f"{folder} holds no {MANIFEST}, so it is not a bundle. Make one: python -m training --data DIR --out {folder}"
        )
    try:
        return Manifest.model_validate_json(file.read_bytes())
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        what = problem["msg"].removeprefix("Value error, ")
        raise BundleError(f"{file} cannot be read: {where}: {what}. {_how_to_export(folder)}") from None


def _verify(folder: Path, manifest: Manifest) -> None:
    if not any((folder / name).is_file() for name in (ONNX, PICKLE, TAUGHT)):
        raise BundleError(f"{folder} holds neither {ONNX} nor {PICKLE}. Copy the whole bundle folder there.")
    for name in (PICKLE, ONNX, TAUGHT):
        file = folder / name
        if not file.is_file():
            continue
        if name not in manifest.files:
            raise BundleError(f"{file} is not listed in {MANIFEST}, so it is not opened. {_how_to_export(folder)}")
        if sha256(file) != manifest.files[name]:
            raise BundleError(
                f"{file} is not the file that {MANIFEST} describes (its SHA-256 differs): it was replaced, or damaged in copying. {_how_to_export(folder)}"
            )


def _how_to_export(folder: Path) -> str:
    return f"To make a bundle from your learner: python -m training.export {folder / PICKLE} --out {folder}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes `manifest.json`, with the SHA-256 of the model files that are in the folder now."""
    hashes = {name: sha256(folder / name) for name in (PICKLE, ONNX) if (folder / name).is_file()}
    content = manifest.model_copy(update={"files": hashes}).model_dump(mode="json", exclude_none=True)
    (folder / MANIFEST).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
