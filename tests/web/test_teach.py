"""Teaching on the page, in a browser."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect
from pydantic import SecretStr

from model import Classifier
from model.teaching.examples import Examples
from model.teaching.kept_file import NAME
from tests.bot.photos import encoded
from tests.training.shapes import shape_photo
from tests.web.pages import ARTEFACTS, RULES
from tests.web.serving import served
from web.models import Models

SECRET = "correct horse"
NOISE = encoded(Image.effect_noise((200, 200), 120).convert("RGB"))
Open = Callable[..., Page]


def photo(kind: str, seed: int) -> bytes:
    return encoded(shape_photo(kind, seed))


def files(kind: str, start: int = 0, count: int = 5) -> list[FilePayload]:
    return [
        {"name": f"{kind}{seed}.jpg", "mimeType": "image/jpeg", "buffer": photo(kind, seed)}
        for seed in range(start, start + count)
    ]


@pytest.fixture
def open_teaching(browser: Browser) -> Iterator[Open]:
    """Opens the tab as somebody sees it; the options are a browser context's."""
    contexts = []

    def open_teaching(address: str, **options: Any) -> Page:
        context = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{address}/teach")
        return page

    yield open_teaching
    for context in contexts:
        context.close()


def box(page: Page, label: str) -> Any:
    return page.get_by_role("region", name=label, exact=True)


def add_label(page: Page, label: str) -> None:
    page.locator("#new-name").fill(label)
    page.get_by_role("button", name="Add a label").click()


def teach(page: Page, label: str, photos: list[FilePayload]) -> None:
    add_label(page, label)
    box(page, label).locator(".files").set_input_files(photos)
    expect(box(page, label).locator(".count")).to_have_text(f"{len(photos)} photos")


def teach_two(page: Page) -> None:
    teach(page, "mug", files("circle"))
    expect(page.locator("#learned")).to_have_text(
        "Now send photos of something else, so that I can tell the two apart."
    )
    teach(page, "plant", files("square"))
    expect(page.locator("#learned")).to_contain_text("right on")


def ask(page: Page, data: bytes) -> None:
    page.set_input_files("#photo", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data})


def outcome(page: Page) -> Any:
    return page.locator("#outcome")


def test_two_things_are_taught_and_then_asked_about(open_teaching: Open, models: Models, tmp_path: Path) -> None:
    with served(models, state_dir=tmp_path) as address:
        page = open_teaching(address)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        teach_two(page)
        expect(page.locator(".photos li.hard")).to_have_count(2)
        expect(page.locator("#learned")).to_contain_text("hardest are marked")
        page.get_by_role("link", name="Ask about a photo").click()
        expect(page.get_by_label("Model")).to_have_value("taught")
        page.wait_for_load_state()
        ask(page, photo("circle", 100))
        expect(outcome(page)).to_have_text("Looks like this: mug.")
        ask(page, photo("square", 100))
        expect(outcome(page)).to_have_text("Looks like this: plant.")
        ask(page, NOISE)
        expect(outcome(page)).to_have_text("This doesn't look like any of these: mug, plant.")
        assert said == []
        assert httpx.get(f"{address}/api/models").json()["models"][-1]["labels"] == ["mug", "plant"]
        assert "taught" in str(httpx.get(f"{address}/openapi.json").json()["paths"]["/api/predict"])
        answer = httpx.post(
            f"{address}/api/predict", files={"photo": photo("circle", 101)}, data={"model": "taught"}, timeout=60
        )
        assert answer.json()["label"] == "mug"
    with served(models, state_dir=tmp_path) as address:  # a restart goes on
        page = open_teaching(address)
        expect(box(page, "plant").locator(".count")).to_have_text("5 photos")
        box(page, "plant").locator(".files").set_input_files(files("square", start=40, count=1))
        expect(box(page, "plant").locator(".count")).to_have_text("6 photos")
    assert Examples.read((tmp_path / NAME).read_bytes()).counts == {"mug": 5, "plant": 6}


def test_steps_are_taken_back_renamed_and_forgotten(open_teaching: Open, models: Models, tmp_path: Path) -> None:
    with served(models) as address:
        page = open_teaching(address)
        page.on("dialog", lambda dialog: dialog.accept())
        teach_two(page)
        with page.expect_download() as started:
            page.get_by_role("link", name="Download").click()
        with zipfile.ZipFile(io.BytesIO(started.value.path().read_bytes())) as zipped:
            zipped.extractall(tmp_path)
        assert Classifier.open(tmp_path / "taught").predict(photo("square", 200)).label == "plant"
        box(page, "plant").locator(".name").fill("tree")
        box(page, "plant").locator(".name").press("Enter")
        expect(box(page, "tree").locator(".photos li")).to_have_count(5)
        box(page, "tree").get_by_role("button", name="Remove photo").first.click()
        expect(page.locator("#learned")).to_have_text("“tree” needs 1 more: 5 at least.")
        expect(page.get_by_role("link", name="Ask about a photo")).to_be_hidden()
        page.get_by_role("button", name="Undo").click()
        expect(box(page, "tree").locator(".count")).to_have_text("0 photos")
        box(page, "mug").get_by_role("button", name="Remove label").click()
        expect(box(page, "mug")).to_have_count(0)
        expect(page.get_by_role("button", name="Forget everything")).to_be_disabled()
        assert "taught" not in httpx.get(f"{address}/api/models").text
        expect(page.get_by_text("only until the server stops")).to_be_visible()


