"""`python -m benchmarks [NAME...]`: the benchmarks one after the other, or some of them anew; their figures as tables, as
JSON and as a picture in docs/, and the most telling ones in the README."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.figures import COLLECTED, with_unit
from benchmarks.plot import draw
from benchmarks.summary import put

RIVALS = ".venv-bench/bin/python"  # made by `make bench`
COMMANDS = {
    "One photo": "photo",
    "The network alone": "network",
    "Many photos": "many",
    "A reply, end to end": "reply",
    "The event loop": "lag",
    "The web API": "web_rivals",
    "Training": "train DIR",
    "The page": "web --seconds 5",
    "The worker": "worker --photos 1000",
    "What is imported": "imports",
    "A fresh clone": "fresh",
    "Weight": "slug",
    "From the first photo to the last": "flat --photos 10000",
}
DOCS, README = Path("docs"), Path("README.md")
NOTES = """\
`make bench` runs them all in about ten minutes and writes this page, the README's table and picture, and
[the same as JSON](bench.json). To run some of them, or more:

```sh
make bench ARGS="photo reply"              # only those two
make bench ARGS="flat --photos 100000"     # from the first photo to the 100,000th: 20 minutes
make bench ARGS="train --train photos"     # our training and the tutorials', on folders of photos: 20 minutes
make bench PHOTOS=photos                   # also checks that ONNX Runtime and fastai agree on those photos
```

What the figures do not say:

- They come from one run on a virtual machine shared with other guests. Compare figures on this page with each other, not
  with those of other machines. Other programs slow PyTorch down more than ONNX Runtime, and LitServe most. CPU time hardly
  depends on them.
- The chat server and the clients ran on the same two cores as what they measure.
- The tutorials' code classifies the whole photo. Ours finds the faces first and classifies each one; many faces in a large
  photo take longer than the 1280 x 960 portrait used here: see "Many photos".
- A real bot waits for Telegram longer than for all of this, and Telegram allows it 30 messages a second; the speed tests
  lift that limit.
- Memory is lowest with one photo at a time. A bot that classifies two photos at once uses more.
- Most of a fresh clone's time is downloads: yours may take longer.
- Training uses the tutorials' first data set. Theirs holds out a random fifth, although some of its photos are copies of
  others; ours holds out each photo with every copy of it."""

Section = dict[str, Any]


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which, such as photo reply; all by default.")] = None,
    photos: Annotated[int, typer.Option(help="How many `flat` answers; 100000 take 20 minutes.", min=10)] = 10_000,
    train: Annotated[
        str, typer.Option(help="A folder of photos, and options of benchmarks.train: trains too, for 20 minutes.")
    ] = "",
) -> None:
    """Run the benchmarks, and write docs/bench.md, .json and .png and the README's table."""
    commands = COMMANDS | {"From the first photo to the last": f"flat --photos {photos}"}
    known = {command.split()[0]: title for title, command in commands.items()}
    if wrong := [name for name in names or () if name not in known]:
        sys.exit(f"Error: there is no benchmark {wrong[0]} here; there are {', '.join(known)}.")
    if "train" in (names or ()) and not train:
        sys.exit("Error: say which photos to train with: --train DIR")
    wanted = names or [name for name in known if name != "train" or train]
    if not Path(RIVALS).exists() and {"network", "web_rivals"} & set(wanted):
        sys.exit("Error: what to measure beside is not installed yet: `make bench` does that.")
    try:
        put(README.read_text("utf-8"), [])  # lest it turns out in the end that the table has no place
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
    file = DOCS / "bench.json"
    before: list[Section] = json.loads(file.read_text("utf-8")) if file.exists() else []
    measured = {section["title"]: section for section in before}
    for name in sorted(wanted, key=list(known).index):
        measured[known[name]] = run(known[name], commands[known[name]], train if name == "train" else "")
        write([measured[title] for title in commands if title in measured])  # now, lest an interruption loses it
    if failed := [measured[known[name]]["command"] for name in wanted if measured[known[name]]["failed"]]:
        sys.exit(f"Error: these broke off: {', '.join(failed)}")


def write(sections: list[Section]) -> None:
    """Write what was measured wherever it stands."""
    DOCS.mkdir(exist_ok=True)
    (DOCS / "bench.json").write_text(json.dumps(sections, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (DOCS / "bench.md").write_text(as_markdown(sections), "utf-8")
    draw(sections, DOCS / "bench.png")
    README.write_text(put(README.read_text("utf-8"), sections), "utf-8")


def run(title: str, command: str, instead: str = "") -> Section:
    """Run a benchmark and collect its figures.

    Args:
        title: of its tables.
        command: its name and options, as the tables tell it.
        instead: options that it has in truth.
    """
    print(f"\n{title}", flush=True)
    name, *options = command.split()
    python = RIVALS if name == "network" else sys.executable
    others, began = busy(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "figures.jsonl")
        arguments = [python, "-m", f"benchmarks.{name}", *(shlex.split(instead) if instead else options)]
        ended = subprocess.run(arguments, env=os.environ | {COLLECTED: str(file)}, check=False).returncode
        figures = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    took = time.perf_counter() - began
    return {
        "title": title,
        "command": f"python -m benchmarks.{command}",
        "failed": ended != 0,
        "seconds": round(took),
        "others": round(max(others, busy()), 2),
        "figures": figures,
    }


def busy(seconds: float = 1.0) -> float:
    """Share of the processors that is in use, 0 to 1, while this process sleeps: what other programs take."""

    def ticks() -> tuple[int, int]:
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]  # of them idle, waiting for a disk

    whole, idle = ticks()
    time.sleep(seconds)
    whole_later, idle_later = ticks()
    return 1 - (idle_later - idle) / max(1, whole_later - whole)


def as_markdown(sections: list[Section]) -> str:
    """All figures as tables."""
    processor = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    machine = f"{os.cpu_count()} cores of {processor.partition(': ')[2]}"
    took = sum(section.get("seconds", 0) for section in sections) / 60
    lines = [
        "# Benchmarks",
        "",
        f"Measured on {machine}, one benchmark after another, in {took:.0f} minutes.",
        "",
        NOTES,
        "",
    ]
    for section in sections:
        lines += [f"## {section['title']}", "", f"`{section['command']}`", ""]
        if "others" in section:
            lines += [f"Other programs used up to {section['others']:.0%} of the CPU just before and after.", ""]
        lines += ["| what | | |", "|---|---:|---|"]
        for figure in section["figures"]:
            lines.append(f"| {figure['what']} | {with_unit(figure)} | {figure['note']} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
