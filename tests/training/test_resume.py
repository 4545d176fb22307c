"""A training that was killed goes on by `--resume`, and ends as if nothing had happened."""

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from model.bundle import ONNX
from tests.training.callbacks.test_checkpoint import assert_same
from tests.training.shapes import save_shapes
from training.__main__ import app
from training.callbacks.checkpoint import read_checkpoint

ROOT = Path(__file__).parents[2]
QUICK = [
    "--no-pretrained",
    "--arch",
    "test_resnet",
    "--size",
    "32",
    "--batch-size",
    "4",
    "--lr",
    "0.01",
    "--faces",
    "no",
    "--no-tensorboard",
    "--valid",
    "0.25",
]
WAIT = """
import time
from pathlib import Path

epochs = 0

def right(probabilities, labels):
    global epochs
    epochs += len(labels) != 4  # the made-up answers before the training
    if epochs == 3 and Path("wait").exists():
        Path("waiting").touch()
        time.sleep(600)
    return float((probabilities.argmax(1) == labels).mean())
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to run the command in, with photos and a metric that waits in the third epoch if a file says so."""
    folder, before, threads = tmp_path_factory.mktemp("place"), Path.cwd(), torch.get_num_threads()
    save_shapes(folder / "photos", each=15)
    (folder / "waiting_metric.py").write_text(WAIT, "utf-8")
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    torch.set_num_threads(1)
    yield folder
    torch.set_num_threads(threads)
    sys.path.remove(str(folder))
    os.chdir(before)


def train(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def killed(folder: Path, *arguments: str) -> None:
    """Run the command until it waits, and kill it as a machine does that runs out of memory."""
    (folder / "wait").touch()
    with subprocess.Popen(
        [sys.executable, "-m", "training", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            deadline = time.monotonic() + 400
            while not (folder / "waiting").exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            process.kill()
    assert process.returncode == -9
    (folder / "wait").unlink()


def history(run: Path) -> list[dict[str, str]]:
    with (run / "history.csv").open(encoding="utf-8") as file:
        return [{name: value for name, value in row.items() if name != "time"} for row in csv.DictReader(file)]


def test_a_killed_run_goes_on_to_the_same_result_and_then_further(place: Path) -> None:
    metric = ["--metric", "waiting_metric:right", "--monitor", "right"]
    start = ["--data", "photos", *QUICK, *metric, "--epochs", "4", "--save-every", "4"]
    train(*start, "--run", "runs/whole", "--out", "whole")
    assert len(history(place / "runs/whole")) == 5

    killed(place, "--config", "runs/whole/options.yaml", "--run", "runs/killed", "--out", "killed")
    kept = read_checkpoint(place / "runs/killed", {})
    assert kept and kept["epoch"] == 2 and kept["batch"] > 0, "it was killed in the middle of the third epoch"
    assert len(history(place / "runs/killed")) == 2
    assert not (place / "killed").exists()

    train("--resume", "--run", "runs/killed")
    assert_same(place / "runs/killed", place / "runs/whole")
    assert history(place / "runs/killed") == history(place / "runs/whole")
    assert (place / "killed" / ONNX).read_bytes() == (place / "whole" / ONNX).read_bytes()
    assert "right" in history(place / "runs/killed")[0]

    page = (place / "runs/killed/report.html").read_text("utf-8")
    for part in (
        "How it was trained",
        "By label",
        "Training data",
        "Duration",
        "waiting_metric:right",
    ):
        assert part in page
    assert re.search(r"<!-- 20(\.0)? -->", page), "the curves reach over all the steps"
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page), "it needs no other file"

    output = train("--resume", "--epochs", "5")
    assert "The run's folder is runs/killed" in output, "the last one that was begun or gone on with"
    assert [row["epoch"] for row in history(place / "runs/killed")] == ["0", "1", "2", "3", "4", "5"]
    assert history(place / "runs/killed")[:5] == history(place / "runs/whole")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--resume", "--run", "runs/never"], "runs/never holds no run to resume"),
        (["--config", "none.yaml"], "none.yaml cannot be read: No such file or directory."),
    ],
)
def test_what_is_not_there_cannot_be_gone_on_with(arguments: list[str], line: str, place: Path) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert line in " ".join(result.output.replace("│", " ").split())
