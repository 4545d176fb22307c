"""`python -m benchmarks.imports`: what `python -m bot` and `python -m web` import until a photo is answered: a processor's time
and memory of each package, in an environment that holds requirements.txt and nothing else."""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import httpx
import typer

from benchmarks.answers import expect_face, send, wait_for_answer
from benchmarks.figures import say
from benchmarks.fresh import strangers
from benchmarks.pictures import photo
from benchmarks.web import SETTINGS, address_of
from localchat import LocalChat

ROOMS = {"bot", "model", "web"}
MEBI = 2**20

Costs = dict[str, list[float]]  # seconds and bytes, by package


def main(
    shown: Annotated[int, typer.Option(help="How many packages are told apart, the heaviest first.")] = 10,
) -> None:
    """Measure what is imported to serve."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "venv", "bin", "python")
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(python.parents[1])], check=True)
        install = [uv, "pip", "install", "-q", "--python", str(python), "--compile-bytecode"]
        subprocess.run([*install, "-r", "requirements.txt"], check=True)
        for room, measure in (("bot", imports_of_bot), ("web", imports_of_web)):
            file = Path(folder, f"{room}.json")
            command = [str(python), "-m", "benchmarks.loading", room, str(file)]
            for _ in range(2):  # the first time, our own code may have to be compiled
                measure(command)
            tell(room, grouped(json.loads(file.read_text("utf-8"))), shown)


def imports_of_bot(command: list[str]) -> None:
    """Run the bot until it has answered a photo."""
    with LocalChat() as chat, httpx.Client(base_url=chat.url, timeout=120, trust_env=False) as http:
        settings = {"TELEGRAM_TOKEN": chat.token, "TELEGRAM_API_URL": chat.url, "LOG_LEVEL": "ERROR"}
        bot = subprocess.Popen(command, env=strangers() | settings)
        try:
            send(http, 1, photo())
            wait_for_answer(http, 1)
        finally:
            bot.terminate()
            bot.wait(60)


def imports_of_web(command: list[str]) -> None:
    """Run the page until it has answered a photo."""
    web = subprocess.Popen(command, env=strangers() | SETTINGS, stderr=subprocess.PIPE, text=True)
    try:
        answer = httpx.post(f"{address_of(web)}/api/predict", files={"photo": photo()}, timeout=120, trust_env=False)
        expect_face(answer.raise_for_status().json()["label"])
    finally:
        web.terminate()
        web.wait(60)


def grouped(costs: Costs) -> Costs:
    """The standard library as one, and what is written here as one; the slowest first."""
    groups: Costs = defaultdict(lambda: [0.0, 0.0])
    for package, cost in costs.items():
        name = "this repository" if package in ROOMS else package
        group = groups["the standard library" if package in sys.stdlib_module_names else name]
        group[:] = [one + more for one, more in zip(group, cost, strict=True)]
    return dict(sorted(groups.items(), key=lambda group: -group[1][0]))


def tell(room: str, costs: Costs, shown: int) -> None:
    """Say what was imported."""
    names = list(costs)
    parts = {name: [name] for name in names[:shown]}
    parts |= {f"{len(names[shown:])} others": names[shown:], "in total": names}
    for part, of in parts.items():
        seconds, memory = (sum(costs[name][unit] for name in of) for unit in (0, 1))
        say(f"python -m {room} imports {part}", seconds * 1000, "ms", f"of CPU time, {memory / MEBI:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
