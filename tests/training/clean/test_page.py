"""The page of `python -m training.clean` in a browser, over the real command and real files."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.training.clean.conftest import ROOT, WRONG, Clean

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
ARTEFACTS = Path("artefacts")
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    contexts: list[BrowserContext] = []

    def open_page(address: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1100, "height": 1000}, **options})
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


def files(folder: Path) -> dict[str, bytes]:
    """Every photo below a folder."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.jpg")}


def press(page: Page, name: str, key: str) -> None:
    """Press a key on the photo of this name."""
    shown = page.locator(".suspect").filter(has=page.get_by_text(name, exact=True))
    shown.focus()
    shown.press(key)


def test_wrong_labels_are_marked_by_keys_put_right_and_taken_back(photos: Path, clean: Clean, open_page: Open) -> None:
    before = files(photos)
    page = open_page(clean(photos))
    names = page.locator(".suspect .file")
    expect(page.locator(".lead")).to_contain_text(f"of {len(before)} photos in {photos} are worth a look.")
    expect(names.filter(has_text="wrong")).to_have_count(3)
    assert set(names.all_inner_texts()[:3]) == set(WRONG)  # first of all
    expect(page.get_by_role("region", name="The same photo under another label")).to_contain_text("circle/twin.jpg")
    expect(page.get_by_role("region", name="Unreadable")).to_contain_text("circle/broken.jpg")

    press(page, "circle/wrong_1.jpg", "Enter")
    press(page, "circle/wrong_2.jpg", "2")
    press(page, "square/wrong.jpg", "k")
    press(page, "circle/twin.jpg", "x")
    expect(page.get_by_role("status")).to_have_text("2 to another label, 1 to leave out, 1 to keep.")
    page.get_by_label("Show").select_option("square")
    expect(page.locator(".suspect").filter(has_text="Becomes square")).to_have_count(0)
    page.get_by_label("Show").select_option("")
    expect(page.locator(".suspect").filter(has_text="Becomes square")).to_have_count(2)
    page.reload()
    expect(page.locator(".suspect").filter(has_text="Becomes square")).to_have_count(2)
    assert files(photos) == before  # nothing yet

    page.get_by_role("button", name="Apply ...").click()
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Changed the label of 2 and left out 1.")
    after = files(photos)
    assert after.keys() - before.keys() == {"square/wrong_1.jpg", "square/wrong_2.jpg", "left_out/circle/twin.jpg"}
    assert sorted(after.values()) == sorted(before.values())
    expect(page.locator(".suspect").filter(has_text="circle/wrong")).to_have_count(0)

    undone = subprocess.run(
        [sys.executable, "-m", "training.clean", str(photos), "--undo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert undone.stdout == "Put back 3 files.\n"
    assert files(photos) == before


def test_the_page_suits_everybody_and_takes_nothing_from_other_sites(
    photos: Path, clean: Clean, open_page: Open
) -> None:
    address = clean(photos)
    for scheme, width in (("light", 1100), ("dark", 1100), ("light", 390)):
        page = open_page(address, color_scheme=scheme, viewport={"width": width, "height": 900})
        press(page, WRONG[0], "x")
        expect(page.get_by_text("Will be left out")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert Axe().run(page, options=RULES).response["violations"] == []
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"clean-{scheme}-{width}.png")

    mark = {"place": 0, "label": None}
    port = address.rpartition(":")[2]
    for headers in (
        {"Host": f"evil.example:{port}"},
        {"Origin": "http://evil.example"},
        {"Origin": f"http://localhost:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "text/plain"},
    ):
        assert httpx.post(f"{address}/apply", json=mark, headers=headers).status_code == 403
    assert httpx.get(f"{address}/state", headers={"Host": "evil.example"}).status_code == 403
    for wrong in ({"place": 999, "label": None}, {"place": 0, "label": "../x"}, {"label": "circle"}, ["no"]):
        assert httpx.post(f"{address}/mark", json=wrong).status_code == 422
    assert httpx.get(f"{address}/photo/999").status_code == 404
