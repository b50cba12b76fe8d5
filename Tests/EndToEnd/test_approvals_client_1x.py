"""Approvals of writes with the official Python client 1.x, which is asked by elicitation/create."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support import approvals, schemas
from support.agentd import CLEAN_ENVIRONMENT, recorded_command
from support.approvals import ROWS, rows
from support.database import PrivatePostgres
from support.session import plain
from support.surface import text

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitResult

pytestmark = pytest.mark.anyio
TABLE = "approved_1x"


@pytest.mark.parametrize("asks", [True, False])
async def test_a_person_accepts_declines_and_cancels(tmp_path: Path, postgres: PrivatePostgres, asks: bool) -> None:
    approvals.prepare(postgres, TABLE)
    log = tmp_path / "messages.jsonl"
    command = recorded_command(approvals.configuration(tmp_path, postgres), log)
    server = StdioServerParameters(command=command[0], args=command[1:], env=CLEAN_ENVIRONMENT)
    seen: list[dict[str, Any]] = []
    action = "decline"

    async def answer(_context: Any, params: Any) -> ElicitResult:
        seen.append(plain(params))
        return ElicitResult(action=action, content={} if action == "accept" else None)

    async with stdio_client(server) as streams:
        async with ClientSession(
            *streams, read_timeout_seconds=timedelta(seconds=60), elicitation_callback=answer if asks else None
        ) as client:
            await client.initialize()
            approvals.check_annotations([plain(tool) for tool in (await client.list_tools()).tools], writing=True)

            async def call(arguments: dict[str, Any], wanted: str = "decline") -> dict[str, Any]:
                nonlocal action
                action = wanted
                return plain(await client.call_tool("query_database", arguments))

            if asks:
                await approvals.check_answers(call, postgres, TABLE, seen)
            else:
                refused = await call({"query": f"DELETE FROM {TABLE}"})
                assert refused["isError"] and "agentctl query" in text(refused)
                assert rows(postgres, TABLE) == ROWS
    found = schemas.problems(schemas.read_log(log))
    assert not found, "\n".join(found)
