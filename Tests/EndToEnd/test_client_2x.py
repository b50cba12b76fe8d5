"""The official Python client 2.x over stdio: the newest revision pinned, probed for, and the older handshake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support import schemas, surface
from support.agentd import CLEAN_ENVIRONMENT, recorded_command, write_configuration
from support.database import PrivatePostgres
from support.session import Session

mcp = pytest.importorskip("mcp", minversion=None)
pytest.importorskip("mcp_types", reason="client 2.x only")

from mcp import Client, MCPError, StdioServerParameters  # noqa: E402
from mcp_types import PromptReference, ResourceTemplateReference  # noqa: E402

pytestmark = pytest.mark.anyio
MODES = ["2026-07-28", "auto", "legacy"]


class NewSession(Session):
    error = MCPError
    prompt_reference = PromptReference
    template_reference = ResourceTemplateReference

    async def call_and_cancel(self, name: str, arguments: dict[str, Any], when: Callable[[], Any]) -> None:
        # Leaving the scope of a call is how this client cancels: it sends notifications/cancelled itself.
        task = asyncio.create_task(self.client.call_tool(name, arguments))
        await when()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
def connect(tmp_path: Path, postgres: PrivatePostgres):
    log = tmp_path / "messages.jsonl"

    @asynccontextmanager
    async def open_session(mode: str, **settings: Any) -> AsyncIterator[NewSession]:
        configuration = write_configuration(tmp_path, postgres, **settings)
        command = recorded_command(configuration, log)
        server = StdioServerParameters(command=command[0], args=command[1:], env=CLEAN_ENVIRONMENT)
        async with Client(server, mode=mode, cache=None, read_timeout_seconds=60) as client:
            yield NewSession(client)

    yield open_session
    messages = schemas.read_log(log)
    assert messages, "the conversation was recorded"
    found = schemas.problems(messages)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("mode", MODES)
async def test_lists_and_calls_each_tool(connect: Any, mode: str) -> None:
    async with connect(mode) as session:
        await surface.check_tools(session)
        await surface.check_each_tool(session)


@pytest.mark.parametrize("mode", MODES)
async def test_reads_each_resource_and_gets_each_prompt(connect: Any, mode: str) -> None:
    async with connect(mode) as session:
        await surface.check_resources(session)
        await surface.check_unknown_resource(session, modern=mode != "legacy")
        await surface.check_prompts(session)
        await surface.check_completion(session)


@pytest.mark.parametrize("mode", MODES)
async def test_errors_are_clear_and_writes_are_refused(connect: Any, mode: str) -> None:
    async with connect(mode) as session:
        await surface.check_errors(session)


@pytest.mark.parametrize("mode", MODES)
async def test_cancels_reports_progress_and_serves_side_by_side(connect: Any, postgres: PrivatePostgres, mode: str) -> None:
    async with connect(mode) as session:
        await surface.check_cancellation(session, postgres)
        await surface.check_progress(session)
        await surface.check_concurrency(session)


async def test_auto_finds_the_newest_revision(connect: Any) -> None:
    async with connect("auto") as session:
        assert session.client.protocol_version == "2026-07-28"
