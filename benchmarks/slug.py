"""`python -m benchmarks.slug`: what Heroku would pack (requirements.txt installed, and the repository less .slugignore),
and how long the installation takes here."""

import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import typer

from benchmarks.figures import say


def main() -> None:
    """Measure seconds and megabytes of an installation, and of the slug."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        started = time.perf_counter()
        install = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-cache-dir"]
        subprocess.run([*install, "-r", "requirements.txt", "--target", str(site)], check=True)
        say("requirements installed by pip in", time.perf_counter() - started, "s")
        say("requirements on disk", size(site) / 2**20, "MB")
        packed = Path(folder, "slug.tar.gz")
        ignored = [line for line in Path(".slugignore").read_text().split() if line]
        files = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines()
        kept = [file for file in files if not any(is_ignored(file, rule) for rule in ignored)]
        with tarfile.open(packed, "w:gz") as tar:
            tar.add(site, "site")
            for file in kept:
                tar.add(file)
        say("repository in the slug", sum(Path(file).stat().st_size for file in kept) / 2**20, "MB")
        say("slug, packed", packed.stat().st_size / 2**20, "MB", "Heroku's limit is 500 MB")


def is_ignored(file: str, rule: str) -> bool:
    """Whether a line of .slugignore leaves a file out."""
    return file.startswith(rule.lstrip("/")) if rule.startswith("/") else Path(file).match(rule)


def size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    typer.run(main)
