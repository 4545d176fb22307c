"""A stranger's first minute: the bot as `make run` starts it, its page in a browser, photos, answers."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageEnhance, ImageOps
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.masks import bare, beside, cat, masked

ARTEFACTS = Path("artefacts")


@contextmanager
def started(**settings: str) -> Iterator[str]:
    """Where a bot's local chat is; the bot is stopped with Ctrl-C afterwards and must end well."""
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "--local", "--port", "0"],
        env={key: value for key, value in os.environ.items() if not key.startswith(("TELEGRAM", "MODEL"))} | settings,
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


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with started(OPERATOR_CHAT_ID="9") as address:
        yield address


def photo(image: Image.Image, name: str) -> FilePayload:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return {"name": name, "mimeType": "image/jpeg", "buffer": file.getvalue()}


def upper(image: Image.Image) -> Image.Image:
    """The upper part of a photo, and that small, so that a whole conversation fits a picture."""
    return image.crop((0, 0, image.width, image.height * 5 // 8)).resize((320, 200))


def send(page: Page, given: FilePayload) -> None:
    answers = page.locator(".in").count()
    page.set_input_files("#photos", [given])
    page.get_by_role("button", name=re.compile("^(Send|Envoyer)$")).click()
    expect(page.locator(".in")).to_have_count(answers + 1, timeout=90_000)


def test_start_a_face_a_mask_two_faces_and_a_cat(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en-US", color_scheme="light", viewport={"width": 760, "height": 2160})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.get_by_role("button", name="Start").click()
    last = page.locator(".in").last
    expect(last).to_contain_text("Send me a photo")
    send(page, photo(upper(bare()), "bare.jpg"))
    expect(last).to_contain_text("No mask on this face.")
    send(page, photo(upper(masked()), "masked.jpg"))
    expect(last).to_contain_text("Mask on, and worn the right way 😷")
    send(page, photo(beside(upper(bare()), upper(masked())), "two.jpg"))
    expect(last).to_contain_text("I see 2 faces:")
    send(page, photo(upper(cat()), "cat.jpg"))
    expect(last).to_contain_text("I can't find a face")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    ARTEFACTS.mkdir(exist_ok=True)
    assert page.evaluate("document.querySelector('#scroller').scrollTop") == 0  # it is shown from its first line
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


def views(picture: np.ndarray, count: int, seed: int) -> list[Image.Image]:
    """So many photos of one thing: from nearer and farther, from the left and the right, darker and brighter."""
    chance, whole, photos = np.random.default_rng(seed), Image.fromarray(picture), []
    for _ in range(count):
        side = int(min(whole.size) * chance.uniform(0.75, 1))
        left, top = (int(chance.integers(0, length - side + 1)) for length in whole.size)
        view = whole.crop((left, top, left + side, top + side)).rotate(chance.uniform(-12, 12), fillcolor=(90, 90, 90))
        view = view.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if chance.random() < 0.5 else view
        photos.append(ImageEnhance.Brightness(view.resize((420, 420))).enhance(chance.uniform(0.7, 1.3)))
    return photos


def test_two_things_are_taught_in_the_chat_and_filmed(browser: Browser) -> None:
    with started() as address:
        context = browser.new_context(locale="en-US", color_scheme="light", viewport={"width": 620, "height": 860})
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(address)
        page.get_by_role("button", name="Start").click()
        last, film = page.locator(".in").last, []
        expect(last).to_contain_text("/teach")

        def shoot() -> None:
            page.wait_for_function("[...document.images].every((image) => image.complete)")
            page.wait_for_timeout(300)
            film.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))

        def send_with(photos: list[Image.Image], text: str) -> None:
            answers = page.locator(".in").count()
            page.set_input_files("#photos", [photo(image, f"{place}.jpg") for place, image in enumerate(photos)])
            page.locator("#text").fill(text)
            page.get_by_role("button", name="Send").click()
            expect(page.locator(".in")).to_have_count(answers + 1, timeout=90_000)
            shoot()

        shoot()
        page.locator("#text").fill("/teach")
        page.get_by_role("button", name="Send").click()
        expect(last).to_contain_text("Send me photos with a caption")
        shoot()
        send_with(views(skimage.data.coffee(), 5, seed=1), "coffee")
        send_with(views(skimage.data.chelsea(), 5, seed=2), "cat")
        expect(last).to_contain_text("coffee: 5, cat: 5")
        page.locator("#text").fill("/done")
        page.get_by_role("button", name="Send").click()
        expect(last).to_contain_text("Done.")
        for picture, seed, words in (
            (skimage.data.chelsea(), 3, "Looks like this: cat."),
            (skimage.data.coffee(), 4, "Looks like this: coffee."),
            (skimage.data.rocket(), 5, "any of these: coffee, cat"),
        ):
            send_with(views(picture, 1, seed), "")
            expect(last).to_contain_text(words)
        first, second = (ImageOps.grayscale(view).convert("RGB") for view in views(skimage.data.chelsea(), 2, seed=6))
        send_with([first], "")
        expect(last).to_contain_text("any of these: coffee, cat")
        last.get_by_role("button", name="Wrong").click()
        expect(last).to_contain_text("What is this?")
        shoot()
        last.get_by_role("button", name="cat", exact=True).click()
        expect(last).to_contain_text("cat: 6")
        shoot()
        send_with([second], "")
        expect(last).to_contain_text("Looks like this: cat.")
        ARTEFACTS.mkdir(exist_ok=True)
        film[0].save(ARTEFACTS / "teach.webp", save_all=True, append_images=film[1:], duration=2200, loop=0, quality=70)
        context.close()
