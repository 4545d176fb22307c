"""A learner reaches the hub while it is trained and at the end, as a bundle that serves, with a card the hub can read."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import yaml
from fastai.callback.core import Callback
from fastai.learner import Learner
from fastai.torch_core import set_seed
from PIL import Image

from model.bundle import ANSWERS, CARD, MANIFEST, ONNX, PICKLE, SHIPPED, Manifest
from model.classifier import Classifier
from tests.bundles import make_bundle
from tests.hub import SOMEBODY, Hub
from tests.training.callbacks.learners import make_learner as make_numbers
from tests.training.learners import make_learner, save_photos
from training.callbacks.hub import CHECKPOINTS, HubError, PushToHub, Uploads
from training.callbacks.hub_card import write_hub_card
from training.export.bundle import export_classifier

REPO = f"{SOMEBODY}/cats"
BUNDLE = {ONNX, PICKLE, MANIFEST, ANSWERS, CARD}


@pytest.fixture(scope="module")
def running() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def hub(running: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    running.connect(monkeypatch, tmp_path / "cache")
    running.repositories.clear()
    running.refuses = 0
    running.commits_may_go_on.set()
    return running


def titles(hub: Hub) -> list[str]:
    return [commit.title for commit in hub.repositories[REPO].commits[1:]]


def fake_export(learner: Learner, folder: Path) -> None:
    """A bundle in no time, whatever the learner is."""
    make_bundle(folder)
    torch.rand(3)  # an export may draw random numbers


def fit(push: Callback | list[Callback], epochs: int = 2) -> Learner:
    learner = make_numbers()
    with learner.no_bar(), learner.no_logging():
        learner.fit(epochs, cbs=push)
    return learner


class Waits(Callback):
    """Waits at each epoch's end until what was pushed has arrived."""

    order = 90

    def __init__(self, uploads: Uploads):
        super().__init__()
        self.uploads = uploads

    def after_epoch(self) -> None:
        self.uploads.wait()


def test_a_learner_of_photos_arrives_as_a_bundle_that_serves(hub: Hub, tmp_path: Path) -> None:
    save_photos(tmp_path / "photos")
    learner = make_learner(tmp_path / "photos")
    with PushToHub(Uploads(REPO), export_classifier) as push, learner.no_bar(), learner.no_logging():
        learner.fit(1, cbs=push)
    assert titles(hub) == ["Trained"]
    assert hub.repositories[REPO].private
    assert set(hub.repositories[REPO].commits[-1].files) == BUNDLE | {".gitattributes"}
    answer = Classifier.open(f"hf://{REPO}").predict(Image.new("RGB", (50, 50), "red"))
    assert answer.label in ("cat", "dog")


def test_the_card_says_what_the_hub_wants_to_know(hub: Hub, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / CARD).write_text("# Cats\n\nThey purr.\n", "utf-8")
    with PushToHub(Uploads(REPO), fake_export) as push:
        push.push_bundle(bundle)
    head, text = hub.repositories[REPO].commits[-1].files[CARD].decode().removeprefix("---\n").split("\n---\n")
    facts = yaml.safe_load(head)
    assert (facts["library_name"], facts["pipeline_tag"]) == ("fastai", "image-classification")
    assert facts["metrics"] == ["accuracy"] and {"onnx", "fastai"} <= set(facts["tags"])
    assert "model-index" not in facts  # its accuracy was not measured
    assert text == "\n# Cats\n\nThey purr.\n"
    assert (bundle / CARD).read_text("utf-8") == "# Cats\n\nThey purr.\n"


def test_the_card_of_the_shipped_bundle_has_its_accuracy_and_one_head(tmp_path: Path) -> None:
    for name in (MANIFEST, CARD):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    for _ in range(2):
        write_hub_card(tmp_path)
    head, text = (tmp_path / CARD).read_text("utf-8").removeprefix("---\n").split("\n---\n", 1)
    index = yaml.safe_load(head)["model-index"][0]
    metric = index["results"][0]["metrics"][0]
    figures = Manifest.model_validate_json((SHIPPED / MANIFEST).read_bytes()).figures
    assert (metric["type"], metric["value"]) == ("accuracy", figures["held_out"]["accuracy"]["share"])
    assert text.strip() == (SHIPPED / CARD).read_text("utf-8").strip()


