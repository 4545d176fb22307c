"""Writes files atomically: completely or not at all, even if the program is killed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_whole(file: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a file of another name, which then takes this one's place."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.part")
    try:
        with beside.open("wb") as opened:
            write(opened)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
