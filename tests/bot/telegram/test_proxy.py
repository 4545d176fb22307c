"""Telegram is reached through the proxy of the environment, this machine never is."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from bot.settings import Settings
from bot.telegram.client import Client
from bot.telegram.proxy import is_on_this_machine, proxy_to
from localchat import LocalChat
from model import Classifier
from model.settings import SettingsError
from tests.bot.conftest import running_bot
from tests.bot.photos import red_face
from tests.person import Person

TELEGRAM = "https://api.telegram.org"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def proxy(url: str, greet: Callable[[socket.socket], None], host: bytes) -> Iterator[int]:
    """A proxy that brings everybody to that address, whom they call `host`, after a greeting; its port."""
    target = urlsplit(url)

    def carry(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(2**16):
                sink.sendall(data.replace(b" http://" + host, b" ").replace(host, b"localhost"))
        except OSError:
            pass
        finally:
            sink.close()

    def serve(client: socket.socket) -> None:
        greet(client)
        server = socket.create_connection((target.hostname, target.port))
        threading.Thread(target=carry, args=(server, client), daemon=True).start()
        carry(client, server)

    def accept() -> None:
        while True:
            try:
                client = listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def socks(client: socket.socket) -> None:
    """The greeting of SOCKS 5 (RFC 1928), without a password."""
    client.recv(client.recv(2)[1])
    client.sendall(b"\5\0")
    length = client.recv(5)[4]  # of the host's name
    client.recv(length + 2)
    client.sendall(b"\5\0\0\1\0\0\0\0\0\0")


@pytest.mark.parametrize(
    ("variable", "scheme", "greet"),
    [("ALL_PROXY", "socks5", socks), ("all_proxy", "socks", socks), ("HTTP_PROXY", "http", lambda client: None)],
)
def test_telegram_is_reached_through_the_proxy(
    classifier: Classifier,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    scheme: str,
    greet: Callable[[socket.socket], None],
) -> None:
    with LocalChat(0) as chat, proxy(chat.url, greet, b"telegram.test") as port:
        monkeypatch.setenv(variable, f"{scheme}://127.0.0.1:{port}")
        with running_bot(chat, classifier, telegram_api_url="http://telegram.test"):
            person = Person(chat.url)
            person.answer_to(person.send_photo(red_face()))


@pytest.mark.parametrize("value", ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "nonsense://[::1"])
def test_the_local_chat_is_never_asked_through_a_proxy(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    for name in ("HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "http://[")
    with LocalChat(0) as chat, running_bot(chat, classifier):
        person = Person(chat.url)
        person.answer_to(person.send_photo(red_face()))


def test_what_this_machine_is_called() -> None:
    for host in ("localhost", "bot.localhost", "127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", socket.gethostname()):
        assert is_on_this_machine(host), host
    for host in ("192.0.2.1", "2001:db8::1", "api.telegram.org", "nobody.invalid", "", "a" * 70):
        assert not is_on_this_machine(host), host


@pytest.mark.parametrize(
    "variable", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
)
@pytest.mark.parametrize(
    "value",
    ["ftp://proxy:21", "http://", "http://proxy:99999", "http://proxy:port", "socks4://me:secret@proxy", "a b", "["],
)
def test_a_proxy_that_cannot_be_used_is_named_in_one_sentence_without_its_password(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as raised:
        proxy_to(TELEGRAM)
    assert str(raised.value).startswith(f"{variable} cannot be used: ") and "secret" not in str(raised.value)


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("entry", ["http://[", "[::1", "proxy:port", "a%b", "//"])
def test_exemptions_that_cannot_be_used_are_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, entry: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv(variable, f"localhost, {entry}")
    with pytest.raises(SettingsError) as raised:
        proxy_to(TELEGRAM)
    assert str(raised.value).startswith(f"{variable} cannot be used: {entry!r} is no host name")


@pytest.mark.parametrize(
    ("exempt", "url", "through"),
    [
        ("", TELEGRAM, True),
        ("*", TELEGRAM, False),
        ("localhost,127.0.0.1,::1,[::1],10.0.0.0/8,fe80::/10,.local", TELEGRAM, True),
        ("telegram.org", TELEGRAM, False),
        (".telegram.org", TELEGRAM, False),
        ("*.telegram.org", TELEGRAM, False),
        ("api.telegram.org:443", "https://api.telegram.org:443", False),
        ("api.telegram.org:80", "https://api.telegram.org:443", True),
        ("https://api.telegram.org", TELEGRAM, False),
        ("gram.org", TELEGRAM, True),
        ("192.0.2.0/24 10.0.0.0/8", "http://192.0.2.7:8081", False),
        ("2001:db8::/32", "http://[2001:db8::7]:8081", False),
        ("192.0.2.0/24", "http://198.51.100.7:8081", True),
    ],
)
def test_what_no_proxy_names_is_reached_without(
    monkeypatch: pytest.MonkeyPatch, exempt: str, url: str, through: bool
) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy:3128")
    monkeypatch.setenv("NO_PROXY", exempt)
    assert bool(proxy_to(url)) == through


def test_certificates_that_cannot_be_read_are_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, telegram_token=SecretStr("1:a"))  # type: ignore[call-arg]
    (tmp_path / "bad.pem").write_text("no certificate")
    for file in ("missing.pem", "bad.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / file))
        with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
            Client(settings)


def test_the_variable_of_the_address_s_kind_comes_before_the_one_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://everything:1080")
    monkeypatch.setenv("https_proxy", "http://secure:3128")
    assert [urlsplit(found).hostname for url in (TELEGRAM, "http://192.0.2.1") if (found := proxy_to(url))] == [
        "secure",
        "everything",
    ]
