"""What all tests share: one thread each for PyTorch and NumPy, and a browser."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

# For the workers, which are started later: two of two threads each would wait for each other on two cores, and glibc
# would keep freed memory apart for each of many threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MALLOC_ARENA_MAX", "2")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--use-fake-device-for-media-stream",  # a camera that shows a test picture
]


@pytest.fixture(scope="module")  # for longer, its event loop would be in the way of other tests
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    expect.set_options(timeout=30_000)  # milliseconds; some machines have busy neighbours
    chromium = shutil.which("chromium")
    if chromium is None:
        missing = "the tests of pages need Chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()
