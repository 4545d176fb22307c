"""What all tests share: one thread each for PyTorch and NumPy, and a browser."""

import os
import shutil
from collections.abc import Iterator
from itertools import islice

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
SLOWEST = ("fit/test_distributed.py", "training/test_recipe.py", "training/test_command.py", "training/test_resume.py")


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets each of pytest-xdist's processes, which begin with as many tests each, begin with one of the slowest files: what a
    file's tests share is set up once then, since only tests at the end of a process's share are taken over by another."""
    file_of = {item: next((file for file in SLOWEST if item.path.as_posix().endswith(file)), None) for item in items}
    others = iter([item for item in items if not file_of[item]])
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    ordered: list[pytest.Item] = []
    for process in range(processes):
        share = (len(items) - len(ordered)) // (processes - process)
        slow = [item for file in SLOWEST[process::processes] for item in items if file_of[item] == file]
        ordered += [*slow, *islice(others, max(0, share - len(slow)))]
    items[:] = [*ordered, *others]


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
