"""The photos of a tab: several at once, their list, Back, and what people take along of the answers."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.bot.photos import encoded, no_face, red_face, two_faces
from tests.web.pages import ARTEFACTS, Open, assert_accessible, choose, crowd, downloaded, hand_over, payload
from tests.web.serving import served, wait_until

SEVERAL = {"one.jpg": red_face, "=1+2.jpg": two_faces, "cat.jpg": no_face, "notes.txt": lambda: b"hello"}


def choose_several(page: Page) -> None:
    page.set_input_files("#photo", [payload(photo(), name) for name, photo in SEVERAL.items()])
    expect(page.locator("#ask")).not_to_have_attribute("aria-busy", "true")


def test_several_photos_are_a_list_to_download(open_page: Open) -> None:
    page = open_page()
    choose_several(page)
    expect(page.locator("#status")).to_have_text("4 of 4 photos done")
    assert page.locator("#photos li").all_inner_texts() == [
        "one.jpg\nI see one face: with a mask.",
        "=1+2.jpg\nI see 2 faces: 1 with a mask, 1 without a mask.",
        "cat.jpg\nI can't find a face in this photo.",
        "notes.txt\nI can't open that file as an image. Please choose a JPEG, PNG or WebP file.",
    ]
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "as CSV").decode())))
    assert [row["photo"] for row in rows] == ["one.jpg", "'=1+2.jpg", "'=1+2.jpg", "cat.jpg", "notes.txt"]
    assert [row["label"] for row in rows] == ["with_mask", *sorted(row["label"] for row in rows[1:3]), "no_face", ""]
    assert float(rows[0]["with_mask"]) > 0.5 and rows[4]["problem"].startswith("I can't open")
    answers = json.loads(downloaded(page, "as JSON"))
    assert [len(answer.get("faces", [])) for answer in answers] == [1, 2, 0, 0]
    assert answers[0]["faces"][0]["box"] == [int(rows[0][side]) for side in ("left", "top", "right", "bottom")]


def test_several_photos_are_dropped_or_pasted_at_once(open_page: Open) -> None:
    page = open_page()
    for event, done in (("drop", 2), ("paste", 4)):
        hand_over(page, event, red_face(), no_face())
        expect(page.locator("#photos li")).to_have_count(done)
        expect(page.locator("#ask")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".entry-answer", has_text="I see one face")).to_have_count(2)


def test_each_of_several_photos_is_opened_and_back_goes_back(open_page: Open) -> None:
    page = open_page()
    choose_several(page)
    answer = page.locator("#outcome")
    page.get_by_role("button", name="cat.jpg").press("Enter")
    expect(answer).to_have_text("I can't find a face in this photo.")
    page.get_by_role("button", name="=1+2.jpg").click()
    expect(answer).to_contain_text("I see 2 faces")
    expect(page.locator("#shown")).to_have_js_property("naturalWidth", 1024)
    page.go_back()
    expect(answer).to_have_text("I can't find a face in this photo.")
    page.go_back()
    expect(answer).to_have_count(0)
    page.go_forward()
    expect(answer).to_have_text("I can't find a face in this photo.")
    page.get_by_role("button", name="Clear the list").click()
    expect(answer).to_have_count(0)
    expect(page.locator("#photos")).to_be_hidden()
    expect(page.locator(".examples")).to_be_visible()
    page.go_back()
    expect(answer).to_have_count(0)  # it is forgotten


def test_back_leads_to_the_answer_that_the_page_came_with(open_page: Open) -> None:
    page = open_page("/?example=pair")
    expect(page.locator("html.js")).to_be_attached()
    choose(page, no_face())
    expect(page.locator("#outcome")).to_have_text("I can't find a face in this photo.")
    page.go_back()
    expect(page.locator("#outcome")).to_contain_text("I see 2 faces")


def test_more_photos_than_a_minute_allows_are_answered_later(models: Any, open_page: Open) -> None:
    with served(models, requests_per_minute=12) as address:
        page = open_page(at=address)
        page.evaluate(
            "() => { window.slow = 0; const own = fetch; window.fetch = async (...all) => {"
            "const got = await own(...all); window.slow += got.status == 429; return got; } }"
        )
        tiny = encoded(Image.new("RGB", (8, 8)))
        page.set_input_files("#photo", [payload(tiny, f"{number}.jpg") for number in range(14)])
        expect(page.locator("#status")).to_have_text("14 of 14 photos done", timeout=60_000)
        assert page.evaluate("window.slow") > 0
        expect(page.locator("#photos .refused")).to_have_count(0)


@pytest.mark.parametrize("form", ["HEIF", "TIFF"])
def test_a_photo_that_the_browser_cannot_show_is_shown_by_the_server(open_page: Open, form: str) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    page = open_page()
    choose(page, encoded(Image.open(io.BytesIO(red_face())), form), f"phone.{form.lower()}")
    expect(page.locator("#outcome")).to_have_text("I see one face: with a mask.")
    expect(page.locator("#shown")).to_have_js_property("naturalWidth", 512)
    middle = "canvas => [...canvas.getContext('2d').getImageData(48, 48, 1, 1).data]"
    wait_until(lambda: page.locator("#photos canvas").evaluate(middle)[3] == 255)


def test_a_face_and_its_line_stand_out_together(open_page: Open) -> None:
    page = open_page()
    choose(page, two_faces())
    box, line = page.locator('.box[data-face="2"]'), page.locator('details[data-face="2"]')
    line.hover()
    expect(page.locator(".box.lit")).to_have_attribute("data-face", "2")
    page.mouse.move(0, 0)
    expect(page.locator(".lit")).to_have_count(0)
    page.locator('details[data-face="1"] summary').focus()
    expect(page.locator(".box.lit")).to_have_attribute("data-face", "1")
    line.locator("summary").click()
    expect(line).not_to_have_attribute("open", "")
    box.click()
    expect(line).to_have_attribute("open", "")
    expect(line.locator("summary")).to_be_focused()
    expect(page.locator(".card.lit")).to_have_attribute("data-face", "2")


def test_a_box_is_tapped_to_open_its_line(open_page: Open) -> None:
    page = open_page(has_touch=True, viewport={"width": 390, "height": 844})
    choose(page, crowd())
    expect(page.locator(".box")).to_have_count(14)
    page.locator('.box[data-face="9"]').tap()
    expect(page.locator('details[data-face="9"]')).to_have_attribute("open", "")
    expect(page.locator('details[data-face="9"] summary')).to_be_in_viewport()
    expect(page.locator(".box.lit")).to_have_attribute("data-face", "9")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_shuts_nobody_out(open_page: Open, scheme: str) -> None:
    page = open_page(color_scheme=scheme, bypass_csp=True)
    choose_several(page)
    assert_accessible(page)
    page.get_by_role("button", name="=1+2.jpg").click()
    assert_accessible(page)
    page.locator("details.card summary").first.hover()
    assert_accessible(page)


def test_the_list_fits_a_phone(open_page: Open) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, locale="de")
    choose_several(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_picture_of_several_photos_with_the_shipped_model(open_page: Open, shipped: str) -> None:
    page = open_page(at=shipped, viewport={"width": 1280, "height": 900})
    photos = sorted(Path("web/static/examples").glob("*.jpg"))
    page.set_input_files("#photo", photos)
    expect(page.locator("#status")).to_have_text("4 of 4 photos done")
    page.get_by_role("button", name="pair.jpg").click()
    expect(page.locator("#outcome")).to_have_text("I see 2 faces: 1 without a mask, 1 with a mask.")
    for line in page.locator("details.card summary").all():
        line.click()
    page.mouse.move(0, 0)
    page.locator("#outcome").focus()
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "web-several.png", full_page=True)
