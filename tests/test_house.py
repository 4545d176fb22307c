"""Who may import whom: read off every file, so that a shortcut between two rooms fails here."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("bot", "model", "training", "web", "localchat")
ALLOWED = {"bot": {"model"}, "web": {"model"}, "training": {"model"}, "model": set(), "localchat": set()}
STARTERS = {  # what only the file that starts a room may import
    Path("bot/__main__.py"): {"localchat"},  # for --local
    Path("web/__main__.py"): {"bot"},  # for WEBHOOK_URL
}
HEAVY = {"fastai", "fastcore", "torch", "torchvision", "timm"}
TAKEN_IF_THERE = {"tornado", "watchfiles"}  # by python-telegram-bot and by uvicorn; requirements.txt installs neither
LEARNER = Path("model/runtimes/fastai.py")  # the one file outside of training that runs a fastai learner
FILES = sorted(file.relative_to(ROOT) for room in ROOMS for file in (ROOT / room).rglob("*.py"))

FOLDERS = {f"training.{folder.name}" for folder in (ROOT / "training").iterdir() if (folder / "__init__.py").is_file()}
COMMAND = {f"training.{file.stem}" for file in FILES if file.parent == Path("training")} - {
    "training.requirements",
    "training.run_folder",
}
FORBIDDEN: dict[str, set[str]] = {  # what the files of a folder may not import, though other files of their room may
    **{folder.replace(".", "/"): COMMAND for folder in FOLDERS},
    "training/callbacks": COMMAND | FOLDERS - {"training.callbacks"},  # they work with any learner
    "training/data": COMMAND | FOLDERS - {"training.data"} | HEAVY,  # it knows no network
    "bot/telegram": {"bot.app", "bot.handlers", "bot.queue", "bot.reply"},
    "bot/queue": {"bot.app", "bot.handlers", "bot.reply", "bot.telegram"},
    "bot/reply": {"bot.app", "bot.handlers", "bot.queue", "bot.telegram"},
    "bot/handlers": {"bot.app"},
}
PICTURES = {"fastai.data.transforms", "fastai.vision.augment", "fastai.vision.core"}  # what of fastai has no network


def imported(file: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, anywhere in it, with the line."""
    package = file.parent.parts
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *([node.module] if node.module else [])))
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            name = node.args[0]
            yield (str(name.value) if isinstance(name, ast.Constant) else "anything at all"), node.lineno


def broken_rules(file: Path) -> list[str]:
    room, folder = file.parts[0], "/".join(file.parts[:2])
    allowed = {room, *ALLOWED[room], *STARTERS.get(file, set())}
    wrong = []
    for module, line in imported(file):
        top = module.split(".")[0]
        if top in {*ROOMS, "tests", "benchmarks"} and top not in allowed:
            wrong.append(f"{file}:{line}: {room} may not import {module}")
        if top in HEAVY and room != "training" and file != LEARNER:
            wrong.append(f"{file}:{line}: {module} belongs to training/ and {LEARNER}")
        if within(module, FORBIDDEN.get(folder, set())) and not within(module, PICTURES):
            wrong.append(f"{file}:{line}: {folder}/ may not import {module}")
    return wrong


def within(module: str, packages: set[str]) -> bool:
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def test_the_rooms_are_there_to_be_read() -> None:
    assert {file.parts[0] for file in FILES} >= set(ROOMS)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_file_imports_what_its_room_may_not_know(file: Path) -> None:
    assert broken_rules(file) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("model/classifier.py", "import bot.reply.languages"),
        ("model/classifier.py", "from training import rules"),
        ("model/classifier.py", "def late():\n    import torch.nn"),
        ("model/classifier.py", "from ..localchat import page"),
        ("web/app.py", "from bot import app"),
        ("bot/app.py", "import localchat.app"),
        ("bot/app.py", "import importlib\nimportlib.import_module('timm')"),
        ("bot/telegram/send.py", "from bot import handlers"),
        ("bot/telegram/send.py", "from ..handlers import photos"),
        ("bot/queue/fair_queue.py", "from bot.telegram.send import send"),
        ("bot/reply/wording.py", "from bot.handlers.buttons import ButtonData"),
        ("bot/handlers/photos.py", "from bot.app import build"),
        ("training/callbacks/metrics.py", "from training.fit.recipe import train"),
        ("training/callbacks/schedule.py", "from training import options"),
        ("training/data/split.py", "import torch"),
        ("training/data/split.py", "from fastai.vision.all import *"),
        ("training/data/split.py", "from training.report import html"),
        ("training/report/html.py", "from training.run import run"),
    ],
)
def test_a_shortcut_would_be_seen(file: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(broken_rules.__globals__, "ROOT", tmp_path)
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(line, "utf-8")
    (wrong,) = broken_rules(Path(file))
    assert wrong.startswith(f"{file}:{len(line.splitlines())}: ")


@pytest.mark.parametrize(
    "way_in",
    [
        "model",
        "bot.__main__, bot.app, bot.telegram.lifecycle",
        "web.__main__, web.app, web.models, uvicorn",
        "localchat",
    ],
)
def test_what_serves_loads_only_what_its_requirements_install(way_in: str) -> None:
    assert loaded_after(f"import {way_in}") & not_installed_to_serve() == set()


def test_what_serves_is_told_from_what_trains_measures_and_tests() -> None:
    others = {
        "torch",
        "fastai",
        "timm",
        "matplotlib",
        "pandas",
        "scipy",
        "sklearn",
        "onnx",
        "IPython",
        "skimage",
        "pytest",
    }
    assert others <= not_installed_to_serve()
    assert not_installed_to_serve().isdisjoint({"telegram", "numpy", "cv2", "onnxruntime", "PIL", "fastapi"})


def test_the_bot_leaves_the_command_line_of_its_http_client_alone() -> None:
    assert version("httpx") == "0.28.1", (
        "bot/__init__.py keeps out its private httpx._main: check that with this version"
    )
    assert loaded_after("import bot.__main__, bot.app, bot.telegram.lifecycle").isdisjoint(
        {"rich", "pygments", "click"}
    )


def test_answering_a_photo_in_the_terminal_loads_only_what_its_requirements_install(tmp_path: Path) -> None:
    from PIL import Image

    from tests.bundles import make_bundle

    Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    make_bundle(tmp_path / "bundle")
    run = (
        f"import os, runpy, sys; os.environ.update(MODEL_PATH={str(tmp_path / 'bundle')!r}, MODEL_RUNTIME='auto')\n"
        f"sys.argv = ['model', {str(tmp_path / 'red.png')!r}]\n"
        "try:\n    runpy.run_module('model', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code, end.code"
    )
    modules = loaded_after(run)
    assert "onnxruntime" in modules
    assert modules & not_installed_to_serve() == set()


@cache
def not_installed_to_serve() -> set[str]:
    """Names of the packages here that requirements.txt does not install."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    served = {line.partition("==")[0] for line in lines if "==" in line}
    return (
        {
            package
            for package, projects in packages_distributions().items()
            if served.isdisjoint(re.sub(r"[-_.]+", "-", project).lower() for project in projects)
        }
        - loaded_after("import sys")
        - TAKEN_IF_THERE
    )


def loaded_after(code: str) -> set[str]:
    """Names of the packages that a fresh Python has loaded after running the code."""
    ending = "\nimport sys; print(*{name.split('.')[0] for name in sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", code + ending], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())
