"""`python -m benchmarks.fresh`: from a fresh clone of what is committed to the first answer, as a stranger does it: `make run`,
with no package at hand, then a photo."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.answers import send, wait_for_answer
from benchmarks.figures import say
from benchmarks.pictures import photo
from benchmarks.slug import size
from bot.settings import Settings

OWN = {
    "MAKEFLAGS",
    "MFLAGS",
    "MAKEOVERRIDES",
    "PYTHONPATH",
    "PYTHONPYCACHEPREFIX",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
}


def main() -> None:
    """Measure seconds and megabytes until a fresh clone has answered a photo."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        subprocess.run(["git", "clone", "-q", ".", str(clone)], check=True)
        started = time.perf_counter()
        command = ["make", "-s", "-C", str(clone), "run", "ARGS=--port 0"]
        environment = strangers() | {"UV_CACHE_DIR": f"{folder}/cache", "PIP_NO_CACHE_DIR": "1"}
        bot = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            assert bot.stdout
            address = next((said[0] for line in bot.stdout if (said := re.search(r"http://\S+", line))), None)
            if address is None:
                sys.exit("Error: `make run` ended without a chat in a fresh clone; what it printed says why.")
            with httpx.Client(base_url=address, timeout=120, trust_env=False) as http:
                send(http, 1, photo())
                wait_for_answer(http, 1)
            say("fresh clone to first answer", time.perf_counter() - started, "s", "packages downloaded again")
            say("fresh clone, installed", size(clone / ".venv") / 2**20, "MB")
        finally:
            if bot.poll() is None:
                os.killpg(bot.pid, signal.SIGINT)
            bot.wait(30)


def strangers() -> dict[str, str]:
    """This environment, less what is set here for the bot, for Python and for the `make` that may have started this."""
    settings = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in settings | OWN}


if __name__ == "__main__":
    main()
