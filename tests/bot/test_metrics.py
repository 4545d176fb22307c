"""What the bot shows Prometheus, when the operator asks for it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from localchat import LocalChat
from tests.bot.photos import no_face, two_faces
from tests.bot.telegram.test_lifecycle import Process, free_port, of
from tests.bundles import make_bundle
from tests.person import Person


@pytest.fixture
def chat() -> Iterator[LocalChat]:
    with LocalChat(0) as local_chat:
        yield local_chat


def test_answers_and_problems_are_counted_at_the_metrics_port(chat: LocalChat, tmp_path: Path) -> None:
    port = free_port()
    bundle = make_bundle(tmp_path / "bundle")
    bot = Process(tmp_path, **of(chat), MODEL_PATH=str(bundle), METRICS_PORT=str(port))
    try:
        person = Person(chat.url)
        for photo in (two_faces(), no_face()):
            person.send_photo(photo)
            assert person.answers(timeout=120)
        shown = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    finally:
        bot.process.terminate()
        bot.ends()
    assert 'photo_answers_total{label="with_mask",model="red-or-blue"} 1.0' in shown
    assert 'photo_answers_total{label="without_mask",model="red-or-blue"} 1.0' in shown
    assert 'photo_answers_total{label="no_face",model="red-or-blue"} 1.0' in shown
    assert 'photo_milliseconds_count{model="red-or-blue"} 2.0' in shown


def test_a_metrics_port_in_use_is_named_in_one_line(chat: LocalChat, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        bot = Process(tmp_path, **of(chat), MODEL_PATH=str(bundle), METRICS_PORT=str(port))
        assert bot.ends() == 1
    assert f"METRICS_PORT={port} cannot be listened on: Address already in use." in bot.lines[-1]
