"""What the tests of training share: memory goes back to the system, for the tests that follow, and exporting is not traced."""

import sys
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest


@pytest.fixture(scope="session", autouse=True)
def freed_memory_goes_back() -> Iterator[None]:
    with patch("training.fit.learner.keep_freed_memory"):
        yield


@pytest.fixture(scope="session", autouse=True)
def exporters_are_not_traced() -> Iterator[None]:
    """Coverage would follow every call inside PyTorch's exporters, which take twice as long then."""
    from training.export import onnx  # here, since it takes a second to import

    def untraced(exporter: Callable[..., None]) -> Callable[..., None]:
        def export(*arguments: object) -> None:
            tracer = sys.gettrace()
            sys.settrace(None)
            try:
                exporter(*arguments)
            finally:
                sys.settrace(tracer)

        return export

    with patch.object(onnx, "EXPORTERS", tuple(untraced(exporter) for exporter in onnx.EXPORTERS)):
        yield
