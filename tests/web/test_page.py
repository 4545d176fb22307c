"""The page in a browser: as people use it, with and without JavaScript, and for everybody."""

import json
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from model import Classifier
from model.bundle import MANIFEST
from model.wording import Texts
from tests.bot.photos import encoded, no_face, red_face, two_faces, two_portraits
from tests.bundles import make_bundle
from tests.web.pages import RULES, Open, assert_accessible, choose, crowd, hand_over, payload
from tests.web.serving import served
from web.languages import TEXTS


def boxes(page: Page) -> list[list[float]]:
    """Left, top, right, bottom of each box on the screen, as shares of the photo's width and height there."""
    drawn = page.locator(".drawing .box")
    photo = page.locator(".drawing").bounding_box()
    assert photo
    found = [drawn.nth(index).bounding_box() for index in range(drawn.count())]
    return sorted(
        [
            (box["x"] - photo["x"]) / photo["width"],
            (box["y"] - photo["y"]) / photo["height"],
            (box["x"] + box["width"] - photo["x"]) / photo["width"],
            (box["y"] + box["height"] - photo["y"]) / photo["height"],
        ]
        for box in found
        if box
    )


@pytest.mark.parametrize("way", ["drop", "paste", "pick"])
def test_a_photo_is_answered_without_loading_the_page_anew(open_page: Open, models: Any, way: str) -> None:
    page = open_page()
    page.evaluate("window.same = true")
    if way == "pick":
        choose(page, two_faces())
    else:
        hand_over(page, way, two_faces())
    expect(page.get_by_role("heading", level=2)).to_have_text("I see 2 faces: 1 with a mask, 1 without a mask.")
    expect(page.get_by_role("heading", level=2)).to_be_focused()
    expect(page.get_by_alt_text("Your photo, with a box around each face")).to_have_js_property("naturalWidth", 1024)
    expect(page.locator(".bars li")).to_have_count(4)
    seen = sorted(
        [face.box[0] / 1024, face.box[1] / 512, face.box[2] / 1024, face.box[3] / 512]
        for face in models["masks"].predict(two_faces()).faces
    )
    for drawn, face in zip(boxes(page), seen, strict=True):
        assert drawn == pytest.approx(face, abs=0.02)
    assert page.evaluate("window.same")


def test_a_photo_is_taken_with_the_camera(open_page: Open) -> None:
    page = open_page(permissions=["camera"])
    page.get_by_role("button", name="Take a photo").click()
    page.get_by_role("button", name="Take photo").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("I can't find a face")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("document.querySelector('#camera video').srcObject") is None


def test_without_a_camera_another_way_is_named(open_page: Open) -> None:
    page = open_page(permissions=["geolocation"])  # and no other, so the camera is refused
    page.get_by_role("button", name="Take a photo").click()
    expect(page.locator(".problem")).to_contain_text("choose a photo instead")


