"""Right or wrong: only who wants it is asked further, and only after a yes somebody else sees a photo."""

import io
import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from bot.handlers import feedback
from localchat import LocalChat
from model import Classifier
from model.faces.finder import FaceFinder
from model.metrics import FEEDBACK
from tests.bot.conftest import LABELS, Meet, RunningBot, running_bot
from tests.bot.photos import blue_face, crowd, no_face, red_face, two_faces
from tests.bundles import make_bundle
from tests.person import Person
from tests.web.serving import wait_until
from training.feedback import LABEL

OPERATOR = 9
Json = dict[str, Any]
_people = itertools.count(100)


@pytest.fixture(scope="module")
def asking_chat() -> Iterator[LocalChat]:
    with LocalChat(0) as chat:
        yield chat


@pytest.fixture(scope="module")
def any_operator(asking_chat: LocalChat) -> Person:
    person = Person(asking_chat.url, chat=OPERATOR)
    person.say("/start")
    return person


@pytest.fixture(scope="module")
def asking(asking_chat: LocalChat, any_operator: Person, classifier: Classifier) -> Iterator[RunningBot]:
    """A bot with an operator, who has read what it said to begin with."""
    with running_bot(asking_chat, classifier, operator_chat_id=OPERATOR, metrics_port=9) as bot:
        any_operator.answers(2)
        yield bot


@pytest.fixture
def operator(any_operator: Person, asking: RunningBot) -> Person:
    """The operator, who has read what earlier tests sent."""
    stats_of(any_operator)
    return any_operator


def stats_of(operator: Person) -> str:
    """What `/stats` answers, after whatever else came before."""
    operator.say("/stats")
    while "Unexpected errors" not in (text := str(operator.answers()[0].get("text"))):
        pass
    return text


@pytest.fixture
def person(asking_chat: LocalChat, asking: RunningBot) -> Person:
    return Person(asking_chat.url, chat=next(_people), name="Grace")


