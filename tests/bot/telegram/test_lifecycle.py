"""Starting, stopping and trouble on the line, in a process of its own, as an operator sees it."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from bot import __main__ as command
from localchat import LocalChat
from localchat.faults import FILES, Fault
from tests.bot.photos import no_face, red_face, two_faces
from tests.bundles import make_bundle
from tests.person import Person
from tests.web.serving import wait_until

PATIENCE = 180.0  # seconds; a busy machine starts slowly
REPOSITORY = Path(__file__).parents[3]
LINE = re.compile(r"^\d\d:\d\d:\d\d (DEBUG|INFO|WARNING|ERROR|CRITICAL) \S.*$")


class Process:
    """`python -m bot`, or another room, with those settings and nothing else of this environment."""

    def __init__(self, folder: Path, *arguments: str, may_write_files: bool = True, room: str = "bot", **settings: str):
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1", **settings}
        self.process = subprocess.Popen(
            [sys.executable, "-m", room, *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if not may_write_files:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, 0))
        self.lines: list[str] = []
        self._readers = [threading.Thread(target=self._read, args=(pipe,)) for pipe in self._pipes()]
        for reader in self._readers:
            reader.start()

    def _pipes(self) -> list[IO[str]]:
        assert self.process.stdout and self.process.stderr
        return [self.process.stdout, self.process.stderr]

    def _read(self, pipe: IO[str]) -> None:
        for line in pipe:
            if line.strip():
                self.lines.append(line.rstrip("\n"))

    def says(self, words: str, times: int = 1, within: float = PATIENCE) -> str:
        """Wait for a line with those words, and return it."""
        deadline = time.monotonic() + within
        while len(found := [line for line in self.lines if words in line]) < times:
            assert time.monotonic() < deadline, f"no {words!r} in {self.lines}"
            time.sleep(0.02)
        return found[-1]

    def ends(self, within: float = PATIENCE) -> int:
        """Wait for the end, and return the exit code."""
        code = self.process.wait(within)
        for reader in self._readers:
            reader.join()
        return code

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.ends()


Start = Callable[..., Process]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def start(tmp_path: Path, bundle: Path) -> Iterator[Start]:
    """Starts bots, and ends those that are still running after the test."""
    started: list[Process] = []

    def one(*arguments: str, may_write_files: bool = True, **settings: str) -> Process:
        settings = {"MODEL_PATH": str(bundle), **settings}
        started.append(Process(tmp_path, *arguments, may_write_files=may_write_files, **settings))
        return started[-1]

    yield one
    for process in started:
        process.process.kill()
        process.ends()


@pytest.fixture
def chat() -> Iterator[LocalChat]:
    with LocalChat(0) as local_chat:
        yield local_chat


def of(chat: LocalChat) -> dict[str, str]:
    return {"TELEGRAM_API_URL": chat.url, "TELEGRAM_TOKEN": chat.token}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_bot_cleanly_after_the_photos_under_way(start: Start, chat: LocalChat, how: int) -> None:
    bot = start(**of(chat))
    bot.says("Started as @")
    chat.faults.add(Fault("slow", FILES, times=None, seconds=1))
    person = Person(chat.url)
    sent = [person.send_photo(no_face()) for _ in range(3)]
    wait_until(lambda: chat.faults.struck.get("slow", 0) == 3)
    assert bot.stop(how) == 0
    assert {answer["reply_to_message"]["message_id"] for answer in person.answers(3, timeout=5)} == set(sent)
    assert bot.lines[-1].endswith("Stopped.")


def test_the_log_is_short_readable_and_keeps_every_secret(start: Start, chat: LocalChat) -> None:
    bot = start(**of(chat), LOG_LEVEL="DEBUG")
    assert re.search(r"Started as @\w+: model red or blue on onnx, ready in \d+ ms$", bot.says("Started"))
    person = Person(chat.url, name="Grace")
    person.say("my secret text")
    person.send_photo(red_face(), "my secret caption")
    person.send_photo(two_faces())
    person.send_photo(no_face())
    person.answers(4)
    for outcome in ["words,", "1 face,", "2 faces,", "no face,"]:
        assert re.search(rf"Update \d+: {outcome} \d+ ms$", bot.says(outcome))
    assert bot.stop() == 0
    assert all(LINE.match(line) for line in bot.lines), bot.lines
    everything = "\n".join(bot.lines)
    assert "secret" not in everything and "Grace" not in everything and chat.token not in everything


def test_the_log_as_json_has_an_object_a_line_with_the_fields_of_each_update(start: Start, chat: LocalChat) -> None:
    bot = start(**of(chat), LOG_FORMAT="json")
    person = Person(chat.url)
    bot.says("Started")
    person.send_photo(red_face())
    person.answers()
    bot.says("1 face")
    assert bot.stop() == 0
    lines = [json.loads(line) for line in bot.lines]
    assert all(line.keys() >= {"time", "level", "message"} for line in lines)
    update = next(line for line in lines if "update" in line)
    assert update["outcome"] == "1 face" and isinstance(update["ms"], int) and isinstance(update["update"], int)


def test_no_photo_is_written_to_a_disk(start: Start, chat: LocalChat, tmp_path: Path) -> None:
    bot = start(**of(chat), may_write_files=False)  # the system ends it if it writes a byte
    bot.says("Started")
    person = Person(chat.url)
    person.send_photo(two_faces())
    person.send_file(red_face(), "face.jpg", "image/jpeg")
    person.send_file(bytes(19 * 2**20), "large.jpg", "image/jpeg")
    person.answers(3)
    assert bot.stop() == 0
    assert list(tmp_path.iterdir()) == []


def test_without_a_token_the_bot_says_what_to_set(start: Start) -> None:
    bot = start()
    assert bot.ends() == 1
    assert len(bot.lines) == 1
    for words in ["TELEGRAM_TOKEN", "@BotFather", "python -m bot --local"]:
        assert words in bot.lines[0]


@pytest.mark.parametrize("token", ["1:another-token", "nonsense"])
def test_a_wrong_token_ends_the_bot_with_one_line_that_does_not_repeat_it(
    start: Start, chat: LocalChat, token: str
) -> None:
    bot = start(TELEGRAM_API_URL=chat.url, TELEGRAM_TOKEN=token)
    assert bot.ends() == 1
    assert len(bot.lines) == 1 and "TELEGRAM_TOKEN is refused" in bot.lines[0]
    assert token not in bot.lines[0]


def test_a_token_that_is_revoked_while_the_bot_runs_ends_it_with_one_line(start: Start) -> None:
    port = free_port()
    with LocalChat(port, token="1:first") as first:
        bot = start(**of(first))
        bot.says("Started")
    with LocalChat(port, token="1:second"):
        assert bot.ends() == 1
    assert "TELEGRAM_TOKEN is refused" in bot.lines[-1]
    assert not any("Traceback" in line for line in bot.lines)


def test_a_second_bot_with_the_same_token_is_told_in_one_line_and_takes_over_later(
    start: Start, chat: LocalChat
) -> None:
    first = start(**of(chat))
    first.says("Started")
    second = start(**of(chat))
    second.says("Started")
    wait_until(lambda: any("Another program" in line for line in first.lines + second.lines), PATIENCE)
    chat.faults.add(Fault("slow", "getUpdates", times=None, seconds=0))  # which counts them
    wait_until(lambda: chat.faults.struck.get("slow", 0) >= 4, PATIENCE)
    assert first.stop() == 0
    person = Person(chat.url)
    person.say("/start")
    assert person.answers(timeout=PATIENCE)
    assert second.stop() == 0
    for bot in (first, second):
        assert all(LINE.match(line) for line in bot.lines), bot.lines
        assert (
            sum("Another program" in line for line in bot.lines)
            <= sum("answers again" in line for line in bot.lines) + 1
        )


def test_without_a_network_the_bot_says_so_once_and_starts_when_it_is_back(start: Start) -> None:
    port = free_port()
    bot = start(TELEGRAM_API_URL=f"http://127.0.0.1:{port}", TELEGRAM_TOKEN="1:local-chat")
    bot.says("cannot be reached")
    with LocalChat(port) as chat:
        chat.faults.down = True
        wait_until(lambda: chat.faults.struck, PATIENCE)  # it tries again
        assert len(bot.lines) == 1 and LINE.match(bot.lines[0])
        chat.faults.down = False
        bot.says("answers again")
        bot.says("Started")
        person = Person(chat.url)
        person.say("/start")
        person.answers()
    bot.says("cannot be reached", times=2)
    with LocalChat(port):
        bot.says("answers again", times=2)
        assert bot.stop() == 0
    assert all(LINE.match(line) for line in bot.lines), bot.lines


def test_the_bot_can_be_stopped_while_it_waits_for_the_network(start: Start) -> None:
    bot = start(TELEGRAM_API_URL=f"http://127.0.0.1:{free_port()}", TELEGRAM_TOKEN="1:local-chat")
    bot.says("cannot be reached")
    assert bot.stop() == 0
    assert all(LINE.match(line) for line in bot.lines), bot.lines


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"MODEL_PATH": "no/such/folder"}, "MODEL_PATH=no/such/folder is not a folder"),
        ({"MODEL_PATH": "."}, "holds no manifest.json"),
        ({"MODEL_RUNTIME": "tensorflow"}, "MODEL_RUNTIME='tensorflow'"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL='loud'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT='xml'"),
        ({"MESSAGES_PER_SECOND": "0"}, "MESSAGES_PER_SECOND='0'"),
        ({"OPERATOR_CHAT_ID": "me"}, "OPERATOR_CHAT_ID='me'"),
        ({"TELEGRAM_API_URL": "api.telegram.org"}, "TELEGRAM_API_URL='api.telegram.org'"),
        ({"TELEGRAM_TOKEN": "two words"}, "TELEGRAM_TOKEN cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_line(start: Start, settings: dict[str, str], words: str) -> None:
    bot = start(**{"TELEGRAM_TOKEN": "1:local-chat", "TELEGRAM_API_URL": "http://127.0.0.1:9"} | settings)
    assert bot.ends() == 1
    assert len(bot.lines) == 1 and bot.lines[0].startswith("Error: ") and words in bot.lines[0]


def test_a_damaged_bundle_is_named_in_one_line(start: Start, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "damaged")
    (bundle / "model.onnx").write_bytes(b"damaged")
    bot = start(MODEL_PATH=str(bundle), TELEGRAM_TOKEN="1:local-chat")
    assert bot.ends() == 1
    assert len(bot.lines) == 1 and "model.onnx" in bot.lines[0]


def test_settings_are_read_from_a_dotenv_file(start: Start, chat: LocalChat, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"TELEGRAM_TOKEN={chat.token}\nTELEGRAM_API_URL={chat.url}/\nPORT=1\n")
    bot = start()
    bot.says("Started")
    assert bot.stop() == 0


def test_local_shows_the_address_of_a_chat_that_the_bot_answers_whatever_token_is_set(start: Start) -> None:
    bot = start("--local", "--port", "0", TELEGRAM_TOKEN="2:telegrams-own", TELEGRAM_API_URL="http://127.0.0.1:9")
    address = re.search(r"http://127\.0\.0\.1:\d+", bot.says("Chat with the bot"))
    assert address
    bot.says("Started")
    person = Person(address[0])
    person.send_photo(red_face())
    assert "with mask" in person.answers()[0]["text"]
    assert bot.stop(signal.SIGINT) == 0
    assert bot.lines[-1].endswith("Stopped.")


def test_local_takes_another_port_when_the_usual_one_is_taken_but_not_when_one_was_asked_for(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        asked = start("--local", "--port", str(port))
        assert asked.ends() == 1
        assert len(asked.lines) == 1 and str(port) in asked.lines[0]
    first, second = start("--local"), start("--local")
    addresses = {bot.says("Chat with the bot").split()[4] for bot in (first, second)}
    assert len(addresses) == 2


def test_a_port_without_the_local_chat_is_refused(start: Start) -> None:
    bot = start("--port", "8080")
    assert bot.ends() == 1
    assert "--local" in bot.lines[0]


def test_the_bot_loads_no_training_library() -> None:
    heavy = ["torch", "fastai", "timm", "localchat"]
    code = f"import sys, bot.app, bot.__main__; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_a_port_that_is_taken_is_named_and_never_silently_replaced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(command, "LOCAL_PORT", port)
        chat = command._local_chat(None)
        chat.stop()
        assert f"Port {port} is taken" in capsys.readouterr().out and not chat.url.endswith(f":{port}")
        with pytest.raises(OSError, match=f":{port}"):
            command._local_chat(port)