def test_without_javascript_the_form_gives_the_whole_page(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    turned = Image.Exif()
    turned[0x0112] = 6  # shown a quarter turn to the right
    photo = two_portraits().rotate(90, expand=True)
    choose(page, encoded(photo, "JPEG", exif=turned))
    page.get_by_role("button", name="Have a look").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("I see 2 faces")
    expect(page.locator(".drawing .box")).to_have_count(2)
    picture = page.get_by_alt_text("Your photo, with a box around each face")
    assert (picture.get_attribute("src") or "").startswith("data:image/jpeg;base64,")
    shown = picture.bounding_box()
    assert shown
    assert shown["width"] == pytest.approx(2 * shown["height"], rel=0.02)


def test_without_javascript_problems_are_told_on_the_page(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    choose(page, b"hello", "notes.txt")
    page.get_by_role("button", name="Have a look").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("That didn't work")
    expect(page.locator(".problem")).to_contain_text("can't open that file as an image")


def test_problems_are_told_on_the_page(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    choose(page, red_face()[:3000])
    expect(page.locator(".problem")).to_contain_text("damaged or incomplete")
    with (tmp_path / "large.jpg").open("wb") as large:
        large.truncate(21 * 2**20)
    page.set_input_files("#photo", tmp_path / "large.jpg")
    expect(page.locator(".problem")).to_contain_text("up to 20 MB")
    page.context.set_offline(True)
    choose(page, red_face())
    expect(page.locator(".problem")).to_contain_text("can't reach the server")
    page.context.set_offline(False)
    choose(page, red_face())
    expect(page.get_by_role("heading", level=2)).to_have_text("I see one face: with a mask.")
    expect(page.locator(".advice")).to_have_text("You wear a mask.")


def test_a_french_browser_gets_french(open_page: Open) -> None:
    page = open_page(locale="fr-CA")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", level=1)).to_have_text("Que vois-tu\u00a0?")
    choose(page, red_face())
    expect(page.get_by_role("heading", level=2)).to_have_text("Je vois un visage\u00a0: avec un masque.")
    expect(page.locator(".advice")).to_have_text("Tu portes un masque\u00a0!")


def test_the_model_is_chosen_where_there_are_several(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Model").select_option("colors")
    choose(page, encoded(Image.new("RGB", (64, 48), "blue")))
    expect(page.get_by_role("heading", level=2)).to_have_text("Looks like this: blue.")
    expect(page.locator(".bars li")).to_have_count(3)
    expect(page.locator(".box")).to_have_count(0)


def test_a_photo_of_something_else_and_what_speaks_for_an_answer_are_shown(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Model").select_option("told")
    choose(page, encoded(Image.new("RGB", (64, 48), "lime")))
    expect(page.get_by_role("heading", level=2)).to_have_text("This doesn't look like any of these: red, blue.")
    expect(page.get_by_label("Show what led to this answer")).to_have_count(0)
    choose(page, encoded(Image.new("RGB", (64, 48), "red")))
    expect(page.get_by_role("heading", level=2)).to_have_text("Looks like this: red.")
    heat_map = page.locator(".heat-map img")
    expect(heat_map).to_be_hidden()
    page.get_by_label("Show what led to this answer").press("Space")
    expect(heat_map).to_be_visible()
    expect(heat_map).to_have_js_property("naturalWidth", 64)
    found = Axe().run(page, options=RULES)
    assert not found.response["violations"], found.generate_report()


def test_a_chosen_language_is_kept_by_a_cookie_that_only_the_choice_sets(open_page: Open) -> None:
    page = open_page(locale="de-AT", java_script_enabled=False)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.context.cookies() == []
    page.get_by_label("Sprache").select_option("ar")
    page.get_by_role("button", name="Wechseln").click()
    for _ in range(2):
        expect(page.locator("html")).to_have_attribute("lang", "ar")
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        page.reload()
    assert [cookie["value"] for cookie in page.context.cookies()] == ["ar"]


def test_a_language_is_added_with_its_file(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "eo.toml").write_text('title = "Kion vi vidas?"\nlanguage.name = "Esperanto"', "utf-8")
    for file in Path("web/languages").glob("*.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    added = Texts(tmp_path)
    monkeypatch.setattr(TEXTS, "_files", added._files)
    monkeypatch.setattr(TEXTS, "languages", added.languages)
    page = open_page(locale="eo")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kion vi vidas?")
    expect(page.get_by_text("Choose a photo")).to_be_visible()  # what the file lacks is said in English
    assert "Esperanto" in page.locator("#language option").all_text_contents()


def test_everything_can_be_done_with_the_keyboard(open_page: Open) -> None:
    page = open_page()
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    header = ["Photo bot", "Teach", "For programs", "language", "theme", "Switch"]
    assert reached == [*header, "photo", "open-camera", "model"]
    with page.expect_file_chooser() as chooser:
        page.locator("#photo").press("Enter")
    chooser.value.set_files([payload(no_face())])
    expect(page.get_by_role("heading", level=2)).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_people_with_screen_readers_or_weak_eyes_can_use_it(open_page: Open, scheme: str) -> None:
    page = open_page(color_scheme=scheme, bypass_csp=True)  # axe is put into the page by the test
    expect(page.locator("html.js")).to_be_attached()
    assert_accessible(page)
    choose(page, two_faces())
    expect(page.locator(".card")).to_have_count(2)
    assert_accessible(page)
    page.get_by_role("button", name="Yes").first.click()
    expect(page.get_by_text("I only count your click")).to_be_visible()
    assert_accessible(page)
    choose(page, crowd())
    expect(page.locator(".card")).to_have_count(14)
    page.locator(".card summary").first.press("Enter")
    assert_accessible(page)
    choose(page, b"hello")
    expect(page.locator(".problem")).to_be_visible()
    assert_accessible(page)
    page.goto(f"{page.url}nothing/here")
    assert_accessible(page)


def test_the_browser_finds_nothing_to_refuse_or_to_load_elsewhere(open_page: Open, address: str) -> None:
    page = open_page()
    page.goto("about:blank")
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    choose(page, two_faces())
    expect(page.locator(".card")).to_have_count(2)
    page.goto(f"{address}/docs")
    expect(page.get_by_text("Classify a photo")).to_be_visible()
    assert said == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def test_a_page_that_is_not_there_says_so(open_page: Open) -> None:
    page = open_page("/nowhere/at/all")
    expect(page.get_by_role("heading")).to_have_text("There's no page at this address.")
    expect(page.locator("#ask")).to_have_count(0)
    with page.expect_navigation() as found:
        page.get_by_role("link", name="Back to the start").click()
    assert found.value.status == 200
    expect(page.locator("#ask")).to_be_visible()
    assert page.goto(f"{page.url}nowhere").status == 404  # type: ignore[union-attr]


WHOLE = {"end_to_end": {"overall": {"right": {"share": 0.9733, "of": 1761}}}}
CUT_OUT = {"held_out": {"accuracy": {"share": 0.9, "of": 1}}}


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({**CUT_OUT, **WHOLE}, "A b <c>: right on 97% of 1761 test photos."),
        (CUT_OUT, "A b <c>: right on 90% of 1 test photo."),
        (
            {"end_to_end": {"overall": {"right": {"share": None, "of": 0}}}, **CUT_OUT},
            "A b <c>: right on 90% of 1 test photo.",
        ),
        ({}, ""),
        ({"end_to_end": "well", "held_out": {"accuracy": {"share": float("nan"), "of": []}}}, ""),
    ],
)
def test_the_foot_says_how_right_a_model_is_from_photo_to_answer(
    figures: dict[str, Any], said: str, tmp_path: Path
) -> None:
    folder = make_bundle(tmp_path)
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, "name": "A b <c>", "figures": figures}), "utf-8")
    with served({"one": Classifier.open(folder)}) as address:
        page = httpx.get(address).text
    foot = unescape(page[page.index("<footer") :])
    assert said in foot and ("right on" in foot) == bool(said)
