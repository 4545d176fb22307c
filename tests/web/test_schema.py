"""The API keeps to its own OpenAPI document, whatever is sent to it."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.web.serving import served
from web.models import Models


@pytest.fixture(scope="module")
def described(models: Models) -> Iterator[Any]:
    """The document of a server that fetches photos too, on a machine where no name is known."""

    async def unknown(*asked: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch, served(models, allow_url=True) as address:
        patch.setattr(asyncio.BaseEventLoop, "getaddrinfo", unknown)
        yield schemathesis.openapi.from_url(f"{address}/openapi.json")


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_document_promises(case: schemathesis.Case) -> None:
    case.call_and_validate(
        timeout=60,
        excluded_checks=[positive_data_acceptance],  # bytes that a machine makes up are no photo
    )
