"""`python -m web` with `WEBHOOK_URL`: Telegram brings the bot's messages, and several processes share the work."""

import asyncio
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Bot, WebhookInfo

from localchat import LocalChat
from localchat.faults import FILES, Fault
from model import Classifier
from tests.bot.conftest import running_bot
from tests.bot.photos import red_face
from tests.bot.telegram.test_lifecycle import Process, of
from tests.bundles import make_bundle
from tests.person import Person
from tests.web.balancer import Balancer
from tests.web.serving import wait_until

HEADER = "X-Telegram-Bot-Api-Secret-Token"
Serve = Callable[..., tuple[Process, str]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("webhook") / "bundle")


@pytest.fixture
def chat() -> Iterator[LocalChat]:
    with LocalChat(0) as local_chat:
        yield local_chat


@pytest.fixture
def balancer() -> Iterator[Balancer]:
    with Balancer() as running:
        yield running


@pytest.fixture
def serve(tmp_path: Path, bundle: Path, balancer: Balancer) -> Iterator[Serve]:
    """Starts a server behind the balancer; gives its process and its address."""
    started: list[Process] = []

    def one(**settings: str) -> tuple[Process, str]:
        settings = {"MODEL_PATH": str(bundle), "PORT": "0", "WEBHOOK_URL": balancer.url, **settings}
        started.append(Process(tmp_path, room="web", **settings))
        address = re.search(r"http://\S+(?=,)", started[-1].says("Serving"))
        assert address
        balancer.servers.append(address[0])
        return started[-1], address[0]

    yield one
    for process in started:
        process.process.kill()
        process.ends()


def webhook(chat: LocalChat) -> WebhookInfo:
    """What Telegram says of the bot's webhook."""

    async def ask() -> WebhookInfo:
        async with Bot(chat.token, f"{chat.url}/bot") as bot:
            return await bot.get_webhook_info()

    return asyncio.run(ask())


def answers_of(chat: LocalChat) -> list[int]:
    """To which message each answer replies, from now on."""
    answered: list[int] = []

    def hear(event: dict[str, Any]) -> None:
        if event["type"] == "message" and event["from_bot"]:
            answered.append(event["message"]["reply_to_message"]["message_id"])

    chat.listen(hear)
    return answered


def test_two_processes_share_the_photos_and_answer_each_once_also_when_one_is_killed(
    serve: Serve, chat: LocalChat, balancer: Balancer
) -> None:
    (killed, _), (_, kept) = serve(**of(chat)), serve(**of(chat))
    people = [Person(chat.url, chat=number) for number in range(1, 13)]
    answered = answers_of(chat)

    sent = [person.send_photo(red_face()) for person in people]
    assert [person.answers()[0]["reply_to_message"]["message_id"] for person in people] == sent
    wait_until(lambda: sum(balancer.taken.values()) == 12)
    assert len(balancer.taken) == 2

    chat.faults.add(Fault("slow", FILES, times=None, seconds=5))
    sent += [person.send_photo(red_face()) for person in people]
    wait_until(lambda: chat.faults.struck.get("slow", 0) >= 6)
    killed.process.kill()
    chat.faults.clear()
    assert sorted(person.answers()[0]["reply_to_message"]["message_id"] for person in people) == sorted(sent[12:])
    assert sorted(answered) == sorted(sent)
    wait_until(lambda: not webhook(chat).pending_update_count)
    assert balancer.taken[kept] > 12


def test_stopping_answers_the_photo_under_way_and_leaves_the_webhook_to_others(serve: Serve, chat: LocalChat) -> None:
    server, _ = serve(**of(chat))
    person = Person(chat.url)
    chat.faults.add(Fault("slow", FILES, seconds=1))
    person.send_photo(red_face())
    wait_until(lambda: bool(chat.faults.struck))
    assert server.stop(signal.SIGTERM) == 0
    person.answers(timeout=5)
    assert webhook(chat).url and not webhook(chat).pending_update_count


def test_only_telegram_is_believed(serve: Serve, chat: LocalChat) -> None:
    server, address = serve(**of(chat))
    server.says("Telegram brings messages for @local_bot")
    path = webhook(chat).url.removeprefix(webhook(chat).url.split("/telegram/")[0])  # type: ignore[union-attr]
    update = {"update_id": 1}
    strangers: list[tuple[str, dict[str, str]]] = [
        (path, {}),
        (path, {HEADER: ""}),
        (path, {HEADER: "guess"}),
        (path, {HEADER: "\xe9"}),
        ("/telegram/guess", {HEADER: "guess"}),
    ]
    for asked, headers in strangers:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        assert httpx.post(address + asked, json=update, headers=raw, timeout=60).status_code == 404
    assert httpx.get(address + path, timeout=60).status_code == 405
    assert chat.token.partition(":")[2] not in webhook(chat).url  # type: ignore[operator]
    for page in "/openapi.json", "/metrics":
        assert path.rpartition("/")[2] not in httpx.get(address + page, timeout=60).text


