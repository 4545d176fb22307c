"""What people take along of an answer: a picture, a call, JSON."""

import io
import json
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.bot.photos import blue_face, encoded, red_face, two_faces
from tests.web.pages import Open, choose, downloaded


def copied(page: Page, name: str) -> str:
    page.get_by_role("button", name=name).click()
    expect(page.locator(".said")).to_have_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_what_speaks_for_an_answer_is_in_the_downloaded_picture_where_it_is_shown(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Model").select_option("told")
    choose(page, encoded(Image.new("RGB", (64, 48), "red")))
    pictures = []
    for _ in range(2):
        pictures.append(Image.open(io.BytesIO(downloaded(page, "Download the picture"))).convert("RGB"))
        page.get_by_label("Show what led to this answer").check()
    plain, mapped = (picture.getpixel((32, 24)) for picture in pictures)
    assert isinstance(plain, tuple) and isinstance(mapped, tuple)
    assert max(abs(one - other) for one, other in zip(plain, (255, 0, 0), strict=True)) < 10
    assert max(abs(one - other) for one, other in zip(plain, mapped, strict=True)) > 20


def test_copying_works_without_https(open_page: Open) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("""() => {
        window.read = navigator.clipboard.readText.bind(navigator.clipboard);
        Object.defineProperty(navigator, "clipboard", { value: undefined });
    }""")
    choose(page, red_face())
    button = page.get_by_role("button", name="Copy as JSON")
    button.press("Enter")
    expect(page.locator(".said")).to_have_text("Copied")
    assert json.loads(page.evaluate("window.read()"))["label"] == "with_mask"
    expect(button).to_be_focused()


def test_the_picture_with_its_boxes_is_downloaded(open_page: Open) -> None:
    page = open_page()
    choose(page, two_faces(), "us.jpg")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the picture").click()
    assert download.value.suggested_filename == "us-answer.jpg"
    picture, photo = Image.open(download.value.path()), Image.open(io.BytesIO(two_faces()))
    assert picture.size == photo.size
    box = page.locator(".box").first
    left, top, height = (float(box.get_attribute(name) or 0) * 1.024 for name in ("x", "y", "height"))
    edge = picture.getpixel((round(left), round(top + height / 2)))
    tint = box.evaluate("box => getComputedStyle(box).getPropertyValue('--tint')")
    wanted = [int(tint[place : place + 2], 16) for place in (1, 3, 5)]
    assert isinstance(edge, tuple) and max(abs(one - other) for one, other in zip(edge, wanted, strict=True)) < 40


@pytest.mark.parametrize("name", ["holiday.jpg", 'it\'s "our" photo; 2.jpg'])
def test_what_is_copied_runs_and_gives_the_same_answer(open_page: Open, tmp_path: Path, name: str) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    (tmp_path / name).write_bytes(blue_face())
    page.get_by_label("Model").select_option("colors")
    choose(page, blue_face(), name)
    answer = json.loads(copied(page, "Copy as JSON"))
    assert (answer["model"], answer["label"], answer["photo"]) == ("colors", "blue", name)
    (tmp_path / "call.py").write_text(copied(page, "Copy as Python"), "utf-8")
    curl = shlex.split(copied(page, "Copy as curl"))
    assert curl[0] == "curl" and httpx.URL(curl[-1]).path == "/api/predict"
    for command in ([sys.executable, "call.py"], ["curl", "-sS", "--noproxy", "*", *curl[1:]]):
        printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True).stdout
        assert "'label': 'blue'" in printed or json.loads(printed)["label"] == "blue"
