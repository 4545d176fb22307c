"""A small folder with wrong labels in it, and the command that shows them."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from tests.training.shapes import save_shapes, shape_photo

ROOT = Path(__file__).parents[3]
ARCH = "test_resnet"
WRONG = ["circle/wrong_1.jpg", "circle/wrong_2.jpg", "square/wrong.jpg"]
Clean = Callable[..., str]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights, which tell red circles from blue squares well enough."""
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / f"{ARCH}.safetensors"
    save_file(timm.create_model(ARCH, pretrained=False).state_dict(), file)
    return file


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Circles and squares; three have the other's label, one stands under both, one cannot be read."""
    folder = tmp_path / "photos"
    save_shapes(folder, each=14)
    for seed, name in enumerate(WRONG):
        other = "circle" if name.startswith("square") else "square"
        shape_photo(other, 100 + seed).save(folder / name, quality=92)
    (folder / "circle" / "twin.jpg").write_bytes((folder / "square" / "00.jpg").read_bytes())
    (folder / "circle" / "broken.jpg").write_bytes((folder / "circle" / "01.jpg").read_bytes()[:300])
    return folder


@pytest.fixture
def clean(weights: Path, tmp_path: Path) -> Iterator[Clean]:
    """Runs the command in another folder than the repository's until the page is there; gives its address."""
    running: list[subprocess.Popen[str]] = []

    def start(folder: Path, *options: str) -> str:
        command = [
            sys.executable,
            "-m",
            "training.clean",
            str(folder),
            "--arch",
            ARCH,
            "--weights",
            str(weights),
            *options,
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        running.append(process)
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"Open (http://127\.0\.0\.1:\d+)", line):
                return found[1]
        raise AssertionError(said)

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=60)
