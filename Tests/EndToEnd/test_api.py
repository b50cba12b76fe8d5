"""The JSON API of a real agentd: what its guide shows is tried, and what its document says is complete."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from support.database import ROOT, PrivatePostgres
from support.documents import FENCE
from support.http_agent import HTTPAgent

GUIDE = ROOT / "Documentation" / "API.md"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, postgres: PrivatePostgres) -> Iterator[HTTPAgent]:
    running = HTTPAgent(tmp_path_factory.mktemp("api"), postgres)
    yield running
    assert running.end() == 0


def examples() -> list[tuple[str, Any]]:
    """Each command of the guide with the answer that is shown right after it, if there is one."""
    found: list[tuple[str, Any]] = []
    blocks = [(match.group(2), match.group(3)) for match in FENCE.finditer(GUIDE.read_text())]
    for (language, text), (next_language, next_text) in zip(blocks, [*blocks[1:], ("", "")]):
        if language == "bash":
            found.append((text, json.loads(next_text) if next_language == "json" else None))
    return found


def same_shape(shown: Any, got: Any, place: str = "$") -> None:
    """What is shown has the members and kinds of what was answered; texts, numbers and the length of lists may differ."""
    if isinstance(shown, dict):
        assert isinstance(got, dict) and shown.keys() == got.keys(), f"{place}: {sorted(got)}"
        for key in shown:
            same_shape(shown[key], got[key], f"{place}.{key}")
    elif isinstance(shown, list):
        assert isinstance(got, list), place
        for index, (one, other) in enumerate(zip(shown, got)):
            same_shape(one, other, f"{place}[{index}]")
    elif isinstance(shown, bool) or shown is None or isinstance(shown, str) != isinstance(got, str):
        assert shown == got, f"{place}: {got}"


@pytest.mark.parametrize(("command", "shown"), examples(), ids=lambda value: str(value)[-60:])
def test_each_example_of_the_guide(command: str, shown: Any, agent: HTTPAgent) -> None:
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        env={**os.environ, "AGENT": agent.url, "TOKEN": agent.tokens["writer"]},
    )
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    if shown is not None:
        same_shape(shown, answer)


def test_the_guide_names_each_operation_and_each_code(agent: HTTPAgent) -> None:
    guide = GUIDE.read_text()
    status, _, document = agent.request("GET", "/openapi.json", token=None)
    assert status == 200
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if operation["tags"][0] not in ("databases", "statements"):
                continue  # accounts and administration have guides of their own
            assert f"`{method.upper()} {path}`" in guide
            for parameter in operation.get("parameters", []):
                assert f"`{parameter['name']}`" in guide or f"{{{parameter['name']}}}" in guide
            for response in operation["responses"].values():
                for media in response.get("content", {}).values():
                    for code in media["schema"].get("properties", {}).get("code", {}).get("enum", []):
                        assert f"`{code}`" in guide, code


def test_a_write_waits_for_a_token_that_may_approve(agent: HTTPAgent, postgres: PrivatePostgres) -> None:
    body = {"sql": "CREATE TABLE approved_over_http (a int)", "database": "stock"}
    assert agent.request("POST", "/api/v1/query", body, "reader")[0] == 403
    status, _, question = agent.request("POST", "/api/v1/query", body, "writer")
    assert status == 409
    href = question["approval"]["href"]
    assert agent.request("POST", href, {"decision": "approve"}, "writer")[0] == 403
    assert postgres.sql("SELECT to_regclass('approved_over_http')") == ""
    status, _, done = agent.request("POST", href, {"decision": "approve"}, "approver")
    assert status == 200 and done["committed"] is True
    assert agent.request("POST", href, {"decision": "approve"}, "approver")[0] == 404
    postgres.sql("DROP TABLE approved_over_http")


def test_a_client_that_goes_away_ends_its_query(agent: HTTPAgent, postgres: PrivatePostgres) -> None:
    client = subprocess.Popen(
        [
            "curl", "-s", "-H", f"Authorization: Bearer {agent.tokens['reader']}", "-H", "Content-Type: application/json",
            f"{agent.url}/api/v1/query", "-d", '{"sql": "SELECT pg_sleep(25) AS gone_over_http"}',
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )
    postgres.wait_running("gone_over_http")
    client.kill()
    client.wait()
    postgres.wait_running("gone_over_http", wanted=False)


def test_no_answer_and_no_log_holds_a_token(agent: HTTPAgent) -> None:
    for token in agent.tokens.values():
        assert token not in (agent.folder / "agentd.log").read_text()
    assert re.search(r"password", json.dumps(agent.request("GET", "/api/v1/databases?state=true")[2])) is None
