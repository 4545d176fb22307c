"""What an import costs is told of the package that takes it, and of no other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.imports import grouped, tell

ROOT = Path(__file__).parents[2]


def costs_of(folder: Path, room: str) -> dict[str, list[float]]:
    """What `benchmarks.loading` measures of a program in that folder."""
    command = [sys.executable, "-m", "benchmarks.loading", room, str(folder / "costs.json")]
    paths = {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    subprocess.run(command, cwd=folder, env=os.environ | paths, check=True, timeout=60)
    costs: dict[str, list[float]] = json.loads((folder / "costs.json").read_text("utf-8"))
    return costs


def test_each_package_has_its_own_seconds_and_memory_and_not_those_of_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "light.py").write_text("import heavy\nimport busy.inside\n", "utf-8")
    (tmp_path / "heavy.py").write_text("held = bytearray(b'.' * 50_000_000)\n", "utf-8")
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "__init__.py").touch()
    work = "import time\nbegan = time.thread_time()\nwhile time.thread_time() < began + 0.2: pass\n"
    (tmp_path / "busy" / "inside.py").write_text(work, "utf-8")
    (tmp_path / "program.py").write_text(
        "import sys, light\nfrom threading import Thread\nthread = Thread(target=__import__, args=('later',))\n"
        "thread.start(); thread.join(); sys.exit(0)\n",
        "utf-8",
    )
    (tmp_path / "later.py").write_text("held = bytearray(b'.' * 30_000_000)\n", "utf-8")
    costs = costs_of(tmp_path, "program")
    assert {"light", "heavy", "busy", "later"} <= costs.keys()
    assert costs["heavy"][1] > 45e6 and costs["later"][1] > 25e6
    assert costs["light"][1] < 10e6 and costs["busy"][1] < 10e6
    assert costs["busy"][0] >= 0.2 > costs["light"][0]


def test_the_standard_library_is_one_and_so_is_this_repository(capsys: pytest.CaptureFixture[str]) -> None:
    costs = {
        "bot": [0.1, 2**20],
        "model": [0.1, 2**20],
        "json": [0.0, 2**19],
        "ssl": [0.3, 2**20],
        "numpy": [0.5, 2**24],
    }
    together = grouped(costs)
    assert list(together) == ["numpy", "the standard library", "this repository"]
    assert together["this repository"] == [0.2, 2**21]
    tell("bot", together, shown=1)
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "python -m bot imports numpy 500 ms of CPU time, 16.0 MB",
        "python -m bot imports 2 others 500 ms of CPU time, 3.5 MB",
        "python -m bot imports in total 1,000 ms of CPU time, 19.5 MB",
    ]
