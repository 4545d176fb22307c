"""The camera: a photo, the other camera, and answers while it runs; nobody else's photos wait for those."""

import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from model.photo_pool import PhotoPool
from tests.bot.photos import red_face, two_faces
from tests.web.pages import Open, assert_accessible
from tests.web.serving import running, served
from web.app import create_app
from web.live import MAX_BYTES, WAITING
from web.settings import Settings

CAMERA = """bytes => {
    const picture = new Image();
    picture.src = URL.createObjectURL(new Blob([new Uint8Array(bytes)]));
    const canvas = Object.assign(document.createElement("canvas"), { width: 1024, height: 512 });
    setInterval(() => canvas.getContext("2d").drawImage(picture, 0, 0), 40);
    window.asked = [];
    window.tracks = [];
    navigator.mediaDevices.getUserMedia = async ({ video }) => {
        window.asked.push(video.facingMode);
        const stream = canvas.captureStream(25);
        window.tracks.push(...stream.getTracks());
        return stream;
    };
    navigator.mediaDevices.enumerateDevices = async () => [{ kind: "videoinput" }, { kind: "videoinput" }];
}"""


def open_camera(page: Page) -> None:
    """Open a camera that sees two faces."""
    page.evaluate(CAMERA, list(two_faces()))
    page.get_by_role("button", name="Take a photo").click()
    expect(page.get_by_role("button", name="Take photo")).to_be_enabled()


def test_what_the_camera_sees_is_answered_twice_a_second_or_more(open_page: Open) -> None:
    page = open_page()
    answered: list[float] = []
    page.on("response", lambda response: response.url.endswith("/live") and answered.append(time.monotonic()))
    open_camera(page)
    page.get_by_role("button", name="Live answers").press("Enter")
    expect(page.locator("#live-said")).to_have_text("I see 2 faces: 1 with a mask, 1 without a mask.")
    box, video = page.locator("#live-boxes .box").last.bounding_box(), page.locator("#camera video").bounding_box()
    assert box and video
    assert video["x"] < box["x"] < box["x"] + box["width"] < video["x"] + video["width"]
    most = 0
    for _ in range(5):  # some machines have busy neighbors
        answered.clear()
        page.wait_for_timeout(2000)
        most = max(most, len(answered))
    assert most >= 4
    page.get_by_role("button", name="Live answers").click()
    expect(page.locator("#live-boxes .box")).to_have_count(0)
    page.wait_for_timeout(400)
    answered.clear()
    page.wait_for_timeout(700)
    assert answered == []


def test_the_camera_stops_when_the_tab_is_hidden(open_page: Open) -> None:
    page = open_page()
    open_camera(page)
    page.get_by_role("button", name="Live answers").click()
    expect(page.locator("#live-boxes .box").first).to_be_attached()
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", { value: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("window.tracks.map(track => track.readyState)") == ["ended"]
    expect(page.locator("#live")).to_have_attribute("aria-pressed", "false")


def test_the_other_camera_is_one_button_away(open_page: Open) -> None:
    page = open_page()
    open_camera(page)
    page.get_by_role("button", name="Switch camera").click()
    expect(page.get_by_role("button", name="Take photo")).to_be_enabled()
    assert page.evaluate("window.asked") == ["user", "environment"]
    assert page.evaluate("window.tracks.map(track => track.readyState)") == ["ended", "live"]
    page.get_by_role("button", name="Take photo").click()
    expect(page.locator("#outcome")).to_contain_text("I see 2 faces")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_camera_shuts_nobody_out(open_page: Open, scheme: str) -> None:
    page = open_page(color_scheme=scheme, bypass_csp=True, viewport={"width": 390, "height": 844})
    open_camera(page)
    page.get_by_role("button", name="Live answers").click()
    expect(page.locator("#live-boxes .box").first).to_be_attached()
    assert_accessible(page, rules=10)  # what is behind the dialog does not count
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def live(address: str, photo: bytes) -> httpx.Response:
    headers = {"Accept": "text/html", "X-Part": "result"}
    return httpx.post(f"{address}/live", files={"photo": photo}, headers=headers, timeout=60)


def test_live_pictures_have_a_limit_of_their_own(models: Any) -> None:
    with served(models, requests_per_minute=1, live_per_minute=3) as address:
        assert [live(address, red_face()).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert httpx.post(address, files={"photo": red_face()}, timeout=60).status_code == 200


def test_a_live_picture_is_a_small_one(address: str) -> None:
    assert live(address, bytes(MAX_BYTES + 1)).status_code == 413
    assert live(address, b"hello").status_code == 415


def test_live_pictures_give_way_to_photos(models: Any) -> None:
    pool = PhotoPool()
    with running(create_app(models, Settings.model_construct(requests_per_minute=0), pool)) as address:
        pool.waiting += WAITING
        refused = live(address, red_face())
        assert refused.status_code == 503 and refused.headers["Retry-After"]
        pool.waiting -= WAITING
        assert live(address, red_face()).status_code == 200
