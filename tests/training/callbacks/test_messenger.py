"""Messages reach every service, and nothing that a service does or holds gets in the way."""

import base64
import json
import logging
import pickle
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.twilio import NotifyTwilio
from PIL import Image

from localchat import LocalChat
from tests.person import Person
from tests.training.callbacks.service import PATIENCE, Service
from training.callbacks.messenger import VARIABLE, AddressError, Messenger, read_addresses
from training.callbacks.notify import losses_picture

SECRET = "5ecre7pa55word"
SID = "AC0123456789abcdef0123456789abcdef"
PICTURE = losses_picture([3, 2, 1], [(3, 1.5)])


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


def test_every_service_gets_the_message_and_the_picture() -> None:
    with Service() as one, Service() as other:
        messenger = Messenger([f"json://{one.address}/a", f"json://{other.address}/b"])
        messenger.send("Cats: finished", "accuracy 0.98", PICTURE)
        messenger.close(PATIENCE)
        for service, path in ((one, "/a"), (other, "/b")):
            (request,) = service.requests
            message = json.loads(request.body)
            assert (request.path, message["title"], message["message"]) == (path, "Cats: finished", "accuracy 0.98")
            assert base64.b64decode(message["attachments"][0]["base64"]) == PICTURE


def test_on_telegram_a_message_and_a_picture_arrive_in_the_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalChat(token="123456789:AAabcdefghijklmnopqrstuvwxyz012345678") as chat:
        monkeypatch.setattr(NotifyTelegram, "notify_url", f"{chat.url}/bot")
        person = Person(chat.url, chat=12345)
        person.say("/start")
        messenger = Messenger([f"tgram://{chat.token}/12345"])
        messenger.send("Cats: started", "1 < 2 & *no* Markdown_here")
        messenger.send("Cats: finished", "accuracy 0.98", PICTURE)
        messenger.close(PATIENCE)
        started, finished = person.answers(2)
        assert Image.open(BytesIO(person.picture(finished))).size == Image.open(BytesIO(PICTURE)).size
    assert started["text"].splitlines() == ["Cats: started", "1 < 2 & *no* Markdown_here"]
    assert finished["caption"].splitlines() == ["Cats: finished", "accuracy 0.98"]


def test_on_whatsapp_a_message_goes_by_twilio(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifyTwilio, "notify_sms_url", f"http://{service.address}/{{sid}}/Messages.json")
    messenger = Messenger([f"twilio://{SID}:0123456789abcdef@14155238886/w:+33612345678"])
    messenger.send("Cats: finished", "accuracy 0.98\n" + "word " * 100, PICTURE)
    messenger.close(PATIENCE)
    (request,) = service.requests
    form = parse_qs(request.body.decode())
    assert request.path == f"/{SID}/Messages.json"
    assert (form["From"], form["To"]) == (["whatsapp:+14155238886"], ["whatsapp:+33612345678"])
    assert form["Body"][0].startswith("Cats: finished") and form["Body"][0].count("word") == 100
    assert base64.b64decode(request.headers["Authorization"].split()[1]).decode() == f"{SID}:0123456789abcdef"


@pytest.mark.parametrize(
    "address",
    [
        "mailto://user:password@gmail.com",
        "slack://xoxb-1234-1234-4ddbc191d40ee098cbaae6f3523ada2d/#general",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    ],
)
def test_addresses_of_other_services_are_understood(address: str) -> None:
    Messenger([address]).close()


def test_a_service_that_refuses_is_named_once_and_the_others_get_their_messages(service: Service) -> None:
    said: list[str] = []
    with Service(lambda: 500) as refusing:
        messenger = Messenger([f"json://user:{SECRET}@{refusing.address}", f"json://{service.address}"], said.append)
        for number in range(3):
            messenger.send(str(number), "text")
        messenger.close(PATIENCE)
    assert said == ["Warning: JSON did not accept a message; training continues."]
    assert [json.loads(request.body)["title"] for request in service.requests] == ["0", "1", "2"]


def test_a_service_that_is_down_is_named() -> None:
    said: list[str] = []
    with Service() as gone:
        pass
    messenger = Messenger([f"json://{gone.address}"], said.append)
    messenger.send("title", "text")
    messenger.close(PATIENCE)
    assert len(said) == 1


def test_a_service_that_never_answers_holds_nobody_up_for_long_and_gets_the_last_message_first() -> None:
    answer = threading.Event()

    def slow() -> int:
        answer.wait(PATIENCE)
        return 200

    with Service(slow) as service:
        messenger = Messenger([f"json://{service.address}?rto=60"])
        for number in range(20):
            messenger.send(str(number), "text")
        service.waits_for(1)
        messenger.close(patience=0.2)  # returns, while the first request still waits
        answer.set()
        requests = service.waits_for(2)
        messenger.close(PATIENCE)
    assert [json.loads(request.body)["title"] for request in requests] == ["0", "19"]


def test_addresses_come_from_options_files_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("addresses").write_text("# mine\njson://b\n\n  json://c  json://d\n", "utf-8")
    Path(".env").write_text(f"{VARIABLE}=json://f\n", "utf-8")
    monkeypatch.delenv(VARIABLE, raising=False)
    assert read_addresses(["json://a", "@addresses"]) == ["json://a", "json://b", "json://c", "json://d", "json://f"]
    monkeypatch.setenv(VARIABLE, "json://g json://h")
    assert read_addresses([]) == ["json://g", "json://h"]
    with pytest.raises(AddressError, match=r"The file of addresses nowhere cannot be read \(No such file"):
        read_addresses(["@nowhere"])


@pytest.mark.parametrize("address", [f"tgram://{SECRET}", f"nonsense://{SECRET}", SECRET, f"json://{SECRET}@"])
def test_an_address_that_is_none_is_refused_without_being_told(
    address: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(AddressError, match=r"^Address 2 of 2 is not one") as error:
        Messenger(["json://localhost", address])
    assert SECRET not in str(error.value) + str(error.value.__context__) + caplog.text + "".join(capfd.readouterr())


def test_a_password_is_neither_logged_nor_pickled(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    messenger = Messenger([f"json://user:{SECRET}@{service.address}/{SECRET}?-key={SECRET}", "json://127.0.0.1:1"])
    messenger.send("title", "text")
    messenger.close(PATIENCE)
    assert SECRET in service.requests[0].path
    assert SECRET not in caplog.text
    assert SECRET.encode() not in pickle.dumps(messenger)
    pickle.loads(pickle.dumps(messenger)).send("title", "goes nowhere")