def test_what_is_no_update_is_refused_and_what_the_bot_does_not_know_is_left_alone(
    serve: Serve, chat: LocalChat, balancer: Balancer
) -> None:
    server, _ = serve(**of(chat))
    Person(chat.url).say("hello")
    server.says("Update 1: words")
    here, secret = webhook(chat).url, {HEADER: balancer.headers[HEADER]}
    bodies = [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"[1]",
        b"7",
        b"{}",
        b"[" * 100_000,
        b'{"update_id": 5, "message": {"date": 1}}',
    ]
    asked = [httpx.post(here, content=body, headers=secret, timeout=60).status_code for body in bodies]
    assert asked == [200] * len(bodies)  # else Telegram brings them again and again
    assert httpx.post(here, content=b" " * 2**21, headers=secret, timeout=60).status_code == 200
    assert httpx.post(here, json={"update_id": 6, "from_the_future": {}}, headers=secret, timeout=60).status_code == 200
    assert not [line for line in server.lines if "Traceback" in line]


def test_the_page_is_served_while_telegram_is_away_and_the_bot_when_it_returns(serve: Serve, chat: LocalChat) -> None:
    chat.faults.down = True
    server, address = serve(**of(chat), TRUSTED_HOSTS="photos.example.org")
    server.says("Telegram cannot be reached")
    assert httpx.get(f"{address}/", headers={"Host": "photos.example.org"}, timeout=60).status_code == 200
    chat.faults.down = False
    person = Person(chat.url)
    person.send_photo(red_face())
    person.answers()


def test_photos_of_the_chat_are_counted_like_those_of_the_page(serve: Serve, chat: LocalChat) -> None:
    _, address = serve(**of(chat))
    person = Person(chat.url)
    person.send_photo(red_face())
    person.answers()
    counts = httpx.get(f"{address}/metrics", timeout=60).text
    assert 'photo_answers_total{label="with_mask",model="red-or-blue"} 1.0' in counts


def test_fetching_again_ends_the_webhook(chat: LocalChat, bundle: Path) -> None:
    async def set_webhook() -> None:
        async with Bot(chat.token, f"{chat.url}/bot") as bot:
            await bot.set_webhook("http://127.0.0.1:9/telegram/nobody")

    asyncio.run(set_webhook())
    person = Person(chat.url)
    person.send_photo(red_face())
    with running_bot(chat, Classifier.open(bundle)):
        person.answers()
        assert webhook(chat).url == ""


def refusal(folder: Path, room: str, **settings: str) -> str:
    """The one line with which a process ends that cannot work."""
    process = Process(folder, room=room, PORT="0", **settings)
    assert process.ends() == 1
    return process.lines[-1]


def test_a_bot_that_would_fetch_what_is_brought_says_what_to_start_instead(tmp_path: Path, chat: LocalChat) -> None:
    said = refusal(tmp_path, "bot", **of(chat), WEBHOOK_URL="https://example.org")
    assert said.startswith("Error: WEBHOOK_URL is set") and "start python -m web instead" in said


def test_what_a_webhook_lacks_is_said(tmp_path: Path, bundle: Path, chat: LocalChat) -> None:
    shown = {"MODEL_PATH": str(bundle)}
    assert "TELEGRAM_TOKEN is not" in refusal(tmp_path, "web", WEBHOOK_URL="https://example.org", **shown)
    wrong = refusal(tmp_path, "web", WEBHOOK_URL="example.org", **of(chat), **shown)
    assert wrong.startswith("Error: WEBHOOK_URL='example.org' cannot be used: it must be a web address")
    unknown = {**of(chat), "TELEGRAM_TOKEN": "2:wrong"}
    assert "TELEGRAM_TOKEN is refused" in refusal(
        tmp_path, "web", WEBHOOK_URL="https://example.org", **unknown, **shown
    )
    chat.faults.refuse("setWebhook", 400, "Bad Request: bad webhook: failed to resolve host", times=None)
    refused = refusal(tmp_path, "web", WEBHOOK_URL="https://example.org", **of(chat), **shown)
    assert refused.startswith("Error: WEBHOOK_URL=https://example.org is refused by Telegram: Bad webhook")