@pytest.mark.parametrize("way", ["key", "pointer"])
def test_photos_are_recorded_while_a_button_is_held(open_teaching: Open, models: Models, way: str) -> None:
    with served(models) as address:
        page = open_teaching(address, permissions=["camera"])
        add_label(page, "screen")
        button = box(page, "screen").get_by_role("button", name="Hold to record")
        button.focus()
        button.hover()
        page.keyboard.down("Space") if way == "key" else page.mouse.down()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(box(page, "screen").locator("video")).to_be_visible()
        page.wait_for_timeout(2000)
        page.keyboard.up("Space") if way == "key" else page.mouse.up()
        expect(box(page, "screen").locator(".count")).to_have_text(re.compile(r"^([3-9]|\d\d) photos$"))
        expect(button).to_have_attribute("aria-pressed", "false")


def test_beyond_so_many_photos_learning_waits_for_its_button(
    open_teaching: Open, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.teaching.BY_ITSELF", 10)
    with served(models) as address:
        page = open_teaching(address)
        teach_two(page)
        learn = page.get_by_role("button", name="Learn")
        expect(learn).to_have_class("button quiet")
        teach(page, "cup", files("circle", start=20))
        expect(learn).to_have_class("button")
        assert httpx.get(f"{address}/api/models").json()["models"][-1]["labels"] == ["mug", "plant"]
        learn.click()
        expect(learn).to_have_class("button quiet")
        assert httpx.get(f"{address}/api/models").json()["models"][-1]["labels"] == ["mug", "plant", "cup"]


def test_a_file_that_is_no_photo_is_told_and_the_others_are_taught(open_teaching: Open, models: Models) -> None:
    with served(models) as address:
        page = open_teaching(address)
        add_label(page, "mug")
        text: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
        box(page, "mug").locator(".files").set_input_files([text, *files("circle", count=2)])
        expect(box(page, "mug").locator(".count")).to_have_text("2 photos")
        expect(box(page, "mug").locator(".photos li")).to_have_count(2)
        expect(page.locator(".problem")).to_contain_text("can't open that file as an image")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("desktop", {}),
        ("phone-dark", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "de-DE"}),
        ("phone-arabic", {"viewport": {"width": 390, "height": 844}, "locale": "ar"}),
    ],
)
def test_the_tab_is_for_everybody(open_teaching: Open, models: Models, name: str, options: dict[str, Any]) -> None:
    with served(models) as address:
        page = open_teaching(address, **options)
        for label, kind in (("mug", "circle"), ("plant", "square")):
            page.locator("#new-name").fill(label)
            page.locator("#new-name").press("Enter")
            box(page, label).locator(".files").set_input_files(files(kind))
            expect(box(page, label).locator(".photos li[data-key]")).to_have_count(5)
        expect(page.locator("#use")).to_be_visible()
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"teach-{name}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
        found = Axe().run(page, options=RULES)
        assert not found.response["violations"], found.generate_report()


def test_a_password_lets_in(open_teaching: Open, models: Models) -> None:
    with served(models, teach_password=SecretStr(SECRET), behind_proxy=True) as address:
        page = open_teaching(address)
        page.get_by_label("Password").fill("something else")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator(".problem")).to_contain_text("not the password")
        found = Axe().run(page, options=RULES)
        assert not found.response["violations"], found.generate_report()
        page.get_by_label("Password").fill(SECRET)
        page.get_by_label("Password").press("Enter")
        add_label(page, "mug")
        box(page, "mug").locator(".files").set_input_files(files("circle", count=1))
        expect(box(page, "mug").locator(".count")).to_have_text("1 photo")
        [cookie] = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/teach")


def test_a_damaged_file_is_left_where_it_is_and_said(open_teaching: Open, models: Models, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"something else")
    with served(models, state_dir=tmp_path) as address:
        expect(open_teaching(address).locator("#learned")).to_contain_text("the file is damaged")
        assert (tmp_path / NAME).read_bytes() == b"something else"
        step = {"do": "forget_all"}
        assert httpx.post(f"{address}/teach/change", json=step).json()["said"] == ""
    assert (tmp_path / NAME).with_suffix(".unread").read_bytes() == b"something else"
    assert len(Examples.read((tmp_path / NAME).read_bytes())) == 0


def test_what_another_process_taught_is_not_lost(models: Models, tmp_path: Path) -> None:
    with served(models, state_dir=tmp_path) as one, served(models, state_dir=tmp_path) as other:
        for address, label in ((one, "mug"), (other, "plant"), (one, "cup")):
            data = photo("circle", ord(label[0]))
            key = httpx.post(f"{address}/teach/photo", files={"photo": data}, timeout=60).json()["key"]
            step = {"do": "add", "label": label, "keys": [key]}
            state = httpx.post(f"{address}/teach/change", json=step, timeout=60).json()
        assert [label["name"] for label in state["labels"]] == ["mug", "plant", "cup"]
        assert httpx.get(f"{other}/teach/state").json() == state
