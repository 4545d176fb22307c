"""What CI says of known vulnerabilities: it fails for one that was found, and for nothing else."""

import json
import subprocess
import sys
from typing import Any

import pytest

FINE = {"name": "fine", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}
HOLED = {"name": "holed", "version": "2.0", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1", "3.0"]}]}


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([FINE], 0, "1 dependencies looked up, 0 known vulnerabilities, 0 could not be looked up.\n"),
        ([FINE, UNKNOWN], 0, "1 dependencies looked up, 0 known vulnerabilities, 1 could not be looked up.\n"),
        ([HOLED, FINE], 1, "holed 2.0 has CVE-1, mended in 2.1 or 3.0\n2 dependencies looked up, 1 known"),
        ([UNKNOWN], 0, "No dependency could be looked up for known vulnerabilities: is there a network?\n"),
        (None, 0, "No dependency could be looked up for known vulnerabilities: is there a network?\n"),
    ],
    ids=["none", "unknown", "one", "nothing known", "no network"],
)
def test_only_a_known_vulnerability_fails(found: list[dict[str, Any]] | None, code: int, said: str) -> None:
    written = "" if found is None else json.dumps({"dependencies": found, "fixes": []})
    told = subprocess.run(
        [sys.executable, ".ci/vulnerable.py"], input=written, capture_output=True, text=True, timeout=60, check=False
    )
    assert (told.returncode, told.stderr) == (code, "")
    assert told.stdout.startswith(said)
