"""`python -m web` as an operator meets it: what it says, when it refuses to start, how it stops."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.bot.photos import red_face
from tests.bundles import make_bundle
from web.settings import Settings


def start(folder: Path, **settings: str) -> subprocess.Popen[str]:
    """The web process in a folder of its own, with these settings."""
    kept = {key: value for key, value in os.environ.items() if key.upper() not in map(str.upper, Settings.model_fields)}
    environment = {**kept, "PYTHONPATH": os.getcwd(), "PORT": "0", **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "web"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def started(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A process that serves, its address, and what it said at its start."""
    web = start(folder, **settings)
    assert web.stderr
    try:
        said = web.stderr.readline()
        address = re.search(r"http://\S+(?=,)", said)
        assert address, said + web.stderr.read()
        yield web, address[0], said
    finally:
        web.kill()
        web.wait(60)
        web.stderr.close()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("web") / "bundle")


def test_it_says_what_it_serves_where_and_how_fast_it_was_ready(tmp_path: Path, bundle: Path) -> None:
    with started(tmp_path, MODEL_PATH=f"one={bundle},two={bundle}") as (_, address, said):
        assert re.search(r"Serving one and two at http://127\.0\.0\.1:\d+, ready in \d+ ms", said)
        names = [model["name"] for model in httpx.get(f"{address}/api/models", timeout=60).json()["models"]]
        assert names == ["one", "two"]


def test_each_photo_is_a_line_of_the_log_and_the_end_one(tmp_path: Path, bundle: Path) -> None:
    with started(tmp_path, MODEL_PATH=str(bundle)) as (web, address, _):
        for name, content in (("ada.jpg", red_face()), ("ada.txt", b"no photo")):
            httpx.post(f"{address}/api/predict", files={"photo": (name, content)}, timeout=60)
        httpx.post(address, files={"photo": ("ada.jpg", red_face())}, timeout=60)
        httpx.get(address, timeout=60)
        web.terminate()
        web.wait(60)
        assert web.stderr
        lines = [line.partition("web.middleware: ")[2] or line for line in web.stderr.read().splitlines()]
    words = [re.sub(r"\d+ ms", "", line) for line in lines]
    assert words[:3] == ["Photo: 1 face, ", "Photo: not an image, ", "Photo: 1 face, "]
    assert words[3].endswith("INFO web: Stopped.") and len(words) == 4


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_photo_under_way_is_answered_before_it_stops(tmp_path: Path, bundle: Path, stop: signal.Signals) -> None:
    with started(tmp_path, MODEL_PATH=str(bundle)) as (web, address, _):
        port = int(address.rpartition(":")[2])
        form = (
            b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n' + red_face() + b"\r\n--b--\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            head = f"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(form)}\r\n"
            client.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode() + form[:-10])
            while not httpx.get(f"{address}/metrics", timeout=60).is_success:
                time.sleep(0.05)
            web.send_signal(stop)
            while accepts(port):
                time.sleep(0.05)
            client.sendall(form[-10:])
            answer = b""
            while b'"label":"with_mask"' not in answer:
                received = client.recv(65536)
                assert received, answer
                answer += received
        assert web.wait(60) == 0
        assert web.stderr
        assert re.fullmatch(r"\S+ INFO web.middleware: Photo: .*\n\S+ INFO web: Stopped\.\n", web.stderr.read())


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"PORT": "many"}, "PORT='many' cannot be used: "),
        ({"PORT": "70000"}, "PORT='70000' cannot be used: "),
        ({"HOST": "no such host"}, "HOST=no such host cannot be listened on: "),
        ({"MAX_QUEUE": "0"}, "MAX_QUEUE='0' cannot be used: "),
        ({"ALLOW_URL": "perhaps"}, "ALLOW_URL='perhaps' cannot be used: "),
        ({"TEACH_PASSWORD": "short"}, "TEACH_PASSWORD cannot be used: it must have 8 characters or more."),
        ({"MODEL_RUNTIME": "torch"}, "MODEL_RUNTIME='torch' cannot be used: "),
        ({"MODEL_PATH": "nowhere"}, "MODEL_PATH=nowhere is not a folder"),
        ({"MODEL_PATH": "a=nowhere"}, "MODEL_PATH=nowhere is not a folder"),
        ({"MODEL_PATH": "a b=."}, "MODEL_PATH=a b=.: 'a b=.' is not name=folder"),
        ({"MODEL_PATH": "a=.,a=."}, "MODEL_PATH=a=.,a=.: the name 'a' is given twice"),
    ],
    ids=lambda value: "-".join(map("=".join, value.items())) if isinstance(value, dict) else "",
)
def test_a_setting_that_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, settings: dict[str, str], line: str
) -> None:
    assert refusal(tmp_path, **settings).startswith(f"Error: {line}")


def test_two_models_of_the_same_name_are_told_apart_by_the_operator(tmp_path: Path, bundle: Path) -> None:
    assert "Two models are called 'red-or-blue'" in refusal(tmp_path, MODEL_PATH=f"{bundle},{bundle}")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"PORT={port} cannot be listened on: Address already in use" in refusal(tmp_path, PORT=str(port))


def refusal(folder: Path, **settings: str) -> str:
    """The one line that a process says which does not start."""
    web = start(folder, **settings)
    said = web.communicate(timeout=120)[1]
    assert web.returncode == 1
    assert said.count("\n") == 1
    return said
