"""Teaching in the chat: the operator sends photos with their names, and everybody gets the new answers."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from localchat import LocalChat
from model import Classifier
from model.teaching.examples import Examples
from model.teaching.kept_file import NAME
from tests.bot.conftest import RunningBot, running_bot
from tests.bot.photos import encoded
from tests.person import Person
from tests.training.shapes import shape_photo

OPERATOR = 9
BUILT = 5


def photo(kind: str, seed: int) -> bytes:
    return encoded(shape_photo(kind, seed))


def album(kind: str, start: int = 0, count: int = BUILT) -> list[bytes]:
    return [photo(kind, start + seed) for seed in range(count)]


def teach(operator: Person, kind: str, label: str, start: int = 0, count: int = BUILT) -> str:
    """What the bot says after an album of that kind."""
    operator.send_album(album(kind, start, count), caption=label)
    return str(operator.answers()[0]["text"])


@pytest.fixture
def chat() -> Iterator[LocalChat]:
    with LocalChat(0) as chat:
        yield chat


@pytest.fixture
def operator(chat: LocalChat) -> Person:
    person = Person(chat.url, chat=OPERATOR)
    person.say("/start")
    return person


@pytest.fixture
def bot(chat: LocalChat, operator: Person, classifier: Classifier, tmp_path: Path) -> Iterator[RunningBot]:
    with running_bot(chat, classifier, operator_chat_id=OPERATOR, state_dir=tmp_path / "state") as bot:
        operator.answers(2)  # what it says when it starts, and to /start
        yield bot


def say(operator: Person, text: str) -> str:
    operator.say(text)
    return str(operator.answers()[0]["text"])


def test_two_things_are_taught_and_everybody_gets_the_answers(
    chat: LocalChat, operator: Person, bot: RunningBot
) -> None:
    assert "caption" in say(operator, "/teach")
    assert "one photo" not in teach(operator, "circle", "mug")
    answer = teach(operator, "square", "Plant")
    assert answer.startswith("mug: 5, Plant: 5")
    assert "right on" in answer
    person = Person(chat.url, chat=1)
    for kind, label in (("circle", "mug"), ("square", "Plant")):
        person.send_photo(photo(kind, 100))
        assert person.answers()[0]["text"].startswith(f"Looks like this: {label}.")
    person.send_photo(encoded(Image.effect_noise((200, 200), 120).convert("RGB")))
    assert person.answers()[0]["text"] == "This doesn't look like any of these: mug, Plant."
    assert "mug or Plant" in say(person, "/start")
    assert "numbers" in say(person, "/privacy")


def test_what_was_taught_outlives_a_restart_in_a_folder(
    chat: LocalChat, operator: Person, classifier: Classifier, tmp_path: Path
) -> None:
    kept = {"operator_chat_id": OPERATOR, "state_dir": tmp_path}
    with running_bot(chat, classifier, **kept):
        operator.answers(2)
        say(operator, "/teach")
        teach(operator, "circle", "mug")
        teach(operator, "square", "plant")
    operator.answers()  # that it stopped
    with running_bot(chat, classifier, **kept):
        operator.answers()
        assert teach(operator, "square", "plant", start=40, count=1).startswith(
            "mug: 5, plant: 6"
        )  # it still is taught
        say(operator, "/done")
        operator.send_photo(photo("square", 50))
        assert operator.answers()[0]["text"].startswith("Looks like this: plant.")
    assert Examples.read((tmp_path / NAME).read_bytes()).counts == {"mug": 5, "plant": 6}


def test_without_a_folder_it_is_kept_in_a_pinned_document(
    chat: LocalChat, operator: Person, classifier: Classifier
) -> None:
    with running_bot(chat, classifier, operator_chat_id=OPERATOR):
        operator.answers(2)
        operator.say("/teach")
        pinned, _ = operator.answers(2)
        assert pinned["document"]["file_name"] == NAME
        assert teach(operator, "circle", "mug").startswith("mug: 5")  # the document is replaced, no further one is sent
        teach(operator, "square", "plant")
        say(operator, "/done")
    operator.answers()
    with running_bot(chat, classifier, operator_chat_id=OPERATOR):
        operator.answers()
        operator.send_photo(photo("circle", 50))
        assert operator.answers()[0]["text"].startswith("Looks like this: mug.")


def test_a_photo_without_a_caption_is_named_by_a_button_or_by_a_reply(operator: Person, bot: RunningBot) -> None:
    say(operator, "/teach")
    sent = operator.send_photo(photo("circle", 1))
    [question] = operator.answers()
    assert question["text"] == "What is this?"
    operator.tap(question, "Something new")
    assert operator.changed(question)["text"] == "Reply to your photo with what it is."
    operator.say("mug", reply_to=sent)
    assert operator.answers()[0]["text"].startswith("mug: 1")
    operator.send_photo(photo("circle", 2))
    [question] = operator.answers()
    operator.tap(question, "mug")
    assert operator.changed(question)["text"].startswith("mug: 2")


def test_a_wrong_answer_is_corrected_at_once(operator: Person, bot: RunningBot) -> None:
    say(operator, "/teach")
    teach(operator, "circle", "mug")
    teach(operator, "square", "plant")
    say(operator, "/done")
    operator.send_photo(photo("circle", 70))
    [answer] = operator.answers()
    operator.tap(answer, "✗")
    choosing = operator.changed(answer)
    operator.tap(choosing, "plant")
    assert "mug: 5, plant: 6" in operator.changed(choosing)["text"]


def test_steps_are_taken_back_forgotten_renamed_and_said_otherwise(operator: Person, bot: RunningBot) -> None:
    say(operator, "/teach")
    teach(operator, "circle", "mug")
    teach(operator, "square", "plant")
    assert teach(operator, "square", "plant", start=20, count=2).startswith("mug: 5, plant: 7")
    assert say(operator, "/undo").endswith("mug: 5, plant: 5")
    assert say(operator, "/rename plant = tree").endswith("mug: 5, tree: 5")
    assert "a mug" in say(operator, "/words mug = a mug | fr: une tasse")
    assert "/rename OLD = NEW" in say(operator, "/rename nothing")
    say(operator, "/done")
    operator.send_photo(photo("circle", 30))
    assert operator.answers()[0]["text"].startswith("Looks like a mug.")
    assert say(operator, "/forget tree").endswith("mug: 5")
    operator.send_photo(photo("circle", 31))
    assert operator.answers()[0]["text"].startswith("I can't find a face")
    assert "everything" in say(operator, "/forget all")
    assert "something else" in say(operator, "/learn")


def test_a_photo_that_is_taught_twice_counts_once(operator: Person, bot: RunningBot) -> None:
    say(operator, "/teach")
    sent = operator.send_photo(photo("circle", 1), caption="mug")
    assert operator.answers()[0]["text"].startswith("mug: 1")
    operator.say("cup", reply_to=sent)
    assert operator.answers()[0]["text"].startswith("cup: 1")


def test_learning_says_which_photos_are_hardest(operator: Person, bot: RunningBot) -> None:
    say(operator, "/teach")
    teach(operator, "circle", "mug")
    teach(operator, "square", "plant")
    operator.say("/learn")
    figures, *hardest = operator.answers(3)
    assert "right on" in figures["text"]
    assert all(message["reply_to_message"]["photo"] for message in hardest)


def test_what_was_taught_is_exported_as_a_bundle(operator: Person, bot: RunningBot, tmp_path: Path) -> None:
    say(operator, "/teach")
    teach(operator, "circle", "mug")
    teach(operator, "square", "plant")
    say(operator, "/words mug = a mug | fr: une tasse")
    operator.say("/export")
    [message] = operator.answers()
    with zipfile.ZipFile(io.BytesIO(operator.document(message))) as zipped:
        zipped.extractall(tmp_path / "unpacked")
    exported = Classifier.open(tmp_path / "unpacked" / "taught")
    answer = exported.predict(photo("square", 200))
    assert (answer.label, bool(answer.looks)) == ("plant", True)
    assert exported.bundle.words("mug", "fr").name == "une tasse"


def test_a_photo_that_somebody_gave_is_taught_by_a_tap(chat: LocalChat, operator: Person, bot: RunningBot) -> None:
    say(operator, "/teach")
    teach(operator, "circle", "mug")
    teach(operator, "square", "plant")
    person = Person(chat.url, chat=1)
    person.send_photo(photo("circle", 80))
    [message] = person.answers()
    for tap in ("✗", "Yes", "plant"):
        person.tap(message, tap)
        message = person.changed(message)
    [given] = operator.answers()
    assert given["caption"].startswith("label: plant\n")
    operator.tap(given, "Teach this")
    assert "reply_markup" not in operator.changed(given)
    assert operator.answers()[0]["text"].startswith("mug: 5, plant: 6")


def test_only_the_operator_teaches(chat: LocalChat, operator: Person, bot: RunningBot) -> None:
    person = Person(chat.url, chat=1)
    assert "don't know" in say(person, "/teach")
    person.send_photo(photo("circle", 1), caption="mug")
    assert person.answers()[0]["text"].startswith("I can't find a face")


def test_a_full_disk_is_said_and_nothing_is_taught(
    chat: LocalChat, operator: Person, classifier: Classifier, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "state"
    in_the_way.write_text("not a folder")
    with running_bot(chat, classifier, operator_chat_id=OPERATOR, state_dir=in_the_way):
        operator.answers(3)  # one of them says what is wrong with the folder
        assert "kept" in say(operator, "/teach")
        assert "something else" in say(operator, "/learn")


def test_a_damaged_file_is_left_where_it_is_and_said(
    chat: LocalChat, operator: Person, classifier: Classifier, tmp_path: Path
) -> None:
    (tmp_path / NAME).write_bytes(b"something else")
    with running_bot(chat, classifier, operator_chat_id=OPERATOR, state_dir=tmp_path):
        told = [message["text"] for message in operator.answers(3)]
        assert any("the file is damaged" in text for text in told)
    assert (tmp_path / NAME).read_bytes() == b"something else"
