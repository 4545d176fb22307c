"""What programs get: answers, models, and one clear problem for everything that cannot be answered."""

import io
import tempfile
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.bot.photos import blue_face, encoded, no_face, red_face, two_faces
from tests.web.serving import served
from web.models import Models


def ask(api: httpx.Client, photo: bytes, name: str = "photo.jpg", **fields: str) -> httpx.Response:
    return api.post("/api/predict", files={"photo": (name, photo)}, data=fields)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem details of a refusal, which are as RFC 9457 has them."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    details: dict[str, Any] = answer.json()
    assert details["status"] == status
    assert details["code"] == code
    assert details["type"] == "about:blank"
    assert details["title"]
    assert details["detail"].endswith(".")
    assert "Traceback" not in answer.text
    return details


def test_an_answer_is_what_the_command_line_prints_and_who_gave_it(api: httpx.Client, models: Models) -> None:
    answer = ask(api, two_faces(), "party.jpg").json()
    assert answer.pop("photo") == "party.jpg"
    assert answer.pop("model") == "masks"
    assert answer.pop("milliseconds") > 0
    assert answer == models["masks"].predict(two_faces()).as_json()
    assert sorted(face["label"] for face in answer["faces"]) == ["with_mask", "without_mask"]


def test_a_photo_without_a_face_is_answered_too(api: httpx.Client) -> None:
    answer = ask(api, no_face()).json()
    assert answer["faces"] == []
    assert answer["label"] == "no_face"


def test_another_model_is_asked_by_its_name(api: httpx.Client) -> None:
    answer = ask(api, encoded(Image.new("RGB", (40, 30), "blue"), "PNG"), model="colors").json()
    assert answer["model"] == "colors"
    assert answer["label"] == "blue"
    assert answer["probabilities"].keys() == {"red", "green", "blue"}


def test_a_photo_of_something_else_is_none_of_the_labels(api: httpx.Client) -> None:
    answer = ask(api, encoded(Image.new("RGB", (40, 30), "lime"), "PNG"), model="told").json()
    assert (answer["label"], answer["sure"]) == ("none", False)
    assert answer["probabilities"].keys() == {"red", "blue"}


def test_a_model_that_is_not_there_is_named_with_those_that_are(api: httpx.Client) -> None:
    details = problem(ask(api, red_face(), model="cats"), 404, "unknown_model")
    assert "'cats'" in details["detail"]
    assert "masks, colors" in details["detail"]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
HUGE = encoded(Image.new("L", (6000, 5000)), "PNG")


@pytest.mark.parametrize(
    ("photo", "status", "code"),
    [
        (b"", 400, "empty"),
        (red_face()[:2000], 400, "unreadable"),
        (b"hello", 415, "not_an_image"),
        (SVG, 415, "unsupported"),
        (HUGE, 413, "too_many_pixels"),
    ],
    ids=["empty", "cut short", "text", "SVG", "30 megapixels"],
)
def test_each_thing_that_is_wrong_with_a_photo_has_its_status(
    api: httpx.Client, photo: bytes, status: int, code: str
) -> None:
    problem(ask(api, photo), status, code)


def test_a_photo_of_too_many_bytes_is_refused_and_the_client_hears_it(api: httpx.Client) -> None:
    details = problem(ask(api, red_face() + bytes(21 * 2**20)), 413, "too_many_bytes")
    assert "20 MB" in details["detail"]


def test_a_form_without_a_photo_is_told_what_is_missing(api: httpx.Client) -> None:
    details = problem(api.post("/api/predict", files={"picture": red_face()}), 422, "no_photo")
    assert "'photo'" in details["detail"]
    problem(api.post("/api/predict", files={"photo": (None, "text")}), 422, "no_photo")


def test_what_is_no_form_is_refused(api: httpx.Client) -> None:
    problem(api.post("/api/predict", content=red_face()), 415, "not_a_form")
    form = {"content-type": "multipart/form-data; boundary=x"}
    problem(api.post("/api/predict", content=b"no form", headers=form), 400, "bad_form")
    problem(api.post("/api/predict", content=b"", headers={"content-type": "multipart/form-data"}), 400, "bad_form")


def test_addresses_and_methods_that_are_not_there(api: httpx.Client) -> None:
    problem(api.get("/api/nothing"), 404, "not_found")
    details = problem(api.delete("/api/models"), 405, "method_not_allowed")
    assert "DELETE" in details["detail"]


def test_photos_are_not_fetched_unless_the_operator_allows_it(api: httpx.Client) -> None:
    details = problem(api.get("/api/predict", params={"url": "https://example.org/a.jpg"}), 403, "url_not_allowed")
    assert "ALLOW_URL=true" in details["detail"]


def test_the_document_offers_the_models_that_are_served(api: httpx.Client) -> None:
    body = api.get("/openapi.json").json()["paths"]["/api/predict"]["post"]["requestBody"]
    model = body["content"]["multipart/form-data"]["schema"]["properties"]["model"]
    assert model["enum"] == ["masks", "colors", "told"]
    answer = ask(api, red_face(), model=model["default"])
    assert answer.json()["model"] == "masks"
    assert "get" not in api.get("/openapi.json").json()["paths"]["/api/predict"]


def test_an_error_of_ours_is_no_traceback(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.api.models_answer", lambda models: 1 / 0)
    with served(models) as address:
        answer = httpx.get(f"{address}/api/models")
    problem(answer, 500, "unexpected")
    assert "ZeroDivision" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_models_are_listed_with_their_labels(api: httpx.Client) -> None:
    masks, colors, _ = api.get("/api/models").json()["models"]
    assert (masks["name"], masks["labels"], masks["finds_faces"]) == ("masks", ["with_mask", "without_mask"], True)
    assert (colors["name"], colors["labels"], colors["finds_faces"]) == ("colors", ["red", "green", "blue"], False)


def test_health_is_told(api: httpx.Client) -> None:
    assert api.get("/healthz").json() == {"status": "ok", "waiting": 0}


def test_a_photo_never_touches_the_disk(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", lambda file: written.append(file))
    file = io.BytesIO()
    Image.effect_noise((2000, 2000), 90).save(file, "PNG")
    assert len(file.getvalue()) > 2**20
    assert ask(api, file.getvalue()).status_code == 200
    assert written == []


def test_answers_are_counted_for_prometheus(api: httpx.Client) -> None:
    def counted(line: str) -> float:
        values = [entry for entry in api.get("/metrics").text.splitlines() if entry.startswith(line + " ")]
        return float(values[0].split()[-1]) if values else 0

    lines = (
        'photo_answers_total{label="with_mask",model="masks"}',
        'photo_answers_total{label="no_face",model="masks"}',
        'photo_answers_total{label="blue",model="colors"}',
        'photo_problems_total{problem="not_an_image"}',
        'photo_milliseconds_count{model="masks"}',
        'web_requests_total{method="POST",path="/api/predict",status="200"}',
        'web_requests_total{method="POST",path="/api/predict",status="415"}',
        'web_requests_total{method="GET",path="other",status="404"}',
    )
    before = [counted(line) for line in lines]
    ask(api, red_face())
    ask(api, no_face())
    ask(api, blue_face(), model="colors")
    ask(api, b"hello")
    api.get("/made-up")
    assert [counted(line) - count for line, count in zip(lines, before, strict=True)] == [1, 1, 1, 1, 2, 3, 1, 1]
    assert "photo_queue 0.0" in api.get("/metrics").text
