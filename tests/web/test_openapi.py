"""The API's documentation in a browser: what it offers to try works as it stands."""

import json

from playwright.sync_api import expect

from tests.bot.photos import red_face
from tests.web.pages import Open, payload


def test_trying_it_out_works_with_its_defaults(open_page: Open) -> None:
    page = open_page("/docs")
    page.get_by_text("Classify a photo").click()
    page.get_by_role("button", name="Try it out").click()
    page.set_input_files("input[type=file]", [payload(red_face())])
    page.get_by_role("button", name="Execute").click()
    response = page.locator(".live-responses-table")
    expect(response.locator(".response-col_status").nth(1)).to_contain_text("200")
    answer = json.loads(response.locator(".highlight-code code").first.inner_text())
    assert (answer["model"], answer["label"]) == ("masks", "with_mask")
