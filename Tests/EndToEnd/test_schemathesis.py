"""schemathesis: requests made of the OpenAPI document, right ones and wrong ones, and whether the answers are as it says. Runs in
an environment of its own (scripts/end-to-end.sh)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.database import PrivatePostgres
from support.http_agent import HTTPAgent

pytest.importorskip("schemathesis", reason="has an environment of its own")

# A request can be as the document says and still be refused: random text is no SQL (422), a write is asked about (409), a made-up
# approval is none (404, 410), a table and a pattern exclude each other, and not every text is a time (400). What is too long may be too long for a body (413).
CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 410, 422]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 413, 415, 422, 429, "5xx"]

[[operations]]
include-operation-id = ["readSchema", "createToken", "rotateToken", "readAudit"]

[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 422]

# Without a language model the chat says so.
[[operations]]
include-operation-id = "chat"

[operations.checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503]

[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 410, 503]
"""


def test_the_server_answers_as_its_document_says(tmp_path: Path, postgres: PrivatePostgres) -> None:
    agent = HTTPAgent(tmp_path, postgres)
    try:
        (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
        result = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml"), "run",
                f"{agent.url}/openapi.json", "--header",
                f"Authorization: Bearer {agent.tokens['administrator']}", "--max-examples", "10", "--seed", "1",
                "--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--request-timeout", "60",
                "--suppress-health-check", "all", "--no-color", "--output-truncate", "true",
            ],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, cwd=tmp_path,
        )
    finally:
        ended = agent.end()
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
    assert ended == 0
