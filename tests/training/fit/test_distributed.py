"""Two processes train as one would: the same weights, one voice, one bundle; and a run tells people and the hub."""

import base64
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from model.bundle import ANSWERS, CARD, MANIFEST, ONNX, PICKLE
from model.classifier import Classifier
from tests.hub import SOMEBODY, Hub
from tests.training.callbacks.learners import make_learner
from tests.training.callbacks.service import Service
from tests.training.callbacks.test_checkpoint import assert_same
from tests.training.shapes import LABELS, save_shapes, shape_photo
from training.__main__ import app
from training.callbacks.messenger import VARIABLE
from training.report.pictures import CONFUSION

ROOT = Path(__file__).parents[3]
REPO = f"{SOMEBODY}/shapes"
SECRET, OTHER_SECRET = "5ecretfromtheoption", "5ecretfromtheenvironment"
LAUNCH = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1"]
LAUNCH += ["--mixed_precision=no", "--main_process_port=0"]
ON_PROCESSORS = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
FORK = """
import os, runpy, sys
import accelerate, training.fit.distributed, tests.training.callbacks.learners  # once, for both processes
from torch.multiprocessing import start_processes

def run(rank):
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank))
    runpy.run_path(sys.argv[1])

start_processes(run, nprocs=2, start_method="fork")
"""
TOGETHER = """
import json, random
from training.fit.distributed import go_on_alone, share_of, silence_all_but_first, trained_together
from tests.training.callbacks.learners import make_learner

silence_all_but_first()
learner = make_learner(items=32, batch=share_of(8))
learner.dls.train.rng = random.Random(5)
with trained_together(learner), learner.no_bar(), learner.no_logging():
    learner.fit(4, 0.01)
print(json.dumps({
    "weights": [parameter.flatten().tolist() for parameter in learner.model.parameters()],
    "figures": [list(row)[1:] for row in learner.recorder.values],
}))
go_on_alone()
with learner.no_bar():
    predictions, _ = learner.get_preds()
print(len(predictions))
"""

BROKEN_OFF = """
import os, random, signal, sys
from pathlib import Path
import torch
from fastai.callback.core import Callback
from fastai.torch_core import set_seed
from tests.training.callbacks.learners import make_learner
from training.callbacks.checkpoint import Checkpoints, Resume, read_checkpoint
from training.callbacks.best_model import StopOnNaN
from training.callbacks.distributed import is_first
from training.fit.distributed import in_company, share_of, silence_all_but_first, trained_together

class Noise(Callback):
    def before_batch(self):
        if self.training:
            self.learn.xb = (self.x + torch.rand_like(self.x) / 2,)

class Kill(Callback):
    order = 90
    def after_batch(self):
        if self.training and self.train_iter == 6:
            os.kill(os.getpid(), signal.SIGKILL)

class Spoil(Callback):
    def after_loss(self):
        if self.training and self.train_iter == 6:
            self.learn.loss = self.loss * float("nan")

def fit(folder, *callbacks):
    set_seed(0 if is_first() else 1)  # each draws noise of its own
    learner = make_learner(items=32, batch=share_of(8))
    learner.dls.train.rng = random.Random(5)
    with trained_together(learner), learner.no_bar(), learner.no_logging():
        learner.fit(3, 0.05, cbs=[Noise(), Checkpoints(folder), Resume(folder), *callbacks])

silence_all_but_first()
with in_company():
    if sys.argv[2] == "until it is killed":
        fit("whole")
        fit("broken", *([] if is_first() else [Kill()]))
    print("goes on after", read_checkpoint(Path("broken"), {})["epoch"], "epoch")
    fit("broken")
    stop = StopOnNaN()
    fit("spoiled", stop, *([] if is_first() else [Spoil()]))
print(stop.problem)
"""


def launched(folder: Path, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    own = {"PYTHONPATH": str(ROOT), **ON_PROCESSORS, "HF_HOME": str(folder / "hf"), **environment}
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **own}, text=True, capture_output=True, timeout=200, check=False
    )


