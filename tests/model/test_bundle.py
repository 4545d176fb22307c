"""A bundle is opened only when it is whole and what its manifest says; every refusal is one clear sentence or two."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from model import Bundle, BundleError, Classifier
from model.answers import Words
from model.bundle import ANSWERS, MANIFEST, ONNX, PICKLE, SHIPPED, Mirror
from tests.bundles import make_bundle

WORDS = """
[with_mask]
color = "#2e7d32"
[with_mask.en]
name = "with a mask"
answer = "You wear a mask."
[with_mask.fr]
name = "avec un masque"
[without_mask.fr]
answer = "Pas de masque."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle", answers=WORDS)


def refusal(folder: Path, runtime: str = "auto") -> str:
    """What is said when a bundle cannot be opened: one line, which names the folder's path or the setting."""
    with pytest.raises(BundleError) as caught:
        Classifier.open(folder, runtime)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message or "MODEL_RUNTIME" in message
    return message


def change(folder: Path, **fields: Any) -> None:
    """Overwrite fields of a bundle's manifest; None takes one away."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    manifest = {name: value for name, value in {**manifest, **fields}.items() if value is not None}
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")


def test_a_good_bundle_opens(folder: Path) -> None:
    bundle = Bundle.open(str(folder))
    assert bundle.folder == folder
    assert bundle.manifest.labels == ["with_mask", "without_mask"]
    assert bundle.has(ONNX) and not bundle.has(PICKLE)


def test_a_bundle_may_name_the_command_that_asks_for_an_answer(folder: Path) -> None:
    assert Bundle.open(folder).command is None
    (folder / ANSWERS).write_text(f'command = "mask"\n{WORDS}', "utf-8")
    assert Bundle.open(folder).command == "mask"


def test_a_missing_folder_is_named_with_the_setting(tmp_path: Path) -> None:
    assert "MODEL_PATH" in refusal(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_named(folder: Path) -> None:
    assert "is not a folder" in refusal(folder / ONNX)


def test_a_folder_without_a_manifest_says_how_a_bundle_is_made(tmp_path: Path) -> None:
    assert "python -m training --data DIR" in refusal(tmp_path)


def test_a_learner_without_a_manifest_names_the_command_that_exports_it(tmp_path: Path) -> None:
    (tmp_path / PICKLE).write_bytes(b"pickled")
    assert f"python -m training.export {tmp_path / PICKLE}" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (None, None),
        (False, None),
        (True, Mirror(half_until=0.85, none_from=0.95)),
        ({"half_until": 0.5, "none_from": 0.6}, Mirror(half_until=0.5, none_from=0.6)),
    ],
)
def test_mirror_images_count_as_the_manifest_says_or_as_they_always_did(
    folder: Path, written: object, read: Mirror | None
) -> None:
    change(folder, mirror=written)
    assert Bundle.open(folder).manifest.mirror == read


def test_a_manifest_without_the_limits_for_faces_means_those_it_was_made_with(folder: Path) -> None:
    change(folder, faces={"find": True, "min_score": 0.2, "min_side": 8, "margin": 0.3})
    shipped = Bundle.open(SHIPPED).manifest.faces
    assert Bundle.open(folder).manifest.faces == shipped


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 1,', b"\xff\xfe", b"[]", b"null"])
def test_a_manifest_that_is_no_json_object_is_named(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    assert f"{folder / MANIFEST} cannot be read" in refusal(folder)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"format": 2}, "format"),
        ({"name": None}, "name"),
        ({"labels": ["one"]}, "labels"),
        ({"labels": "with_mask"}, "labels"),
        ({"labels": ["same", "same"]}, "a label is listed twice"),
        ({"input": None}, "input is missing"),
        ({"input": {"height": 0, "width": 32}}, "input.height"),
        ({"input": {"height": 32, "width": 32, "resize": "stretch"}}, "input.resize"),
        ({"input": {"height": 32, "width": 32, "std": [0.0, 1.0, 1.0]}}, "input.std.0"),
        ({"faces": None}, "faces"),
        ({"faces": {"find": True, "min_score": 2}}, "faces.min_score"),
        ({"faces": {"find": True, "no_face_from": 0}}, "faces.no_face_from"),
        ({"mirror": "often"}, "mirror"),
        ({"mirror": {"half_until": 0.9, "none_from": 0.9}}, "mirror: half_until must be below none_from"),
        ({"temperature": 0}, "temperature"),
        ({"sure_from": 80}, "sure_from"),
        ({"files": []}, "files"),
    ],
)
def test_a_wrong_field_of_the_manifest_is_named(folder: Path, fields: dict[str, Any], named: str) -> None:
    change(folder, **fields)
    assert f"cannot be read: {named}" in refusal(folder).replace("the file: ", "")


@pytest.mark.parametrize("name", [ONNX, PICKLE])
def test_a_changed_model_file_is_not_opened(folder: Path, name: str) -> None:
    files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    change(folder, files={**files, name: "0" * 64})
    (folder / name).write_bytes(b"something else")
    assert f"{folder / name} is not the file that {MANIFEST} describes" in refusal(folder)


def test_a_model_file_that_the_manifest_does_not_list_is_not_opened(folder: Path) -> None:
    (folder / PICKLE).write_bytes(b"dropped in from a notebook")
    message = refusal(folder)
    assert f"{folder / PICKLE} is not listed in {MANIFEST}" in message
    assert "python -m training.export" in message


def test_a_bundle_without_any_model_file_is_refused(folder: Path) -> None:
    (folder / ONNX).unlink()
    assert f"neither {ONNX} nor {PICKLE}" in refusal(folder)


def test_labels_that_the_network_has_no_outputs_for_are_refused(folder: Path) -> None:
    change(folder, labels=["cat", "dog", "horse"])
    assert "2 outputs but the manifest has 3 labels" in refusal(folder)


def test_a_network_that_is_garbage_is_refused(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / ONNX).write_bytes(b"garbage")
    change(folder, files={ONNX: hashlib.sha256(b"garbage").hexdigest()})
    assert f"{folder / ONNX} cannot be loaded" in refusal(folder)


def test_an_unknown_runtime_is_named_with_those_that_exist(folder: Path) -> None:
    assert refusal(folder, "torch") == "MODEL_RUNTIME='torch' is unknown: use auto, onnx or fastai."


def test_a_runtime_whose_file_is_missing_names_the_other(folder: Path) -> None:
    assert "MODEL_RUNTIME=onnx" in refusal(folder, "fastai")


def test_the_environment_names_bundle_and_runtime(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_PATH", str(folder))
    monkeypatch.setenv("MODEL_RUNTIME", "onnx")
    assert Classifier.open().bundle.folder == folder
    monkeypatch.setenv("MODEL_RUNTIME", "quick")
    with pytest.raises(BundleError, match="MODEL_RUNTIME='quick' is unknown"):
        Classifier.open()
    assert Classifier.open(runtime="onnx").runtime.name == "onnx"


def test_an_empty_setting_counts_as_unset(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.model_path.SHIPPED", folder)
    monkeypatch.setenv("MODEL_PATH", "")
    monkeypatch.setenv("MODEL_RUNTIME", "")
    assert Classifier.open().bundle.folder == folder


def test_words_fall_back_from_the_language_to_english_to_the_label(folder: Path) -> None:
    bundle = Bundle.open(folder)
    assert bundle.words("with_mask", "fr") == Words("avec un masque")
    assert bundle.words("with_mask", "de") == Words("with a mask", "You wear a mask.")
    assert bundle.words("without_mask", "fr") == Words("without mask", "Pas de masque.")
    assert bundle.words("without_mask", "en") == Words("without mask")
    assert bundle.words("never_heard_of", "fr") == Words("never heard of")
    assert bundle.colors == {"with_mask": "#2e7d32"}


def test_a_bundle_needs_no_words(tmp_path: Path) -> None:
    assert Bundle.open(make_bundle(tmp_path)).words("with_mask", "en") == Words("with mask")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[with_mask", "is not valid TOML"),
        (b"\xff\xfe", "is not valid TOML"),
        ('with_mask = "a mask"', r"\[with_mask\] must be a table"),
        ('[with_mask]\nen = "a mask"', r"\[with_mask\] en must be"),
        ("[with_mask.en]\nname = 3", r"\[with_mask\] en must be"),
        ('[with_mask.en]\nanwser = "a mask"', r"\[with_mask\] en must be"),
        ('command = "Two words"', "command must be lowercase letters"),
        ('[with_mask]\ncolor = "greenish"', r"\[with_mask\] color must be a color"),
        ("[with_mask]\ncolor = 3", r"\[with_mask\] color must be a color"),
    ],
)
def test_wrong_words_are_named(folder: Path, content: str | bytes, named: str) -> None:
    (folder / ANSWERS).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BundleError, match=named) as caught:
        Bundle.open(folder)
    assert str(folder / ANSWERS) in str(caught.value)


def test_a_file_that_may_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: Path, *_: object) -> bytes:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert f"{folder / MANIFEST} cannot be read (Permission denied)" in refusal(folder)
