"""docs/design.md lists every file, and the files that it says a photo passes through are those that run for one."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

from localchat import LocalChat
from model import Classifier
from tests.bot.conftest import running_bot
from tests.person import Person
from tests.web.serving import served

DESIGN = Path("docs/design.md").read_text("utf-8")
ROOMS = ("bot", "model", "training", "web", "localchat", "benchmarks")
SAMPLE = Path("docs/sample.jpg").read_bytes()


def test_every_file_is_listed_once() -> None:
    listed = Counter(re.findall(r"^(\S+/\S+) +# [A-Z]", DESIGN, re.MULTILINE))
    files = {
        file.as_posix()
        for room in ROOMS
        for file in Path(room).rglob("*")
        if file.is_file() and file.suffix != ".pyc" and (file.name != "__init__.py" or file.stat().st_size)
    }
    assert listed.keys() == files
    assert [file for file, count in listed.items() if count > 1] == []


@contextmanager
def files_run() -> Iterator[set[str]]:
    """The files of the rooms whose functions run in threads that start within the block."""
    root, seen = Path.cwd(), set[str]()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.suffix == ".py" and file.is_relative_to(root):
            name = file.relative_to(root).as_posix()
            if name.startswith(("bot/", "model/", "web/")):
                seen.add(name)

    threading.setprofile(note)
    try:
        yield seen
    finally:
        threading.setprofile(None)


def documented(way: str, most: int) -> set[str]:
    """The files of a photo's path, the numbered ones and those that they call on."""
    section = DESIGN.partition(f"through the {way}\n")[2].partition("\n## ")[0]
    steps = re.findall(r"^\d+\. `(\S+)` \w", section, re.MULTILINE)
    assert 1 < len(steps) <= most
    return {*steps, *re.findall(r"`(\S+)`", section.partition("They call on ")[2])}


def test_a_photo_takes_the_path_through_the_bot_that_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.introduction.PAUSE", 3600)  # seconds: it goes on beside the photo
    with files_run() as files, LocalChat(0) as chat, running_bot(chat, Classifier.open()):
        person = Person(chat.url)
        for _ in range(2):
            files.clear()  # the first photo brings what only a start does
            person.answer_to(person.send_photo(SAMPLE))
        assert files == documented("bot", most=12)


def test_a_photo_takes_the_path_through_the_page_that_is_documented() -> None:
    with files_run() as files, served({"face-masks": Classifier.open()}) as address:
        for _ in range(2):
            files.clear()
            httpx.post(address, files={"photo": SAMPLE}, timeout=60).raise_for_status()
        assert files == documented("web page", most=9)
