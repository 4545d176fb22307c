"""A stranger's first minute: the bot as `make run` starts it, its page in a browser, photos, answers."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.masks import bare, beside, cat, masked

ARTEFACTS = Path("artefacts")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the bot's local chat is; the bot is stopped with Ctrl-C afterwards and must end well."""
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "--local", "--port", "0"],
        env={key: value for key, value in os.environ.items() if not key.startswith(("TELEGRAM", "MODEL"))}
        | {"OPERATOR_CHAT_ID": "9"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert bot.stdout
    try:
        line = next(line for line in bot.stdout if "http://" in line)
        yield re.search(r"http://\S+", line)[0]  # type: ignore[index]
    finally:
        bot.send_signal(signal.SIGINT)
        assert bot.wait(30) == 0


def photo(image: Image.Image, name: str) -> FilePayload:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return {"name": name, "mimeType": "image/jpeg", "buffer": file.getvalue()}


def send(page: Page, given: FilePayload) -> None:
    answers = page.locator(".in").count()
    page.set_input_files("#photos", [given])
    page.get_by_role("button", name=re.compile("^(Send|Envoyer)$")).click()
    expect(page.locator(".in")).to_have_count(answers + 1, timeout=90_000)


def test_start_a_face_a_mask_two_faces_and_a_cat(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en-US", color_scheme="light", viewport={"width": 900, "height": 1500})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.get_by_role("button", name="Start").click()
    last = page.locator(".in").last
    expect(last).to_contain_text("Send me a photo")
    send(page, photo(bare(), "bare.jpg"))
    expect(last).to_contain_text("No mask on this face.")
    send(page, photo(masked(), "masked.jpg"))
    expect(last).to_contain_text("Mask on, and worn the right way 😷")
    send(page, photo(beside(bare(), masked()), "two.jpg"))
    expect(last).to_contain_text("I see 2 faces:")
    send(page, photo(cat(), "cat.jpg"))
    expect(last).to_contain_text("I can't find a face")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "chat.png")
    context.close()


def test_a_french_person_gets_french_answers(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/?chat=2")
    page.get_by_role("button", name=re.compile("Démarrer|Commencer|Start")).click()
    expect(page.locator(".in").last).to_contain_text("Envoie-moi une photo")
    send(page, photo(masked(), "masked.jpg"))
    expect(page.locator(".in").last).to_contain_text("Masque bien en place")
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "chat-french-phone.png")
    context.close()


def test_a_wrong_answer_is_tapped_and_its_photo_given_to_the_operator(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en-US", color_scheme="light", viewport={"width": 900, "height": 1100})
    operator, person = context.new_page(), context.new_page()
    for page, chat in ((operator, 9), (person, 3)):
        page.set_default_timeout(60_000)
        page.goto(f"{address}/?chat={chat}")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".in")).to_have_count(1)
    send(person, photo(beside(bare(), masked()), "two.jpg"))
    answer = person.locator(".in").last
    answer.get_by_role("button", name="Wrong").click()
    expect(answer).to_contain_text("May I send one face from this photo, cut out and without your name")
    answer.get_by_role("button", name="Yes, send it").click()
    answer.get_by_role("button", name="2", exact=True).click()
    answer.get_by_role("button", name="not a face").click()
    expect(answer).to_contain_text("I've sent it with the right answer: not a face.")
    expect(answer.locator(".keyboard")).to_have_count(0)
    expect(operator.locator(".in").last).to_contain_text("label: no_face")
    for page, name in ((person, "person"), (operator, "operator")):
        page.bring_to_front()
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        page.screenshot(path=ARTEFACTS / f"wrong-answer-{name}.png")
    context.close()
