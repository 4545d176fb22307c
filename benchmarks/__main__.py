"""`python -m benchmarks [NAME...]`: the benchmarks one after the other, or some of them anew; their figures as a table, as
JSON and as a picture in docs/."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.figures import COLLECTED
from benchmarks.plot import draw

RIVALS = ".venv-bench/bin/python"  # made by `make bench`
COMMANDS = {
    "One photo": [sys.executable, "-m", "benchmarks.photo"],
    "The network alone": [RIVALS, "-m", "benchmarks.network"],
    "Many photos": [sys.executable, "-m", "benchmarks.many"],
    "A reply, end to end": [sys.executable, "-m", "benchmarks.reply"],
    "The event loop": [sys.executable, "-m", "benchmarks.lag"],
    "The web API": [sys.executable, "-m", "benchmarks.web_rivals"],
    "The worker": [sys.executable, "-m", "benchmarks.worker", "--photos", "1000"],
    "Weight": [sys.executable, "-m", "benchmarks.slug"],
    "From the first photo to the last": [sys.executable, "-m", "benchmarks.flat", "--photos", "10000"],
}
DOCS = Path("docs")

Section = dict[str, Any]


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which, such as photo reply; all by default.")] = None,
) -> None:
    """Run the benchmarks that have no wish of their own, and write docs/bench.md, .json and .png."""
    file = DOCS / "bench.json"
    before: list[Section] = json.loads(file.read_text("utf-8")) if names and file.exists() else []
    known = {section["title"]: section for section in before}
    for title, command in COMMANDS.items():
        if not names or command[2].removeprefix("benchmarks.") in names:
            known[title] = run(title, command)
    sections = [known[title] for title in COMMANDS if title in known]
    DOCS.mkdir(exist_ok=True)
    file.write_text(json.dumps(sections, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (DOCS / "bench.md").write_text(as_markdown(sections), "utf-8")
    draw(sections, DOCS / "bench.png")
    if failed := [section["command"] for section in sections if section["failed"]]:
        sys.exit(f"Error: these broke off: {', '.join(failed)}")


def run(title: str, command: list[str]) -> Section:
    """Run a benchmark and collect its figures."""
    print(f"\n{title}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "figures.jsonl")
        ended = subprocess.run(command, env=os.environ | {COLLECTED: str(file)}, check=False).returncode
        figures = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    return {"title": title, "command": f"python -m {' '.join(command[2:])}", "failed": ended != 0, "figures": figures}


def as_markdown(sections: list[Section]) -> str:
    """All figures as tables."""
    lines = ["# What `make bench` measured", "", f"On {os.cpu_count()} cores, one benchmark after the other.", ""]
    for section in sections:
        lines += [f"## {section['title']}", "", f"`{section['command']}`", "", "| what | | |", "|---|---:|---|"]
        for figure in section["figures"]:
            value = f"{figure['value']:,.0f}" if abs(figure["value"]) >= 100 else f"{figure['value']:.3g}"
            lines.append(f"| {figure['what']} | {value} {figure['unit']} | {figure['note']} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
