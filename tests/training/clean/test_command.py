"""What `python -m training.clean` cannot do is said in one sentence, and nothing is written."""

import socket
import zipfile
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from tests.training.shapes import save_shapes
from training.clean.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "Error: nowhere is not a folder."),
        (
            ["photos.zip"],
            "Error: photos.zip is an archive, whose photos cannot be moved: unpack it, and name the folder.",
        ),
        (
            ["photos/circle"],
            "Error: All photos have the same label, 'circle': at least two folders (labels) are needed.",
        ),
        (["photos", "--label-from", "(["], "Error: --label-from '([' is not a valid regular expression: "),
        (["photos", "--weights", "none.pth"], "Error: --weights none.pth: there is no such file."),
        (["photos", "--labels", "none.csv"], "Error: none.csv cannot be read as a table: "),
        (
            ["photos", "--port", "TAKEN"],
            "Error: --port TAKEN cannot be listened on: Address already in use; choose another.",
        ),
        (["photos", "--undo"], "Put back 0 files."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = save_shapes(Path("photos"), each=3)
    zipfile.ZipFile("photos.zip", "w").close()
    app = Typer()
    app.command()(main)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = [port if word == "TAKEN" else word for word in arguments]
        result = CliRunner().invoke(app, [*words, "--faces", "no", "--cache", "cache"])
    assert result.output.strip().splitlines()[-1].startswith(sentence.replace("TAKEN", port))
    assert sorted(file for file in Path("photos").rglob("*") if file.is_file()) == sorted(files)
