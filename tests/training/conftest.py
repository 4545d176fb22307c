"""What the tests of training share: memory that a training frees goes back to the system, for the tests that follow."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest


@pytest.fixture(scope="session", autouse=True)
def freed_memory_goes_back() -> Iterator[None]:
    with patch("training.fit.learner.keep_freed_memory"):
        yield
