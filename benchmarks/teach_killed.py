"""`python -m benchmarks.teach_killed`: the bot is killed (SIGKILL) at random moments while it is taught, and started again:
whether all that it had confirmed is there, and whether in the end all photos are."""

import random
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from benchmarks.crowd import start_bot
from benchmarks.pictures import photo
from localchat import LocalChat
from model.teaching.examples import Examples
from model.teaching.kept_file import NAME

OPERATOR = 9
LABELS = ("mug", "plant")


def main(
    times: Annotated[int, typer.Option(help="How often it is killed.")] = 20,
    photos: Annotated[int, typer.Option(help="How many are under way each time.")] = 10,
    within: Annotated[float, typer.Option(help="Seconds after the photos in which the moment lies.")] = 12.0,
    patience: Annotated[float, typer.Option(help="Seconds that the end is waited for.")] = 300.0,
) -> None:
    """Kill the bot again and again while it is taught."""
    chance, confirmed = random.Random(6), Counter[str]()

    def hear(event: dict[str, Any]) -> None:
        message = event.get("message", {})
        if (
            event["type"] == "message"
            and event["from_bot"]
            and ": " in (line := message.get("text", "").split("\n")[0])
        ):
            for part in line.split(", "):
                label, _, count = part.partition(": ")
                if label in LABELS and count.isdigit():
                    confirmed[label] = max(confirmed[label], int(count))

    with tempfile.TemporaryDirectory() as state, LocalChat() as chat:
        chat.listen(hear)
        http = httpx.Client(base_url=chat.url, timeout=120, trust_env=False)

        def start() -> subprocess.Popen[bytes]:
            return start_bot(chat, OPERATOR_CHAT_ID=str(OPERATOR), STATE_DIR=state)

        bot = start()
        missing = sent = 0
        try:
            for _ in range(times):
                http.post("/chat/send", data={"chat": OPERATOR, "text": "/teach"}).raise_for_status()
                time.sleep(1)
                for number in range(photos):
                    sent += 1
                    file = ("photo.jpg", photo(300 + sent, 240), "image/jpeg")
                    form = {"chat": OPERATOR, "caption": LABELS[number % 2]}
                    http.post("/chat/send", data=form, files={"photo": file}).raise_for_status()
                time.sleep(chance.uniform(0, within))
                bot.kill()
                bot.wait()
                kept = _kept(state)
                missing += sum((confirmed - kept).values())
                print(f"sent {sent}, confirmed {confirmed.total()}, kept {kept.total()}", flush=True)
                bot = start()
            deadline = time.monotonic() + patience
            http.post("/chat/send", data={"chat": OPERATOR, "text": "/teach"}).raise_for_status()
            while _kept(state).total() < sent and time.monotonic() < deadline:
                time.sleep(0.5)
        finally:
            bot.terminate()
            bot.wait(60)
        print(f"confirmed and not there after a kill: {missing}")
        print(f"taught in the end: {_kept(state).total()} of {sent}")


def _kept(state: str) -> Counter[str]:
    file = Path(state, NAME)
    return Examples.read(file.read_bytes()).counts if file.is_file() else Counter()


if __name__ == "__main__":
    typer.run(main)
