"""The API keeps to its own OpenAPI document, whatever is sent to it."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.web.serving import served
from web.models import Models


def test_every_answer_is_one_that_the_document_promises(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(*asked: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", unknown)  # addresses are made up: none is really asked
    with served(models, allow_url=True) as address:
        options = [
            "--exclude-checks=positive_data_acceptance",  # bytes that a machine makes up are no photo
            "--phases=examples,coverage,fuzzing",
            "--max-examples=15",
            "--seed=1",
            "--workers=2",
            "--no-color",
        ]
        command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/openapi.json", *options]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "4 selected" in result.stdout