def test_each_epoch_is_pushed_while_training_goes_on(hub: Hub) -> None:
    uploads = Uploads(REPO)
    with PushToHub(uploads, fake_export, "epoch") as push:
        fit([push, Waits(uploads)])
    assert titles(hub) == ["Epoch 1 of 2", "Epoch 2 of 2", "Trained"]
    first = hub.repositories[REPO].commits[1].files[CARD].decode()
    assert "Epoch 1 of 2. train_loss 0." in first and "accuracy 0." in first


def test_steps_are_pushed_when_asked_for(hub: Hub) -> None:
    uploads = Uploads(REPO)
    with PushToHub(uploads, fake_export, 3) as push:
        fit([push, Waits(uploads)])
    assert titles(hub)[0] == "Step 3" and titles(hub)[-1] == "Trained"


def test_a_slow_upload_holds_no_training_up_and_the_last_state_arrives(hub: Hub) -> None:
    hub.commits_may_go_on.clear()
    uploads = Uploads(REPO)
    with PushToHub(uploads, fake_export, "epoch") as push:
        fit(push, epochs=3)  # ends, although the first upload does not
        assert uploads.busy and not titles(hub)
        threading.Timer(0.05, hub.commits_may_go_on.set).start()
    assert titles(hub) == ["Epoch 1 of 3", "Trained"]


def test_pushing_does_not_change_what_is_trained(hub: Hub) -> None:
    class Draws(Callback):
        """Uses random numbers, as augmentation does."""

        def before_batch(self) -> None:
            self.learn.xb = (self.xb[0] + torch.rand(1) / 10,)

    def trained(*callbacks: Callback) -> torch.Tensor:
        set_seed(7)
        return fit([Draws(), *callbacks]).model[0].weight

    with PushToHub(Uploads(REPO), fake_export, 1) as push:
        assert torch.equal(trained(push), trained())


def test_what_going_on_needs_is_pushed_too_and_no_pictures(hub: Hub, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in ("last.pth", "best.pth", "options.yaml", "history.csv", "samples.png"):
        (run / name).write_text(name)
    with PushToHub(Uploads(REPO), fake_export, "end", checkpoints=run) as push:
        fit(push)
    files = hub.repositories[REPO].commits[-1].files
    kept = {f"{CHECKPOINTS}/{name}" for name in ("last.pth", "best.pth", "options.yaml", "history.csv")}
    assert {name for name in files if "/" in name} == kept
    assert files[f"{CHECKPOINTS}/last.pth"] == b"last.pth"


def test_a_model_file_that_the_new_bundle_does_not_have_is_removed(hub: Hub, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / PICKLE).write_bytes(b"of before")
    uploads = Uploads(REPO)
    with PushToHub(uploads, fake_export) as push:
        push.push_bundle(bundle)
        (bundle / PICKLE).unlink()
        push.push_bundle(bundle)
    before, after = (set(commit.files) for commit in hub.repositories[REPO].commits[1:])
    assert before - after == {PICKLE}


def test_an_upload_that_fails_is_said_and_training_goes_on_but_the_end_is_an_error(hub: Hub) -> None:
    said: list[str] = []
    uploads = Uploads(REPO, said.append)
    hub.refuses = 403
    with (
        pytest.raises(HubError, match=f"{REPO} does not hold the last state"),
        PushToHub(uploads, fake_export, 4) as push,
    ):
        fit(push)
    assert any(line.startswith(f"Warning: 'Step 4' was not pushed to {REPO} (") for line in said)
    assert not titles(hub)


def test_an_interrupted_training_pushes_nothing_more(hub: Hub) -> None:
    class Interrupts(Callback):
        def after_epoch(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), PushToHub(Uploads(REPO), fake_export, "end") as push:
        fit([push, Interrupts()])
    assert not titles(hub)


@pytest.mark.parametrize("repository", ["a b/c", "a/b/c"])
def test_a_name_that_is_none_is_said_before_anything_is_trained(hub: Hub, repository: str) -> None:
    with pytest.raises(HubError, match=f"'{repository}' is not a repository name; write USER/REPO"):
        Uploads(repository)


def test_a_wrong_token_is_said_before_anything_is_trained(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(HubError, match=rf"{REPO} cannot be pushed to \(.*401.*\): is HF_TOKEN a token") as error:
        Uploads(REPO)
    assert "hf_wrong" not in str(error.value)


def test_somebody_elses_repository_is_said_before_anything_is_trained(hub: Hub) -> None:
    with pytest.raises(HubError, match=r"else/cats cannot be pushed to \(.*403"):
        Uploads("else/cats")
