"""`python -m benchmarks`: what is measured stands in docs/ and in the README, and what was measured before stays there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.fresh import strangers
from benchmarks.summary import BEGIN, END

ROOT = Path(__file__).parents[2]


def benchmarks(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks", *arguments]
    paths = {"PYTHONPATH": str(ROOT), "MODEL_PATH": str(ROOT / "model" / "face_masks")}
    return subprocess.run(
        command, cwd=folder, env=os.environ | paths, capture_output=True, text=True, timeout=300, check=False
    )


def test_one_benchmark_is_measured_anew_and_the_others_keep_their_figures(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"# Here\n{BEGIN}\n{END}\n", "utf-8")
    (tmp_path / "docs").mkdir()
    kept = {"what": "slug, packed", "value": 136.0, "unit": "MB", "note": "so far"}
    old = {"title": "Weight", "command": "python -m benchmarks.slug", "failed": False, "figures": [kept]}
    (tmp_path / "docs" / "bench.json").write_text(json.dumps([old]), "utf-8")
    ended = benchmarks(tmp_path, "flat", "--photos", "20")
    assert ended.returncode == 0, ended.stderr
    weight, flat = json.loads((tmp_path / "docs" / "bench.json").read_text("utf-8"))
    assert weight == old
    assert flat["command"] == "python -m benchmarks.flat --photos 20"
    assert len(flat["figures"]) == 11 and 0 <= flat["others"] <= 1
    readme = (tmp_path / "README.md").read_text("utf-8")
    assert "| slug, packed | 136 MB; so far |  | `slug` |" in readme and "grew in 20 photos" in readme
    tables = (tmp_path / "docs" / "bench.md").read_text("utf-8")
    assert "slug, packed" in tables and "Other programs used up to" in tables
    assert (tmp_path / "docs" / "bench.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "there is no benchmark nosuch here; there are photo, network"),
        (["train"], "say which photos to train with: --train DIR"),
        (["photo", "network"], "`make bench` does that"),
        ([], "`make bench` does that"),
        (["flat"], "The README lacks the marks of the table"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_before_anything_is_measured(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "README.md").write_text("# No table\n", "utf-8")
    ended = benchmarks(tmp_path, *arguments)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: ") and said in ended.stderr and ended.stderr.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["README.md"]


def test_where_the_photos_to_train_with_lie_is_not_written_down(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"{BEGIN}\n{END}\n", "utf-8")
    ended = benchmarks(tmp_path, "train", "--train", f"{tmp_path / 'my photos'} --no-stock".replace(" ph", "\\ ph"))
    assert ended.returncode == 1
    assert "does not exist" in ended.stderr and "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1] == "Error: these broke off: python -m benchmarks.train DIR"
    written = [file.read_text("utf-8") for file in (tmp_path / "docs").iterdir() if file.suffix != ".png"]
    assert len(written) == 2 and all("my photos" not in text and str(tmp_path) not in text for text in written)


def test_a_stranger_has_none_of_the_settings_that_are_set_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_TOKEN", "WEBHOOK_URL", "MODEL_PATH", "PYTHONPATH", "MAKEFLAGS"):
        monkeypatch.setenv(name, "set")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    assert {"TELEGRAM_TOKEN", "WEBHOOK_URL", "MODEL_PATH", "PYTHONPATH", "MAKEFLAGS"}.isdisjoint(strangers())
    assert strangers()["HTTPS_PROXY"] == "http://proxy.example"
