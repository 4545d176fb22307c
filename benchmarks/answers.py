"""Whether a photo was answered with a face. If not, no network has run for it, and what was measured says nothing.

Also how one person sends a photo to a bot in the local chat and waits for what it says.
"""

import sys
import time
from typing import Any

import httpx

from bot.reply.languages import LANGUAGES, say
from model import NO_FACE

FACELESS = "Error: the photo was answered as one without a face, so there is nothing to measure: take one of a face."


def expect_face(label: str) -> None:
    """End the benchmark, in one sentence, if this is the answer to a photo without a face."""
    if label == NO_FACE:
        sys.exit(FACELESS)


def is_faceless(message: dict[str, Any]) -> bool:
    """Whether the bot says in a message of the local chat that it cannot find a face."""
    return message.get("text") in {say("no_face", language) for language in LANGUAGES}


def send(http: httpx.Client, person: int, photo: bytes) -> None:
    """Let a person send a photo in the local chat."""
    files = {"files": ("photo.jpg", photo, "image/jpeg")}
    http.post("/chat/send", data={"chat": person}, files=files).raise_for_status()


def wait_for_answer(http: httpx.Client, person: int, seconds: float = 300) -> None:
    """Wait until the bot has answered a person, and end the benchmark if it found no face or does not answer in time."""
    seen, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        ask = {"chat": person, "after": seen, "timeout": min(seconds, 60)}
        told = http.get("/chat/events", params=ask).raise_for_status().json()
        seen = told["last"]
        for event in told["events"]:
            if event["type"] == "message" and event["from_bot"]:
                if is_faceless(event["message"]):
                    sys.exit(FACELESS)
                return
    sys.exit(f"Error: the bot has not answered a photo within {seconds:g} seconds.")
