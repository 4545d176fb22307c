"""An export of the operator's chat becomes class folders: what people gave, once each, and nothing from elsewhere."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from training.data.layouts import find_photos
from training.feedback import main

Json = dict[str, Any]


def photo(color: str, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(file, kind)
    return file.getvalue()


class Export:
    """A folder as Telegram Desktop exports a chat to."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.messages: list[Json] = [{"id": 1, "type": "service", "action": "create_group", "text": ""}]
        (folder / "photos").mkdir(parents=True)

    def add(self, caption: Any, data: bytes | None = None, path: str | None = None, key: str = "photo") -> str:
        number = len(self.messages) + 1
        path = path or f"photos/photo_{number}@21-11-2026_08-00-00.jpg"
        if data is not None:
            (self.folder / path).write_bytes(data)
        named = {"id": number, "type": "message", "from": "Mask bot", "from_id": "user7", key: path, "text": caption}
        self.messages.append(named)
        return path

    def write(self, **more: Any) -> Path:
        chat = {"name": "Operator", "type": "personal_chat", "id": 9, "messages": self.messages}
        (self.folder / "result.json").write_text(json.dumps(more or chat, ensure_ascii=False), "utf-8")
        return self.folder


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "export")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "given"


@dataclass
class Result:
    """What the command printed, and the error it ended with; empty when it went well."""

    stdout: str
    error: str

    @property
    def reasons(self) -> list[str]:
        lines = self.stdout.splitlines()
        return [line.removeprefix("left out: ") for line in lines if line.startswith("left out: ")]


def run(export: Path, out: Path) -> Result:
    error, printed = "", io.StringIO()
    with redirect_stdout(printed):
        try:
            main(export, out)
        except SystemExit as end:
            error = str(end.code)
    return Result(printed.getvalue(), error)


def folders(out: Path) -> dict[str, int]:
    """How many files each folder holds."""
    return {folder.name: len(list(folder.iterdir())) for folder in out.iterdir()}


def test_photos_go_to_the_folder_of_their_label_ready_to_be_trained_from(export: Export, out: Path) -> None:
    export.add("label: with_mask\nanswer: without_mask", photo("red"))
    export.add(["label: ", {"type": "link", "text": "no_face"}, "\nanswer: with_mask"], photo("green"))
    export.add("label: très chat 🐈", photo("blue", "PNG"), "photos/file.png", key="file")
    export.add("just a photo of mine", photo("white"))
    export.messages.append({"id": 99, "type": "message", "text": "label: with_mask"})
    result = run(export.write(), out)
    assert not result.error and not result.reasons
    assert folders(out) == {"with_mask": 1, "no_face": 1, "très chat 🐈": 1}
    assert "3 new photos" in result.stdout
    assert {(file.suffix, label) for file, label in find_photos([out]).photos} == {
        (".jpg", "with_mask"),
        (".jpg", "no_face"),
        (".png", "très chat 🐈"),
    }
    assert next((out / "with_mask").iterdir()).read_bytes() == photo("red")


def test_a_photo_comes_in_once_however_often_it_was_given_or_exported(export: Export, out: Path) -> None:
    first = export.add("label: a", photo("red"))
    again = export.add("label: a", photo("red"))
    export.add("label: a", photo("blue"))
    assert run(export.write(), out).reasons == [f"{again}: the same photo as {first}"]
    (out / "b").mkdir()
    moved = next((out / "a").iterdir())
    moved.rename(out / "b" / moved.name)  # the operator knows better
    new = export.add("label: b", photo("green"))
    result = run(export.write(), out)
    assert "1 new photos" in result.stdout and sum("already" in reason for reason in result.reasons) == 2
    assert folders(out) == {"a": 1, "b": 2} and new not in result.stdout


def test_a_photo_that_people_disagree_about_is_left_out(export: Export, out: Path) -> None:
    export.add("label: a", photo("red"))
    export.add("label: b", photo("red"))
    export.add("label: b", photo("blue"))
    result = run(export.write(), out)
    assert folders(out) == {"b": 1}
    assert sum("several labels" in reason for reason in result.reasons) == 2


def test_what_cannot_be_used_is_named_with_the_reason(export: Export, out: Path) -> None:
    export.add("label: a", photo("red"))
    export.add("label: a", path="(File not included. Change data exporting settings to download.)")
    export.add("label: a", path="photos/lost.jpg")
    export.add("label: a", b"no photo at all", "photos/broken.jpg")
    export.add("label: a", photo("blue")[:200], "photos/cut.jpg")
    export.add("label: a", path="photos/\0.jpg")
    result = run(export.write(), out)
    said = "\n".join(result.reasons)
    for reason in ["tick Photos", "lost.jpg: is not there", "broken.jpg: ", "cut.jpg: ", "null byte"]:
        assert reason in said
    assert folders(out) == {"a": 1}


@pytest.mark.parametrize("path", ["../secret.jpg", "photos/../../secret.jpg", "{absolute}", "photos/link.jpg"])
def test_no_path_leads_out_of_the_export(export: Export, out: Path, tmp_path: Path, path: str) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(photo("black"))
    (export.folder / "photos" / "link.jpg").symlink_to(secret)
    export.add("label: a", path=path.format(absolute=secret))
    result = run(export.write(), out)
    assert [reason.endswith("lies outside the export") for reason in result.reasons] == [True]
    assert not out.exists()


@pytest.mark.parametrize("label", ["..", "../a", "/tmp/a", ".hidden", "a/b", "a\\b", "a\x07b", "x" * 101])
def test_no_label_leads_out_of_the_class_folders(export: Export, out: Path, label: str) -> None:
    export.add(f"label: {label}", photo("red"))
    result = run(export.write(), out)
    assert "cannot be the name of a folder" in result.stdout and not out.exists()


def test_a_whole_account_s_export_is_read_too(export: Export, out: Path) -> None:
    export.add("label: a", photo("red"))
    export.write(about="", chats={"about": "", "list": [{"messages": []}, {"messages": export.messages}]})
    assert not run(export.folder, out).error
    assert folders(out) == {"a": 1}


@pytest.mark.parametrize("content", ["", "[]", "7", "{}", '{"messages": 3}', '{"chats": {"list": [4]}}', "[" * 100_000])
def test_a_damaged_export_costs_one_sentence(export: Export, out: Path, content: str) -> None:
    (export.folder / "result.json").write_text(content)
    result = run(export.folder, out)
    assert "\n" not in result.error and "JSON" in result.error


def test_an_export_as_web_pages_says_how_to_export_again(export: Export, out: Path) -> None:
    (export.folder / "messages.html").write_text("<html>")
    result = run(export.folder, out)
    assert "web pages" in result.error and "Machine-readable JSON" in result.error


def test_the_command_ends_with_one_line_and_no_traceback(export: Export, out: Path) -> None:
    command = [sys.executable, "-m", "training.feedback", str(export.folder), "--out", str(out)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 1 and result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1


def test_another_chat_s_export_and_a_folder_that_is_none_are_told(export: Export, out: Path, tmp_path: Path) -> None:
    export.add("holiday", photo("red"))
    assert "OPERATOR_CHAT_ID" in run(export.write(), out).error
    assert "holds no result.json" in run(tmp_path / "nowhere", out).error
    assert not out.exists()
