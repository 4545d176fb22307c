"""Right or wrong: one click a face, counted, and nothing else."""

import httpx
import pytest
from playwright.sync_api import expect
from prometheus_client import REGISTRY

from tests.bot.photos import no_face, two_faces
from tests.web.pages import Open, choose


def counted(said: str, label: str) -> float:
    return REGISTRY.get_sample_value("photo_feedback_total", {"model": "masks", "label": label, "said": said}) or 0


def test_a_click_on_each_face_is_counted_and_no_photo_goes_along(open_page: Open) -> None:
    page = open_page()
    choose(page, two_faces())
    before = counted("right", "with_mask"), counted("wrong", "without_mask")
    sent: list[int] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(len(request.post_data or "")))
    page.locator(".card", has_text="with a mask").first.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("I only count your click")).to_be_focused()
    page.locator(".verdict[data-label=without_mask]").get_by_role("button", name="No").press("Enter")
    expect(page.get_by_text("I only count your click")).to_have_count(2)
    assert (counted("right", "with_mask"), counted("wrong", "without_mask")) == (before[0] + 1, before[1] + 1)
    assert page.locator("[data-said]").count() == 0 and len(sent) == 2 and max(sent) < 200


def test_that_there_is_no_face_can_be_wrong_too(open_page: Open) -> None:
    page = open_page()
    choose(page, no_face())
    before = counted("wrong", "no_face")
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_text("I only count your click")).to_be_visible()
    assert counted("wrong", "no_face") == before + 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"model": "masks", "label": "nonsense", "said": "right"}, 422),
        ({"model": "nobody", "label": "with_mask", "said": "right"}, 404),
        ({"model": "masks", "label": "with_mask", "said": "perhaps"}, 422),
        ({}, 422),
    ],
)
def test_only_what_the_page_says_is_counted(api: httpx.Client, said: dict[str, str], status: int) -> None:
    assert api.post("/feedback", json=said).status_code == status


def test_no_form_of_another_site_is_counted(api: httpx.Client) -> None:
    assert api.post("/feedback", data={"model": "masks", "label": "with_mask", "said": "right"}).status_code == 415
