"""The page, as a person uses it in a browser, with a bot on the other side."""

import base64
import io
import re
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from localchat import LocalChat
from tests.localchat import echo_bot
from tests.localchat.conftest import picture

PHOTO: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": picture(400, 300)}
NO_PHOTO: FilePayload = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
TEXT: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"some notes"}
GIVE = """([selector, type]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob("%s"), (c) => c.charCodeAt(0))], "given.png", {type: "image/png"}));
    const carrier = type === "paste" ? {clipboardData: data} : {dataTransfer: data};
    const Kind = type === "paste" ? ClipboardEvent : DragEvent;
    document.querySelector(selector).dispatchEvent(new Kind(type, {...carrier, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def page(browser: Browser, chat: LocalChat) -> Iterator[Page]:
    """The page in an English browser, with the bot there; no error may appear in its console."""
    problems: list[str] = []
    context = browser.new_context(locale="en-US", color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    with echo_bot.running(chat):
        page.goto(chat.url)
        yield page
        context.close()
    assert [problem for problem in problems if "400" not in problem] == []


@pytest.fixture
def started(page: Page) -> Page:
    """The page after a person pressed Start."""
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".in")).to_have_count(1)
    return page


def test_an_empty_chat_says_what_the_bot_does_and_starts_it(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Echo")
    expect(page.get_by_text("I give back what I get.")).to_be_visible()
    expect(page.get_by_role("textbox")).to_be_hidden()
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".out")).to_contain_text("/start")
    expect(page.locator(".in b")).to_have_text("you")
    expect(page.get_by_text("I give back what I get.")).to_be_hidden()
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()


def test_a_typed_text_is_sent_by_enter_and_answered_with_a_quote(started: Page) -> None:
    started.get_by_role("textbox").press_sequentially("one")
    started.keyboard.press("Shift+Enter")
    started.keyboard.type("<b>two</b>")
    started.keyboard.press("Enter")
    expect(started.locator(".out").last).to_contain_text("one\n<b>two</b>")
    answer = started.locator(".in").last
    expect(answer).to_contain_text("You sent: one")
    expect(answer.locator(".quote")).to_contain_text("You")
    expect(started.get_by_role("textbox")).to_have_value("")


def test_new_messages_are_announced(started: Page) -> None:
    log = started.get_by_role("log", name="Messages")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log.get_by_role("listitem", name="Echo")).to_have_count(1)


def test_commands_are_tapped_from_the_menu(started: Page) -> None:
    started.get_by_role("button", name="Menu").click()
    expect(started.get_by_role("listbox").get_by_role("option")).to_have_text(["/startSay hello", "/waitSee me type"])
    started.get_by_role("listbox").get_by_role("option", name="/wait").click()
    expect(started.locator(".out").last).to_contain_text("/wait")
    expect(started.get_by_role("status").first).to_have_text("typing")
    expect(started.get_by_role("listbox")).to_be_hidden()


def test_commands_are_chosen_by_keyboard_and_tapped_in_a_text(started: Page) -> None:
    started.get_by_role("textbox").press_sequentially("/")
    started.keyboard.press("ArrowDown")
    expect(started.get_by_role("listbox").get_by_role("option", selected=True)).to_contain_text("/wait")
    started.keyboard.press("Escape")
    expect(started.get_by_role("listbox")).to_be_hidden()
    started.keyboard.type("s")
    started.keyboard.press("Enter")
    expect(started.locator(".in")).to_have_count(2)
    started.locator(".in").last.get_by_role("button", name="/wait").click()
    expect(started.locator(".out").last).to_contain_text("/wait")


def test_buttons_under_a_message_work(started: Page) -> None:
    expect(started.get_by_role("link", name="Source")).to_have_attribute("href", "https://example.org/source")
    started.get_by_role("button", name="Alert").click()
    expect(started.get_by_role("dialog")).to_contain_text("Look out!")
    started.get_by_role("button", name="OK").click()
    started.get_by_role("button", name="Edit").click()
    expect(started.get_by_text("Edited it")).to_be_visible()
    expect(started.locator(".in p")).to_contain_text("Something else")
    expect(started.locator(".in .time")).to_contain_text("edited")
    expect(started.get_by_role("button", name="Alert")).to_have_count(0)


def test_a_photo_is_sent_with_a_caption_answered_and_enlarged(started: Page) -> None:
    started.set_input_files("#photos", [PHOTO])
    expect(started.get_by_role("textbox")).to_have_attribute("placeholder", "Add a caption…")
    started.get_by_role("textbox").fill("my photo")
    started.get_by_role("button", name="Send", exact=True).click()
    expect(started.locator(".out").last).to_contain_text("my photo")
    answer = started.locator(".in").last
    expect(answer).to_contain_text("400 x 300")
    answer.get_by_role("button", name="400 x 300").click()
    enlarged = started.get_by_role("dialog", name="Picture").locator("img")
    expect(enlarged).to_be_visible()
    assert enlarged.evaluate("image => image.decode().then(() => image.naturalWidth)") == 400
    started.keyboard.press("Escape")
    expect(enlarged).to_be_hidden()


def test_several_photos_are_sent_as_one_album(started: Page) -> None:
    started.set_input_files("#photos", [PHOTO, PHOTO, PHOTO])
    started.get_by_role("button", name="Remove photo.png").first.click()
    started.get_by_role("button", name="Send", exact=True).click()
    expect(started.locator(".out").last.locator(".pictures img")).to_have_count(2)
    expect(started.locator(".in")).to_have_count(3)


@pytest.mark.parametrize(("selector", "how"), [("#text", "paste"), ("[data-drop=photos]", "drop")])
def test_a_photo_is_pasted_or_dropped(started: Page, selector: str, how: str) -> None:
    started.evaluate(GIVE % base64.b64encode(picture()).decode(), [selector, how])
    expect(started.locator("#tray img")).to_have_count(1)
    started.keyboard.press("Enter")
    expect(started.locator(".in").last).to_contain_text("60 x 40")


def test_a_picture_is_sent_as_a_file_when_asked(started: Page) -> None:
    started.set_input_files("#photos", [PHOTO])
    started.get_by_label("Send as file").check()
    started.get_by_role("button", name="Send", exact=True).click()
    expect(started.locator(".in").last).to_contain_text("You sent: file photo.png")
    expect(started.get_by_label("Send as file")).not_to_be_checked()


def test_files_and_broken_pictures_go_as_files_beside_the_photos(started: Page) -> None:
    started.set_input_files("#photos", [PHOTO, NO_PHOTO])
    started.set_input_files("#files", [TEXT])
    started.get_by_label("Send as file").uncheck()
    started.get_by_role("button", name="Send", exact=True).click()
    expect(started.get_by_text("400 x 300")).to_be_visible()
    expect(started.get_by_text("You sent: file broken.jpg")).to_be_visible()
    expect(started.get_by_text("You sent: file notes.txt")).to_be_visible()
    expect(started.locator(".out .file").last).to_contain_text("10 B")


def test_a_person_switches_the_language_and_it_stays(started: Page) -> None:
    started.get_by_label("Language").select_option("fr")
    expect(started.locator("html")).to_have_attribute("lang", "fr")
    expect(started.get_by_role("textbox", name="Message")).to_be_visible()
    expect(started.get_by_role("button", name="Envoyer", exact=True)).to_be_visible()
    started.get_by_role("button", name="Menu").click()
    expect(started.get_by_role("listbox").get_by_role("option")).to_have_text(["/startDire bonjour"])
    started.reload()
    expect(started.get_by_role("button", name="Joindre")).to_be_visible()
    expect(started.locator(".day")).to_have_text("Aujourd’hui")


def test_the_conversation_is_there_after_a_reload(started: Page) -> None:
    started.get_by_role("textbox").fill("remember")
    started.keyboard.press("Enter")
    expect(started.locator(".in")).to_have_count(2)
    before = started.locator("#messages p").all_inner_texts()
    started.reload()
    expect(started.locator(".in")).to_have_count(2)
    assert started.locator("#messages p").all_inner_texts() == before


def test_what_could_not_be_sent_says_why_and_is_sent_again(started: Page) -> None:
    started.route("**/chat/send", lambda route: route.fulfill(status=400, json={"error": "Not today."}))
    started.get_by_role("textbox").fill("precious")
    started.keyboard.press("Enter")
    failed = started.locator(".out.failed")
    expect(failed).to_contain_text("precious")
    expect(failed.get_by_role("alert")).to_contain_text("Not today.")
    started.unroute("**/chat/send")
    failed.get_by_role("button", name="Send again").click()
    expect(started.locator(".in").last).to_contain_text("You sent: precious")
    expect(started.locator(".out", has_text="precious")).to_have_count(1)
    expect(started.locator(".pending")).to_have_count(0)


def test_what_could_not_be_sent_can_be_let_go(started: Page) -> None:
    started.route("**/chat/send", lambda route: route.fulfill(status=400, body="no JSON"))
    started.set_input_files("#photos", [PHOTO])
    started.keyboard.press("Enter")
    failed = started.locator(".out.failed")
    expect(failed).to_contain_text("Not sent")
    failed.get_by_role("button", name="Remove").click()
    expect(failed).to_have_count(0)


def test_a_bubble_with_a_clock_and_the_progress_is_there_before_the_server_has_it(started: Page) -> None:
    held: list[Route] = []
    started.route("**/chat/send", lambda route: held.append(route))
    noise = np.random.default_rng(0).integers(0, 255, (700, 700, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    started.set_input_files("#photos", [{**PHOTO, "buffer": file.getvalue()}])
    started.get_by_role("textbox").fill("large")
    started.keyboard.press("Enter")
    started.get_by_role("textbox").fill("and more")
    started.keyboard.press("Enter")
    first, second = started.locator(".pending").all()
    expect(first.locator("img")).to_be_visible()
    expect(first.get_by_role("progressbar", name="Sending")).to_be_visible()
    expect(second).to_contain_text("and more")
    expect(second.get_by_role("progressbar")).to_be_hidden()
    assert first.locator("use").first.get_attribute("href") == "#i-clock"
    expect(started.locator(".out", has_text="large")).to_have_count(1)
    held[0].continue_()
    started.unroute("**/chat/send")
    expect(started.locator(".pending")).to_have_count(0)
    expect(started.locator(".out p")).to_contain_text(["/start", "large", "and more"])


def test_the_page_says_that_the_bot_is_starting_until_it_is_there(browser: Browser, chat: LocalChat) -> None:
    page = browser.new_page(locale="en-US")
    page.goto(chat.url)
    expect(page.locator("#status")).to_have_text("starting…")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".out")).to_contain_text("/start")
    with echo_bot.running(chat):
        expect(page.locator("#status")).to_have_text("bot")
        expect(page.locator(".in")).to_have_count(1)
    page.close()


def pick(page: Page, kind: str) -> None:
    page.get_by_role("button", name="Attach").click()
    page.get_by_role("menuitem", name=kind, exact=True).click()


def test_stickers_films_and_sounds_are_sent_and_shown(started: Page) -> None:
    webp = picture(kind="WEBP")
    for number, (kind, name, data) in enumerate(
        [("Sticker", "a.webp", webp), ("GIF", "a.gif", picture(kind="GIF")), ("Voice message", "a.oga", b"no sound")], 2
    ):
        with started.expect_file_chooser() as chooser:
            pick(started, kind)
        chooser.value.set_files([{"name": name, "mimeType": "application/octet-stream", "buffer": data}])
        expect(started.locator(".in")).to_have_count(number)
    expect(started.locator(".out img.sticker")).to_be_visible()
    expect(started.locator(".out img.animation")).to_be_visible()
    expect(started.locator(".out").last).to_contain_text("Voice message")


def test_a_live_photo_is_a_picture_with_its_film(started: Page) -> None:
    film: FilePayload = {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"a film"}
    with started.expect_file_chooser() as chooser:
        pick(started, "Live photo")
    chooser.value.set_files([film, PHOTO])
    expect(started.locator(".in").last).to_contain_text("400 x 300")
    expect(started.locator(".out").last).to_contain_text("Live photo")


def test_a_place_needs_no_file(started: Page) -> None:
    pick(started, "Location")
    expect(started.locator(".in").last).to_contain_text("You sent: something")


def test_a_message_is_replied_to(started: Page) -> None:
    started.locator(".in").first.hover()
    started.locator(".in").first.get_by_role("button", name="Reply").click()
    expect(started.locator("#quoted")).to_contain_text("Hello you")
    started.keyboard.type("thanks")
    started.keyboard.press("Enter")
    expect(started.locator(".out").last.locator(".quote")).to_contain_text("Hello you")
    expect(started.locator("#quoted")).to_be_hidden()


def test_a_group_and_a_chat_without_the_bot_are_chats_of_their_own(started: Page) -> None:
    started.get_by_label("Chat", exact=True).select_option("Group")
    started.get_by_role("button", name="Start").click()
    expect(started.locator(".in")).to_have_count(1)
    started.get_by_label("Chat", exact=True).select_option("Chat without the bot")
    started.get_by_role("button", name="Start").click()
    expect(started.locator(".out")).to_contain_text("/start")
    expect(started.locator(".in")).to_have_count(0)
    started.get_by_label("Chat", exact=True).select_option("Private chat")
    expect(started.locator(".in")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_every_width(started: Page, width: int) -> None:
    started.set_viewport_size({"width": width, "height": 700})
    started.set_input_files("#photos", [PHOTO] * 4)
    started.get_by_role("textbox").fill("a-very-long-word-" * 12)
    started.keyboard.press("Enter")
    expect(started.locator(".in")).to_have_count(5)
    assert started.evaluate("document.documentElement.scrollWidth") == width
    assert started.evaluate("document.querySelector('#scroller').scrollWidth") <= width
    box = started.get_by_role("button", name="Send", exact=True).bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= 700


def test_everything_is_reached_by_keyboard(started: Page) -> None:
    started.get_by_role("textbox").focus()
    started.keyboard.press("Tab")
    expect(started.get_by_role("button", name="Attach")).to_be_focused()
    started.keyboard.press("Enter")
    expect(started.get_by_role("menuitem", name="Photos")).to_be_focused()
    started.keyboard.press("ArrowDown")
    expect(started.get_by_role("menuitem", name="Files")).to_be_focused()
    started.keyboard.press("Escape")
    expect(started.get_by_role("button", name="Attach")).to_be_focused()
    expect(started.get_by_role("menu")).to_be_hidden()


def test_dark_and_light_follow_the_system(started: Page) -> None:
    def brightness() -> int:
        colour = started.locator(".in .bubble").evaluate("bubble => getComputedStyle(bubble).backgroundColor")
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3])

    light = brightness()
    started.emulate_media(color_scheme="dark")
    assert brightness() < light / 3