def forked(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A script in two processes, with what `accelerate launch` sets for each, and in a third of its time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    meeting = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return launched(folder, sys.executable, "-c", FORK, *arguments, **meeting)


def printed_by(result: "subprocess.CompletedProcess[str]") -> str:
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_two_processes_learn_what_one_learns_with_the_same_batches(tmp_path: Path) -> None:
    (tmp_path / "together.py").write_text(TOGETHER, "utf-8")
    printed = printed_by(forked(tmp_path, "together.py")).splitlines()
    assert len(printed) == 2  # the other process is silent, and gone at the end
    together: dict[str, Any] = json.loads(printed[0])
    assert printed[1] == "8"

    alone = make_learner(items=32, batch=8)
    before = [parameter.detach().flatten().tolist() for parameter in alone.model.parameters()]
    alone.dls.train.rng = random.Random(5)
    shuffled = alone.dls.train.get_idxs

    def halves_side_by_side() -> list[int]:
        """Each batch: four of the first process's half of the items, and four of the other's."""
        items = list(shuffled())
        return [
            item for start in range(0, 16, 4) for half in (items[:16], items[16:]) for item in half[start : start + 4]
        ]

    alone.dls.train.get_idxs = halves_side_by_side
    with alone.no_bar(), alone.no_logging():
        alone.fit(4, 0.01)
    for parameter, both, first in zip(alone.model.parameters(), together["weights"], before, strict=True):
        np.testing.assert_allclose(both, parameter.detach().flatten(), atol=1e-4)
        assert np.abs(np.subtract(both, first)).max() > 0.01  # it has learned
    np.testing.assert_allclose(together["figures"], [list(row)[1:] for row in alone.recorder.values], atol=1e-4)


def test_two_processes_of_which_one_was_killed_go_on_to_the_same_result(tmp_path: Path) -> None:
    (tmp_path / "broken_off.py").write_text(BROKEN_OFF, "utf-8")
    killed = forked(tmp_path, "broken_off.py", "until it is killed")
    assert killed.returncode and "SIGKILL" in killed.stderr
    printed = printed_by(forked(tmp_path, "broken_off.py", "to the end"))
    assert "goes on after 1 epoch" in printed
    assert_same(tmp_path / "broken", tmp_path / "whole")
    assert "in epoch 1 at step 3 of 4" in printed, "a NaN loss in one of them stops both"


@dataclass(frozen=True)
class Run:
    folder: Path
    output: str
    hub: Hub
    messages: list[dict[str, Any]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The command in two processes, which sends messages and pushes to the hub."""
    folder = tmp_path_factory.mktemp("run")
    save_shapes(folder / "photos")
    with Hub() as hub, Service() as service, Service() as other:
        environment = hub.environment(folder / "cache") | {VARIABLE: f"json://user:{OTHER_SECRET}@{other.address}"}
        options = (
            "--data photos --faces no --no-pretrained --arch test_resnet --size 64 --epochs 2 --lr 0.01 --name Shapes"
        )
        telling = f"--notify json://{service.address}/{SECRET} --notify-every 2 --push-to-hub {REPO} --push-every epoch"
        arguments = ["-m", "training", *options.split(), *telling.split(), "--push-checkpoints", "--run", "runs/one"]
        output = printed_by(launched(folder, *LAUNCH, *arguments, **environment))
        assert len(other.requests) == len(service.requests)
        assert {request.path for request in service.requests} == {f"/{SECRET}"}
        yield Run(folder, output, hub, [json.loads(request.body) for request in service.requests])


def test_the_command_in_two_processes_writes_one_bundle_and_says_everything_once(run: Run) -> None:
    assert {file.name for file in (run.folder / "bundle").iterdir()} == {
        PICKLE,
        ONNX,
        MANIFEST,
        ANSWERS,
        CARD,
        CONFUSION,
    }
    assert {file.name for file in run.folder.iterdir()} - {"hf"} == {"photos", "bundle", "runs"}
    for line in (
        "24 photos: 12 circle, 12 square",
        "Accuracy on the test photos:",
        "Wrote bundle in",
        "MODEL_PATH=hf://",
    ):
        assert run.output.count(line) == 1
    assert len([line for line in run.output.splitlines() if line.strip()[:2] in ("0 ", "1 ", "2 ")]) == 3
    assert "nan" not in run.output, "a share of the photos may be smaller than a share of a batch"
    answer = Classifier.open(run.folder / "bundle").predict(shape_photo("circle", 1000))
    assert answer.label in LABELS


def test_people_are_told_once_from_the_start_to_the_end(run: Run) -> None:
    started, second, finished = run.messages
    assert started["title"] == "Shapes: started"
    assert started["message"].startswith("From photos to bundle.\nOn ")
    assert ", 2 processes.\n" in started["message"] and "; 3 epochs to train, about" in started["message"]
    assert second["title"] == "Shapes: epoch 2 of 3"
    assert finished["title"].startswith("Shapes: finished after")
    assert finished["message"].startswith("Accuracy on the test photos: ") and "error_rate" in finished["message"]
    assert base64.b64decode(finished["attachments"][0]["base64"]).startswith(b"\x89PNG")


def test_the_hub_gets_what_is_trained_so_far_and_then_the_bundle_with_its_card(run: Run) -> None:
    commits = run.hub.repositories[REPO].commits[1:]
    assert (commits[0].title, commits[-1].title) == ("Epoch 1 of 3", "Trained")
    assert {PICKLE, ONNX, MANIFEST, ANSWERS, CARD} <= set(commits[0].files)
    card = commits[-1].files[CARD].decode()
    assert "library_name: fastai" in card and "value: 0." in card and "\n# Shapes\n" in card
    for name in (PICKLE, ONNX, MANIFEST, ANSWERS):
        assert commits[-1].files[name] == (run.folder / "bundle" / name).read_bytes()
    assert commits[-1].files["checkpoints/last.pth"] == (run.folder / "runs/one/last.pth").read_bytes()
    assert "checkpoints/options.yaml" in commits[-1].files
    assert not any(name.startswith("checkpoints/") and name.endswith(".png") for name in commits[-1].files)


def test_passwords_are_nowhere(run: Run) -> None:
    everything = [file.read_bytes() for file in run.folder.rglob("*") if file.is_file()]
    everything += [content for commit in run.hub.repositories[REPO].commits for content in commit.files.values()]
    everything += [run.output.encode(), json.dumps(run.messages).encode()]
    assert len(everything) > 40
    for secret in (SECRET, OTHER_SECRET):
        assert not any(secret.encode() in content for content in everything)


def test_a_run_that_cannot_begin_is_told_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Service() as service:
        result = CliRunner().invoke(app, ["--data", "nowhere", "--notify", f"json://{service.address}"])
    assert result.exit_code == 1
    (failed,) = (json.loads(request.body) for request in service.requests)
    assert failed["title"].startswith("Training: failed after")
    assert failed["message"] == result.output.strip()
    assert failed["message"].startswith("Error: nowhere is not a folder")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--notify", f"tgram://{SECRET}"], "Error: Address 1 of 1 is not one that Apprise can send to"),
        (["--notify", "@nowhere"], "Error: The file of addresses nowhere cannot be read (No such file or directory)."),
        (["--push-to-hub", "a b"], "Error: 'a b' is not a repository name; write USER/REPO."),
        (["--push-every", "often"], "'often' is not epoch, end or a number of steps."),
    ],
)
def test_what_is_in_the_way_of_telling_is_said_before_anything_is_read(arguments: list[str], line: str) -> None:
    result = CliRunner().invoke(app, ["--data", "nowhere", *arguments])
    assert result.exit_code in (1, 2) and SECRET not in result.output
    assert line in " ".join(result.output.replace("│", " ").split())
