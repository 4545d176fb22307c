"""What the tests of training share: memory goes back to the system, for the tests that follow, and exporting is not traced."""

import sys
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest

Exporter = Callable[..., None]


@pytest.fixture(scope="session", autouse=True)
def freed_memory_goes_back() -> Iterator[None]:
    with patch("training.fit.learner.keep_freed_memory"):
        yield


@pytest.fixture(scope="session", autouse=True)
def exporters_without_coverage() -> Iterator[None]:
    from training.export import onnx  # here, since it takes a second to import

    with patch.object(onnx, "EXPORTERS", tuple(map(untraced, onnx.EXPORTERS))):
        yield


@pytest.fixture
def newer_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    from training.export import onnx

    monkeypatch.setattr(onnx, "EXPORTERS", (untraced(onnx._with_dynamo),))


def untraced(exporter: Exporter) -> Exporter:
    """Coverage would follow every call inside PyTorch's exporters, which take twice as long then."""

    def export(*arguments: object) -> None:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            exporter(*arguments)
        finally:
            sys.settrace(tracer)

    return export
