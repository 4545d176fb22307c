"""The web application on a real port of this machine, in a thread."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI

from web.__main__ import listen, server
from web.app import create_app
from web.models import Models
from web.settings import Settings


@contextmanager
def served(models: Models, **settings: Any) -> Iterator[str]:
    """The page and the API with these settings; gives their address."""
    chosen = Settings.model_construct(**{"requests_per_minute": 0, **settings})
    with running(create_app(models, chosen)) as address:
        yield address


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """An application; gives its address."""
    listening = listen("127.0.0.1", 0)
    uvicorn = server(app)
    thread = threading.Thread(target=uvicorn.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not uvicorn.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        uvicorn.should_exit = True
        thread.join(60)
        listening.close()


def wait_until(condition: Any, seconds: float = 60) -> None:
    """Return as soon as the condition holds, and fail if it does not in that time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.01)
