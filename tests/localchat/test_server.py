"""Starting and stopping the local chat, from Python and from a terminal."""

import signal
import subprocess
import sys

import httpx
import pytest

from localchat import LocalChat


def test_it_listens_on_this_machine_only_and_stops_when_told() -> None:
    with LocalChat(token="5:other") as chat:
        assert chat.url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{chat.url}/bot5:other/getMe", trust_env=False).json()["ok"] is True
    with pytest.raises(httpx.ConnectError):
        httpx.get(chat.url, trust_env=False)


def test_a_taken_port_is_named() -> None:
    with LocalChat() as chat:
        port = int(chat.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}.*choose another port"):
            LocalChat(port=port).start()


def test_a_freed_port_can_be_used_at_once() -> None:
    with LocalChat() as chat:
        port = int(chat.url.rsplit(":", 1)[1])
        httpx.get(chat.url, trust_env=False)
    with LocalChat(port=port) as again:
        assert httpx.get(again.url, trust_env=False).status_code == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_terminal_shows_address_and_token_until_it_is_stopped(how: signal.Signals) -> None:
    command = [sys.executable, "-m", "localchat", "--port", "0", "--token", "5:other"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline().split() for _ in range(3)]
        url = lines[1][-1]
        assert lines[2][-1] == "5:other"
        assert httpx.get(f"{url}/bot5:other/getMe", trust_env=False).json()["ok"] is True
        process.send_signal(how)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_the_terminal_says_in_one_line_that_a_port_is_taken() -> None:
    with LocalChat() as chat:
        port = chat.url.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "localchat", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The local chat cannot listen on")
    assert done.stderr.count("\n") == 1
