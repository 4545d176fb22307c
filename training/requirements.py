"""What a command says where only the bot's packages are installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

OWN = ("training", "model", "tests")


@contextmanager
def needs_training_packages() -> Iterator[None]:
    """Ends the program with one sentence if an import within it needs a package that `make run` does not install."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in OWN:
            raise
        sys.exit(f"Error: This needs {package}, which is not installed: install with make .venv/.ready-train")
