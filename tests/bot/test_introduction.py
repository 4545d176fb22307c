"""What the bot tells Telegram about itself at its start."""

import io
import logging

import httpx
import pytest
from PIL import Image

from bot.introduction import PHOTO
from localchat import LocalChat
from model import Classifier
from tests.bot.conftest import running_bot
from tests.web.serving import wait_until


def photos(chat: LocalChat) -> int:
    """How many profile photos the bot has."""
    asked = {"user_id": chat._telegram.bot["id"]}
    answer = httpx.get(f"{chat.url}/bot{chat.token}/getUserProfilePhotos", params=asked, trust_env=False)
    return int(answer.json()["result"]["total_count"])


def test_a_bot_without_a_profile_photo_gets_one_and_a_second_start_adds_none(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        with running_bot(chat, classifier):
            wait_until(lambda: photos(chat) == 1)
        with running_bot(chat, classifier):
            wait_until(lambda: "ar" in chat._telegram.profile._texts["description"])  # which comes after the photo
        assert photos(chat) == 1


def test_an_operator_s_own_profile_photo_stays(classifier: Classifier) -> None:
    with LocalChat(0) as chat:
        own = [{"file_id": "own", "file_unique_id": "own", "width": 1, "height": 1}]
        chat._telegram.profile.photos.append(own)
        with running_bot(chat, classifier):
            wait_until(lambda: "ar" in chat._telegram.profile._texts["description"])
        assert chat._telegram.profile.photos == [own]


def test_a_profile_photo_that_is_refused_is_said_once_and_changes_nothing(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.introduction.PHOTO", PHOTO.with_name("__init__.py"))
    with LocalChat(0) as chat, running_bot(chat, classifier):
        wait_until(lambda: "ar" in chat._telegram.profile._texts["description"])
        assert photos(chat) == 0
    lines = [record for record in caplog.records if "profile photo" in record.getMessage()]
    assert len(lines) == 1 and lines[0].levelno == logging.WARNING


def test_the_photo_is_a_small_square_that_telegram_takes() -> None:
    photo = Image.open(io.BytesIO(PHOTO.read_bytes()))
    assert photo.format == "JPEG" and photo.size == (640, 640) and PHOTO.stat().st_size < 40_000
