"""People are told when a run starts, how far it is, and how it ended, whatever learner it is and however it ends."""

import base64
import json
import pickle
import re
import signal
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from fastai.callback.core import Callback, CancelFitException
from PIL import Image

from tests.training.callbacks.learners import make_learner
from tests.training.callbacks.service import Service
from training.callbacks.messenger import Messenger
from training.callbacks.notify import Notify, how_it_ended
from training.callbacks.text import duration


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


def notify(service: Service, **settings: Any) -> Notify:
    return Notify(Messenger([f"json://secret:5ecret@{service.address}"]), name="Numbers", **settings)


def messages(service: Service) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in service.requests]


class Breaks(Callback):
    """Raises something in the second epoch."""

    def __init__(self, error: BaseException):
        super().__init__()
        self.error = error

    def before_epoch(self) -> None:
        if self.epoch == 1:
            raise self.error


def quietly_fit(*callbacks: Callback, epochs: int = 4) -> None:
    learner = make_learner()
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(epochs, cbs=callbacks)


def test_a_run_is_told_from_its_start_to_its_end(service: Service) -> None:
    with notify(service, every=2) as callback:
        quietly_fit(callback)
        callback.note("The bundle is in bundle/.")
    started, second, fourth, finished = messages(service)
    assert started["title"] == "Numbers: started"
    assert re.search(
        r"On \S+, \d+ processor cores\.\n32 items to learn from, 8 held out; 4 epochs to train, about \d+ s\.",
        started["message"],
    )
    assert [second["title"], fourth["title"]] == ["Numbers: epoch 2 of 4", "Numbers: epoch 4 of 4"]
    assert re.fullmatch(
        r"train_loss [\d.]+, valid_loss [\d.]+, accuracy [\d.]+\nAbout \d+ s to go\.", second["message"]
    )
    assert "to go" not in fourth["message"]
    assert re.fullmatch(r"Numbers: finished after \d+ s", finished["title"])
    assert re.fullmatch(r"The bundle is in bundle/\.\ntrain_loss .*, accuracy [\d.]+", finished["message"])
    picture = Image.open(BytesIO(base64.b64decode(finished["attachments"][0]["base64"])))
    assert picture.format == "PNG" and picture.width > 400
    assert not started["attachments"]


def test_two_fits_of_one_run_are_one_story(service: Service) -> None:
    learner = make_learner()
    with notify(service, epochs=4, every=3) as callback, learner.no_bar(), learner.no_logging():
        learner.fine_tune(3, freeze_epochs=1, cbs=callback)
    titles = [message["title"] for message in messages(service)]
    assert titles[:2] == ["Numbers: started", "Numbers: epoch 3 of 4"] and "finished" in titles[2] and len(titles) == 3
    assert "; 4 epochs to train, about" in messages(service)[0]["message"]


def test_epochs_that_a_resumed_run_skips_are_counted_but_not_told(service: Service) -> None:
    learner = make_learner()
    with notify(service, every=1) as callback, learner.no_bar(), learner.no_logging():
        learner.fit(4, start_epoch=2, cbs=callback)
    titles = [message["title"] for message in messages(service)]
    assert titles[:3] == ["Numbers: started", "Numbers: epoch 3 of 4", "Numbers: epoch 4 of 4"]
    assert "; 2 epochs to train, about" in messages(service)[0]["message"]


@pytest.mark.parametrize(
    ("error", "title", "reason"),
    [
        (ValueError("no such file"), "failed", "ValueError: .*no such file"),
        (KeyboardInterrupt(), "interrupted", r"By Ctrl-C or SIGTERM\."),
        (SystemExit("Error: the disk is full"), "failed", "Error: the disk is full"),
        (SystemExit(128 + signal.SIGTERM), "interrupted", r"By SIGTERM\."),
        (SystemExit(3), "failed", r"Exit code 3\."),
    ],
)
def test_the_end_of_a_broken_run_is_told_with_its_reason(
    service: Service, error: BaseException, title: str, reason: str
) -> None:
    with pytest.raises(type(error)), notify(service) as callback:
        quietly_fit(callback, Breaks(error))
    _, broken = messages(service)
    assert broken["title"].startswith(f"Numbers: {title} after")
    assert re.match(f"{reason}\ntrain_loss .*accuracy", broken["message"])
    assert broken["attachments"]


def test_an_interruption_that_a_command_puts_into_words_is_still_one() -> None:
    def command() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            sys.exit("Interrupted: nothing was written.")

    with pytest.raises(SystemExit) as ended:
        command()
    assert how_it_ended(ended.value) == ("interrupted", "Interrupted: nothing was written.")


def test_a_run_that_breaks_before_it_trains_is_told_too(service: Service) -> None:
    with pytest.raises(OSError, match="no photos"), notify(service):
        raise OSError("no photos")
    (broken,) = messages(service)
    assert broken["message"] == "OSError: no photos" and not broken["attachments"]


def test_a_fit_that_a_callback_ends_early_has_finished(service: Service) -> None:
    with notify(service) as callback:
        quietly_fit(callback, Breaks(CancelFitException()))
    assert "finished" in messages(service)[-1]["title"]


def test_looking_for_a_learning_rate_is_no_run(service: Service) -> None:
    learner = make_learner()
    with notify(service, every=1) as callback, learner.no_bar(), learner.no_logging():
        learner.add_cb(callback)
        learner.lr_find(num_it=8, show_plot=False)
    (finished,) = messages(service)
    assert finished["message"] == "Nothing was trained."


def test_other_processes_of_a_distributed_run_say_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with notify(service, every=1) as callback:
        quietly_fit(callback)
    assert not service.requests


def test_a_service_that_fails_leaves_the_training_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with Service(lambda: 503) as refusing, notify(refusing, every=1) as callback:
        quietly_fit(callback)
    assert capsys.readouterr().out.count("Warning: JSON did not accept a message") == 1


def test_a_learner_exported_with_the_callback_holds_no_password(service: Service) -> None:
    learner = make_learner()
    with notify(service) as callback:
        learner.add_cb(callback)
        assert b"Notify" in pickle.dumps(learner) and b"5ecret" not in pickle.dumps(learner)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")]
)
def test_durations_read_well(seconds: float, words: str) -> None:
    assert duration(seconds) == words
