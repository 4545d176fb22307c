"""The notebook runs from top to bottom on somebody's photos, and the bundle it wrote answers."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from model.classifier import Classifier
from tests.training.shapes import LABELS, save_shapes, shape_photo
from training.callbacks.csv_logger import read_history

NOTEBOOK = Path(__file__).parents[2] / "training" / "train.ipynb"


def test_the_notebook_trains_a_bundle_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_shapes(tmp_path / "photos", each=8)
    settings = {"ARCH": "test_resnet", "WEIGHTS": "none", "SIZE": "32", "EPOCHS": "1", "BATCH_SIZE": "8", "FACES": "no"}
    places = {
        "DATA": tmp_path / "photos",
        "OUT": tmp_path / "bundle",
        "CACHE": tmp_path / "cache",
        "RUN": tmp_path / "run",
    }
    for name, value in {**settings, **places, "IPYTHONDIR": tmp_path / "ipython", "OMP_NUM_THREADS": 1}.items():
        monkeypatch.setenv(name, str(value))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=560, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 5  # photos, a batch, the losses, the confusion matrix, the top losses
    text = "".join(output.get("text", "") for output in outputs)
    assert "Both models agree" in text and "python -m bot --local" in text
    assert {file.name for file in (tmp_path / "run").iterdir()} == {
        "last.pth",
        "best.pth",
        "history.csv",
        "evaluation",
    }
    [*_, last] = read_history(tmp_path / "run" / "history.csv")
    assert last["epoch"] == "1" and 0 <= float(last["worst_label"]) <= 1
    assert Classifier.open(tmp_path / "bundle").predict(shape_photo("circle", 50)).label in LABELS


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert cells and all(not cell.outputs and cell.execution_count is None for cell in cells)
