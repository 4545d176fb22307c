"""What tests of the page do in a browser: choose, drop and paste photos, and look for what shuts people out."""

import json
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import FilePayload, Page

from tests.bot.photos import BLUE, RED, encoded, portrait

ARTEFACTS = Path("artefacts")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
Open = Callable[..., Page]


def payload(photo: bytes, name: str = "photo.jpg") -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": photo}


def choose(page: Page, photo: bytes, name: str = "photo.jpg") -> None:
    page.set_input_files("#photo", [payload(photo, name)])


def crowd() -> bytes:
    """Fourteen faces in a landscape photo, one of them blue."""
    both = Image.new("RGB", (1792, 512))
    for place in range(14):
        face = portrait(BLUE if place == 5 else RED).resize((256, 256))
        both.paste(face, (place % 7 * 256, place // 7 * 256))
    return encoded(both)


def hand_over(page: Page, event: str, *photos: bytes) -> None:
    """Drop or paste photos, as a browser tells a page of it."""
    page.evaluate(
        """([event, ...photos]) => {
            const data = new DataTransfer();
            for (const bytes of photos)
                data.items.add(new File([new Uint8Array(bytes)], "photo.jpg", { type: "image/jpeg" }));
            if (event === "paste") dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
            else for (const step of ["dragenter", "dragover", "drop"])
                document.querySelector("#ask").dispatchEvent(
                    new DragEvent(step, { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        [event, *map(list, photos)],
    )


def assert_accessible(page: Page, rules: int = 20) -> None:
    """Fail for what axe finds, or if fewer rules than that had something to look at."""
    found = Axe().run(page, options=RULES)
    told = [
        {"rule": wrong["id"], "where": [node["html"] for node in wrong["nodes"]]}
        for wrong in found.response["violations"]
    ]
    assert told == [], json.dumps(told, indent=1)
    assert len(found.response["passes"]) > rules


def downloaded(page: Page, name: str) -> bytes:
    """Click a button, and return the file that it saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_bytes()
