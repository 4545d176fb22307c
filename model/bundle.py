"""What training hands to serving: one folder with a model, its manifest and its words.

A bundle is opened only when its files are the ones the manifest describes, because unpickling runs code.
"""

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from PIL import ImageColor
from pydantic import BaseModel, Field, PositiveFloat, ValidationError, model_validator

SHIPPED = Path(__file__).parent / "face_masks"
PICKLE, ONNX, MANIFEST, ANSWERS, CARD = "model.pkl", "model.onnx", "manifest.json", "answers.toml", "README.md"


NO_FACE = "no_face"  # the answer to a photo in which no face is found; as a label, a found face that is none


class BundleError(RuntimeError):
    """A bundle that cannot be served; the message says what is wrong and what to do."""


class Input(BaseModel):
    """How a picture becomes the network's input. `crop_pad` cuts or fills the sides without scaling, the other ways scale."""

    height: int = Field(gt=0)
    width: int = Field(gt=0)
    resize: Literal["squish", "crop", "pad", "crop_pad"] = "squish"
    pad: Literal["zeros", "border", "reflection"] = "zeros"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (1.0, 1.0, 1.0)


class FaceSearch(BaseModel):
    """Whether faces are found first, and how they are cut. `margin` is a share of the face's longer side."""

    find: bool
    min_score: float = Field(0.6, ge=0, le=1)
    min_side: int = Field(8, ge=1)
    margin: float = Field(0.3, ge=0, le=4)


class Manifest(BaseModel):
    """`manifest.json`. `labels` are the network's outputs, `answers` those of them that people are told: where faces are
    found, the label `no_face` drops what the finder took for one. `files` maps a file's name to its SHA-256;
    `sure_from` is the probability of an answer from which the bot does not say "not sure"; the logits are divided by
    `temperature` before the softmax. With `mirror`, a doubtful answer counts half, and that to the mirror image half."""

    format: Literal[1] = 1
    name: str
    labels: list[str] = Field(min_length=2)
    input: Input | None = None
    faces: FaceSearch
    mirror: bool = False
    temperature: float = Field(1.0, gt=0)
    sure_from: float = Field(0.8, ge=0, le=1)
    files: dict[str, str]
    versions: dict[str, str] = {}
    data: dict[str, Any] = {}
    figures: dict[str, Any] = {}

    @property
    def answers(self) -> list[str]:
        return [label for label in self.labels if label != NO_FACE or not self.faces.find]

    @model_validator(mode="after")
    def _labels_differ(self) -> "Manifest":
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("the same label stands twice in labels")
        if ONNX in self.files and self.input is None:
            raise ValueError(f"input is missing, which {ONNX} needs")
        return self


@dataclass(frozen=True)
class Words:
    """What is said about one label in one language: `name` for boxes and counts, `answer` for a photo with one face."""

    name: str
    answer: str | None = None


@dataclass(frozen=True)
class Bundle:
    """An opened and verified bundle folder; `command` asks for an answer in a group, such as "mask" for `/mask`."""

    folder: Path
    manifest: Manifest
    answers: dict[str, dict[str, Words]] = field(default_factory=dict)
    colors: dict[str, str] = field(default_factory=dict)
    command: str | None = None

    @classmethod
    def open(cls, folder: Path | str = SHIPPED) -> "Bundle":
        """Read and verify a bundle.

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
            answers, colors, command = _read_answers(folder)
        except OSError as error:
            raise BundleError(f"{error.filename} cannot be read ({error.strerror}); check who may read it.") from None
        return cls(folder, manifest, answers, colors, command)

    def has(self, name: str) -> bool:
        """Whether the bundle holds that file."""
        return name in self.manifest.files and (self.folder / name).is_file()

    def read(self, name: str) -> bytes:
        """The content of a model file: of exactly these bytes it is known that the manifest describes them.

        Raises:
            BundleError: it was replaced since the bundle was opened, or cannot be read.
        """
        file = self.folder / name
        try:
            content = file.read_bytes()
        except OSError as error:
            raise BundleError(f"{file} cannot be read ({error.strerror}); check who may read it.") from None
        if hashlib.sha256(content).hexdigest() != self.manifest.files.get(name):
            raise BundleError(f"{file} was replaced while the bundle was opened; start again.")
        return content

    def words(self, label: str, language: str) -> Words:
        """What to say about a label; the label itself, readable, where the bundle says nothing."""
        by_language = self.answers.get(label, {})
        return by_language.get(language) or by_language.get("en") or Words(label.replace("_", " "))


def sha256(file: Path) -> str:
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
    if not (folder / ONNX).is_file() and not (folder / PICKLE).is_file():
        raise BundleError(f"{folder} holds neither {ONNX} nor {PICKLE}. Copy the whole bundle folder there.")
    for name in (PICKLE, ONNX):
        file = folder / name
        if not file.is_file():
            continue
        if name not in manifest.files:
            raise BundleError(f"{file} does not stand in {MANIFEST}, so it is not opened. {_how_to_export(folder)}")
        if sha256(file) != manifest.files[name]:
            raise BundleError(
                f"{file} is not the file that {MANIFEST} describes (another SHA-256): replaced, or damaged in copying. {_how_to_export(folder)}"
            )


def _how_to_export(folder: Path) -> str:
    return f"To make a bundle from your learner: python -m training.export {folder / PICKLE} --out {folder}"


def _read_answers(folder: Path) -> tuple[dict[str, dict[str, Words]], dict[str, str], str | None]:
    file = folder / ANSWERS
    if not file.is_file():
        return {}, {}, None
    try:
        entries = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{file} is not valid TOML: {error}") from None
    answers: dict[str, dict[str, Words]] = {}
    colors: dict[str, str] = {}
    command = None
    for label, entry in entries.items():
        if label == "command" and isinstance(entry, str):
            if not re.fullmatch("[a-z0-9_]{1,32}", entry):
                raise BundleError(f"{file}: command must be small letters, digits and _, such as 'mask'")
            command = entry
            continue
        if not isinstance(entry, dict):
            raise BundleError(f"{file}: [{label}] must be a table, such as [{label}.en]")
        for key, value in entry.items():
            if key == "color" and _is_color(value):
                colors[label] = value
            elif (
                isinstance(value, dict)
                and all(isinstance(text, str) for text in value.values())
                and set(value) <= {"name", "answer"}
            ):
                answers.setdefault(label, {})[key] = Words(
                    value.get("name", label.replace("_", " ")), value.get("answer")
                )
            else:
                raise BundleError(
                    f"{file}: [{label}] {key} must be a color such as '#2e7d32', or a table with name and answer"
                )
    return answers, colors, command


def _is_color(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ImageColor.getrgb(value))
    except ValueError:
        return False


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json`, with the SHA-256 of the model files that stand in the folder now."""
    hashes = {name: sha256(folder / name) for name in (PICKLE, ONNX) if (folder / name).is_file()}
    content = manifest.model_copy(update={"files": hashes}).model_dump(mode="json", exclude_none=True)
    (folder / MANIFEST).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
