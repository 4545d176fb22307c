"""The bot says what its bundle can tell apart, whatever that is."""

from pathlib import Path

from localchat import LocalChat
from model import Classifier
from tests.bot.conftest import running_bot
from tests.bot.photos import blue_face, no_face, red_face
from tests.bundles import make_bundle
from tests.person import Person


def test_a_bundle_without_faces_makes_a_bot_that_answers_whole_photos(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, ("cat", "guinea_pig"), find_faces=False, gain=400)
    with LocalChat(0) as chat, running_bot(chat, Classifier.open(bundle, "onnx")):
        person = Person(chat.url)
        person.say("/start")
        assert "cat or guinea pig" in person.answers()[0]["text"]
        person.send_photo(red_face())
        assert person.answers()[0]["text"].startswith("Looks like this: cat.")
        person.send_photo(blue_face())
        assert person.answers()[0]["text"].startswith("Looks like this: guinea pig.")


def test_a_bundle_that_is_rarely_sure_makes_a_bot_that_says_so(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, ("cat", "dog"), find_faces=False, gain=0, bias=0.5)
    with LocalChat(0) as chat, running_bot(chat, Classifier.open(bundle, "onnx")):
        person = Person(chat.url, language="fr")
        person.send_photo(no_face())
        assert person.answers()[0]["text"].startswith("Je ne suis pas sûr. Je dirais\N{NO-BREAK SPACE}: cat (62")
