"""How the page is laid out: on desktops and phones, light and dark, from right to left, with a crowd."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from model import Classifier
from tests.bot.photos import encoded, red_face, two_faces
from tests.bundles import make_bundle
from tests.masks import bare, beside, masked
from tests.web.pages import ARTEFACTS, Open, choose, crowd, payload
from tests.web.serving import served

TINT = "box => getComputedStyle(box).getPropertyValue('--tint')"


def test_a_crowd_is_a_line_a_face_whose_details_open(open_page: Open) -> None:
    page = open_page(viewport={"width": 1280, "height": 800})
    choose(page, crowd())
    expect(page.get_by_role("heading", level=2)).to_contain_text("I see 14 faces")
    expect(page.locator("details.card")).to_have_count(14)
    assert page.evaluate("document.documentElement.scrollHeight") < 1300
    line = page.locator(".card summary").first
    expect(page.locator(".bars").first).to_be_hidden()
    line.press("Enter")
    expect(page.locator(".bars").first).to_be_visible()


def test_in_a_crowd_the_unsure_ones_come_first(open_page: Open, tmp_path: Path) -> None:
    weak = Classifier.open(make_bundle(tmp_path / "weak", gain=1))
    sure = sorted({round(face.confidence, 2) for face in weak.predict(crowd()).faces})
    between = (sure[0] + sure[-1]) / 2
    models = {"weak": Classifier.open(make_bundle(tmp_path / "limited", gain=1, sure_from=between))}
    with served(models) as address:
        page = open_page(at=address)
        choose(page, crowd())
        expect(page.locator("details.card")).to_have_count(14)
        unsure = ["?" in name for name in page.locator(".card .name").all_inner_texts()]
        assert unsure == sorted(unsure, reverse=True) and set(unsure) == {True, False}
        assert page.locator(".number").first.inner_text() != "1" or unsure.count(True) > 1


@pytest.mark.parametrize("photo", [two_faces, crowd, red_face])
def test_the_answer_is_above_the_fold(open_page: Open, photo: Callable[[], bytes]) -> None:
    page = open_page(viewport={"width": 1280, "height": 800})
    choose(page, photo())
    expect(page.get_by_role("heading", level=2)).to_be_focused()
    answer = page.get_by_role("heading", level=2).bounding_box()
    card = page.locator(".card").first.bounding_box()
    assert answer and card and answer["y"] > 0 and card["y"] + card["height"] < 800
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("scripts", [True, False])
def test_an_example_is_answered_when_it_is_clicked(open_page: Open, scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    expect(page.locator(".examples a")).to_have_count(4)
    page.get_by_role("link", name="Two faces").click()
    expect(page.get_by_role("heading", level=2, name="I see 2 faces")).to_be_visible()
    expect(page.locator("#shown")).to_have_js_property("naturalWidth", 768)
    expect(page.locator(".examples")).to_be_hidden()


def test_headings_are_set_in_the_font_that_ships(open_page: Open) -> None:
    page = open_page(locale="fr")
    loaded = "document.fonts.ready.then(() => [...document.fonts].filter(font => font.status == 'loaded').length)"
    assert page.evaluate(loaded) == 1
    assert page.evaluate("document.fonts.check('600 20px Literata')")


def test_a_chosen_theme_is_kept(open_page: Open) -> None:
    page = open_page(color_scheme="light", java_script_enabled=False)
    body, light = page.locator("body"), "rgb(247, 244, 236)"
    expect(body).to_have_css("background-color", light)
    page.get_by_label("Appearance").select_option("Dark")
    page.get_by_role("button", name="Switch").click()
    expect(page.get_by_label("Appearance")).to_have_value("dark")
    expect(body).to_have_css("background-color", "rgb(22, 24, 22)")
    page.get_by_label("Appearance").select_option("Automatic")
    page.get_by_role("button", name="Switch").click()
    expect(body).to_have_css("background-color", light)


def test_the_theme_changes_at_once_and_leaves_the_answer_where_it_is(open_page: Open) -> None:
    page = open_page(color_scheme="light")
    choose(page, red_face())
    expect(page.locator("#outcome")).to_be_focused()
    with page.expect_response("**/preferences?theme=dark"):
        page.get_by_label("Appearance").select_option("dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(22, 24, 22)")
    expect(page.locator("#outcome")).to_be_visible()
    assert {cookie["name"]: cookie["value"] for cookie in page.context.cookies()} == {"theme": "dark"}
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_language_from_right_to_left_mirrors_the_page(open_page: Open, width: int) -> None:
    page = open_page(locale="ar", viewport={"width": width, "height": 844})
    page.set_input_files("#photo", [payload(red_face())])
    expect(page.get_by_role("heading", level=2)).to_be_visible()
    home, link = (page.locator(selector).bounding_box() for selector in (".home", ".top > a:last-of-type"))
    assert home and link and home["x"] > link["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    full, rect = (page.locator(selector).first.bounding_box() for selector in (".bar", ".bar rect"))
    assert full and rect and rect["x"] + rect["width"] == pytest.approx(full["x"] + full["width"], abs=3)


@pytest.mark.parametrize("width", [320, 360, 1100])
def test_nothing_sticks_out_of_a_narrow_screen(open_page: Open, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 740}, locale="fr-FR")
    for photo in (None, two_faces(), b"hello"):
        if photo is not None:
            choose(page, photo)
            expect(page.get_by_role("heading", level=2)).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("desktop", {"viewport": {"width": 1100, "height": 1000}}),
        ("dark", {"color_scheme": "dark"}),
        ("phone-french", {"viewport": {"width": 360, "height": 740}, "locale": "fr-FR", "device_scale_factor": 2}),
        ("arabic", {"viewport": {"width": 1280, "height": 800}, "locale": "ar"}),
        ("phone-arabic", {"viewport": {"width": 390, "height": 844}, "locale": "ar", "device_scale_factor": 2}),
    ],
)
def test_pictures_of_the_page_with_the_shipped_model(
    open_page: Open, shipped: str, name: str, options: dict[str, Any]
) -> None:
    page = open_page(at=shipped, **options)
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"web-{name}-start.png")
    choose(page, encoded(beside(bare(), masked())))
    expect(page.locator(".card")).to_have_count(2)
    labels = {"#d55e00", "#0072b2"}  # bare and masked, in the shipped bundle's colors
    assert {page.locator(".box").nth(index).evaluate(TINT) for index in range(2)} == labels
    expect(page.locator("#shown")).to_have_js_property("complete", True)
    page.screenshot(path=ARTEFACTS / f"web-{name}.png", full_page=True)
