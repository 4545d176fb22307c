"""What the tests of training share: memory goes back to the system, for the tests that follow."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest


@pytest.fixture(scope="session", autouse=True)
def freed_memory_goes_back() -> Iterator[None]:
    with patch("training.fit.learner.keep_freed_memory"):
        yield


@pytest.fixture
def newer_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    from training.export import onnx  # here, since it takes a second to import

    monkeypatch.setattr(onnx, "EXPORTERS", (onnx._with_dynamo,))