def buttons(message: Json) -> list[str]:
    """What the buttons under a message say."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def words(message: Json) -> str:
    return str(message.get("text") or message["caption"])


def answer_to(person: Person, photo: bytes) -> Json:
    person.send_photo(photo, caption="Grace at home")
    return person.answers()[0]


def go(person: Person, message: Json, *taps: str) -> Json:
    """The message after those buttons were tapped, one after the other."""
    for text in taps:
        person.tap(message, text)
        message = person.changed(message)
    return message


def picture(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file)).convert("RGB")


def is_red(image: Image.Image) -> bool:
    red, _, blue = ImageStat.Stat(image).mean
    return red > blue


def test_right_is_thanked_for_and_counted(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        operator, person = Person(chat.url, chat=OPERATOR), Person(chat.url, chat=1)
        operator.say("/start")
        with running_bot(chat, classifier, operator_chat_id=OPERATOR, metrics_port=9):
            operator.answers(2)
            counted = FEEDBACK.labels("red-or-blue", "with_mask", "right")._value.get()
            answer = answer_to(person, red_face())
            assert buttons(answer) == ["✓ Right", "✗ Wrong"]
            after = go(person, answer, "✓")
            assert "Thanks" in person.notice()
            assert buttons(after) == [] and words(after) == words(answer)
            wait_until(lambda: "said right: 1" in stats_of(operator))
            assert FEEDBACK.labels("red-or-blue", "with_mask", "right")._value.get() == counted + 1


def test_a_wrong_answer_s_photo_goes_to_the_operator_only_after_a_yes_with_the_right_label(
    person: Person, operator: Person
) -> None:
    answer = answer_to(person, red_face())
    asked = go(person, answer, "✗")
    assert words(asked).startswith(words(answer)) and "May I send this photo" in words(asked)
    assert buttons(asked) == ["Yes, send it", "No"]
    choosing = go(person, asked, "Yes")
    assert buttons(choosing) == [
        "mask worn incorrectly",
        "without a mask",
        "not a face",
        "None of these: send nothing",
    ]
    assert_nothing_came_to(operator)
    given = go(person, choosing, "without")
    assert words(given).startswith(words(answer)) and "I've sent it" in words(given) and buttons(given) == []
    received = operator.answers()[0]
    assert received["caption"] == "label: without_mask\nanswer: with_mask"
    assert LABEL.findall(received["caption"]) == ["without_mask"]  # as training reads it
    assert "Grace" not in str(received)
    assert picture(operator.picture(received)).size == (512, 512)


def test_no_sends_nothing(person: Person, operator: Person) -> None:
    asked = go(person, answer_to(person, red_face()), "✗", "No")
    assert "nothing was sent" in words(asked) and buttons(asked) == []
    changed_mind = go(person, answer_to(person, red_face()), "✗", "Yes", "None of these")
    assert "nothing was sent" in words(changed_mind) and buttons(changed_mind) == []
    assert_nothing_came_to(operator)


@pytest.mark.parametrize("number", ["1", "2"])
def test_of_several_faces_the_chosen_one_is_sent_and_no_other(person: Person, operator: Person, number: str) -> None:
    answer = answer_to(person, two_faces())
    asked = go(person, answer, "✗")
    assert "one face from this photo, cut out" in words(asked)
    which = go(person, asked, "Yes")
    assert "Which face" in words(which) and buttons(which) == ["1", "2", "No"]
    assert person.picture(which) != person.picture(answer)  # now it holds the numbers
    choosing = go(person, which, number)
    red = "with a mask" not in buttons(choosing)  # that is what red was answered, and what cannot be right then
    assert ("without a mask" not in buttons(choosing)) is not red
    given = go(person, choosing, "mask worn")
    assert words(given).startswith("I see 2 faces") and "I've sent it" in words(given)
    received = operator.answers()[0]
    assert received["caption"] == f"label: worn_incorrectly\nanswer: {'with_mask' if red else 'without_mask'}"
    cut = picture(operator.picture(received))
    assert max(cut.size) < 512 and is_red(cut) is red
    assert len(FaceFinder().find(cut)) == 1  # which training will find, too


def test_in_a_crowd_a_face_is_chosen_by_the_number_that_stands_at_it_from_the_beginning(
    person: Person, operator: Person
) -> None:
    answer = answer_to(person, crowd(7, 4))
    first, second = words(answer).splitlines()[1:3]
    assert words(answer).startswith("I see 28 faces:") and first.startswith("• 14 ")
    assert {name for name in ("with a mask: ", "without a mask: ") for line in (first, second) if name in line} == {
        "with a mask: ",
        "without a mask: ",
    }
    which = go(person, answer, "✗", "Yes")
    assert buttons(which)[:24] == [str(number) for number in range(1, 25)] and buttons(which)[24:] == ["›", "No"]
    more = go(person, which, "›")
    assert buttons(more) == ["25", "26", "27", "28", "‹", "No"]
    given = go(person, more, "27", "mask worn")
    assert "I've sent it" in words(given)
    cut = picture(operator.picture(operator.answers()[0]))
    with_mask = next(line for line in (first, second) if " with a mask: " in line)
    assert is_red(cut) is ("27" in with_mask.replace(",", "").split())


def test_a_face_that_was_not_found_is_given_whole(person: Person, operator: Person) -> None:
    choosing = go(person, answer_to(person, no_face()), "✗", "Yes")
    assert "not a face" not in buttons(choosing)
    go(person, choosing, "without")
    assert operator.answers()[0]["caption"] == "label: without_mask\nanswer: no_face"


def test_french_people_are_asked_in_french(asking_chat: LocalChat, asking: RunningBot, operator: Person) -> None:
    person = Person(asking_chat.url, chat=next(_people), language="fr")
    answer = answer_to(person, blue_face())
    assert buttons(answer) == ["✓ Juste", "✗ Faux"]
    asked = go(person, answer, "✗")
    assert "Je peux envoyer cette photo" in words(asked)
    given = go(person, asked, "Oui", "masque mal")
    assert "C'est envoyé, avec la bonne réponse\N{NO-BREAK SPACE}: masque mal porté" in words(given)
    assert operator.answers()[0]["caption"].startswith("label: worn_incorrectly\n")


def test_a_photo_that_was_deleted_meanwhile_stays_deleted(person: Person, operator: Person) -> None:
    sent = person.send_photo(red_face())
    choosing = go(person, person.answers()[0], "✗", "Yes")
    person.delete(sent)
    gone = go(person, choosing, "without")
    assert "can't find that photo" in words(gone) and buttons(gone) == []
    assert_nothing_came_to(operator)


def test_an_operator_s_chat_that_refuses_costs_a_kind_word_and_one_line(
    asking_chat: LocalChat, person: Person, operator: Person, caplog: pytest.LogCaptureFixture
) -> None:
    choosing = go(person, answer_to(person, red_face()), "✗", "Yes")
    asking_chat.faults.blocked.add(OPERATOR)
    try:
        refused = go(person, choosing, "without")
    finally:
        asking_chat.faults.clear()
    assert "couldn't deliver it" in words(refused) and buttons(refused) == []
    lines = [record for record in caplog.records if "OPERATOR_CHAT_ID" in record.getMessage()]
    assert len(lines) == 1 and lines[0].levelno == logging.WARNING and lines[0].exc_info is None
    assert_nothing_came_to(operator)


def test_an_answer_too_old_for_telegram_is_said_to_be(person: Person, operator: Person) -> None:
    answer = answer_to(person, red_face())
    person.press(answer, answer["reply_markup"]["inline_keyboard"][0][1]["callback_data"], too_old=True)
    assert "too old" in person.notice()
    assert buttons(person.changed(answer)) == []


def assert_nothing_came_to(operator: Person) -> None:
    """The answer to a new message is the next thing that the operator gets."""
    operator.say("/stats")
    assert "errors:" in operator.answers()[0]["text"]


def tapped(person: Person, message: Json, data: str) -> Json:
    """A tap as Telegram hands it out, whatever buttons the message has."""
    who = {"id": person.chat, "is_bot": False, "first_name": "Ada", "language_code": "en"}
    return {"id": "1", "from": who, "message": message, "chat_instance": "1", "data": data}


def data_of(message: Json, text: str) -> str:
    rows = message["reply_markup"]["inline_keyboard"]
    return next(str(button["callback_data"]) for row in rows for button in row if button["text"].startswith(text))


def test_a_double_click_sends_one_photo(person: Person, operator: Person, asking: RunningBot) -> None:
    choosing = go(person, answer_to(person, red_face()), "✗", "Yes")
    for text in ("without", "without", "None of these"):
        asking.receive(callback_query=tapped(person, choosing, data_of(choosing, text)))
    assert "I've sent it" in words(person.changed(choosing))
    assert operator.answers()[0]["caption"].startswith("label: without_mask")
    assert_nothing_came_to(operator)


def test_a_no_that_comes_while_the_faces_are_numbered_is_a_no(
    person: Person, operator: Person, asking: RunningBot
) -> None:
    asked = go(person, answer_to(person, two_faces()), "✗")
    for text in ("Yes", "No", "Yes"):
        asking.receive(callback_query=tapped(person, asked, data_of(asked, text)))
    assert "nothing was sent" in words(person.changed(asked))
    person.say("/help")
    person.answers()
    person.send_photo(red_face())
    person.answers()  # by now the faces were numbered
    events = [event for event in person.seen if event["type"] == "edit"]
    assert "nothing was sent" in words(events[-1]["message"]) and buttons(events[-1]["message"]) == []


@pytest.mark.parametrize(
    "data",
    ["", "l", "f:l:00000000::1:", "f:q:00000000:0:1:", "f:l:00000000:0:99:", "f:l:00000000:0:1:9.9.1.1", "é" * 60],
)
def test_made_up_data_sends_nothing(person: Person, operator: Person, asking: RunningBot, data: str) -> None:
    answer = answer_to(person, red_face())
    asking.receive(callback_query=tapped(person, answer, data))
    assert "have changed since" in words(person.changed(answer))
    assert_nothing_came_to(operator)


def test_a_photo_that_was_replaced_by_editing_is_not_sent_with_the_other_one_s_label(
    person: Person, operator: Person, asking: RunningBot
) -> None:
    other = answer_to(person, blue_face())
    choosing = go(person, answer_to(person, red_face()), "✗", "Yes")
    edited = {**choosing, "reply_to_message": other["reply_to_message"]}
    asking.receive(callback_query=tapped(person, edited, data_of(choosing, "without")))
    assert "have changed since" in words(person.changed(choosing))
    assert_nothing_came_to(operator)


def test_one_person_gives_so_many_and_no_more(
    person: Person, operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "MOST", 1)
    go(person, answer_to(person, red_face()), "✗", "Yes", "without")
    operator.answers()
    plenty = go(person, answer_to(person, red_face()), "✗", "Yes", "without")
    assert "so many already" in words(plenty)
    assert_nothing_came_to(operator)


def test_nobody_is_asked_under_an_album_a_problem_or_words_nor_in_a_group(
    asking_chat: LocalChat, person: Person
) -> None:
    person.send_album([red_face(), blue_face()])
    person.send_file(b"no photo", "photo.jpg", "image/jpeg")
    person.say("/help")
    in_group = Person(asking_chat.url, chat=next(_people), group=-next(_people))
    in_group.send_photo(red_face(), "@local_bot")
    for message in [*person.answers(3), *in_group.answers()]:
        assert buttons(message) == []


def test_nobody_is_asked_where_no_operator_could_get_it(meet: Meet) -> None:
    person = meet()
    assert buttons(answer_to(person, red_face())) == []
    person.say("/privacy")
    assert "Nobody else ever sees it" in person.answers()[0]["text"]


def test_privacy_says_what_becomes_of_a_given_photo(person: Person) -> None:
    person.say("/privacy")
    said = person.answers()[0]["text"]
    assert "if you tell me an answer is wrong and then say yes" in said and "never shown" not in said


def test_taps_before_and_after_a_restart_belong_together(classifier: Classifier, tmp_path: Path) -> None:
    others = Classifier.open(make_bundle(tmp_path, (*LABELS[:2], "visor")), "onnx")
    with LocalChat(0) as chat:
        operator, person = Person(chat.url, chat=OPERATOR), Person(chat.url)
        operator.say("/start")
        with running_bot(chat, classifier, operator_chat_id=OPERATOR):
            answers = [answer_to(person, photo) for photo in (red_face(), two_faces(), blue_face(), red_face())]
            asked = [go(person, answer, "✗") for answer in answers]
        with running_bot(chat, classifier, operator_chat_id=OPERATOR):
            assert "I've sent it" in words(go(person, asked[0], "Yes", "without"))
            assert "I've sent it" in words(go(person, asked[1], "Yes", "2", "mask worn"))
        captions = [message["caption"] for message in operator.answers(6) if "caption" in message]
        assert [caption.split("\n")[0] for caption in captions] == ["label: without_mask", "label: worn_incorrectly"]
        with running_bot(chat, others, operator_chat_id=OPERATOR):  # which has learned other labels
            assert "have changed since" in words(go(person, asked[2], "Yes"))
        with running_bot(chat, classifier):  # whose operator takes no photos any more
            assert "Nobody is collecting photos" in words(go(person, asked[3], "Yes"))
