"""The official Python client 1.x over stdio, which knows the initialize handshake only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support import schemas, surface
from support.agentd import CLEAN_ENVIRONMENT, recorded_command, write_configuration
from support.database import PrivatePostgres
from support.session import Session

from mcp import ClientSession, McpError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import (
    CancelledNotification,
    CancelledNotificationParams,
    ClientNotification,
    PromptReference,
    ResourceTemplateReference,
)
from pydantic import AnyUrl

pytestmark = pytest.mark.anyio


class OldSession(Session):
    error = McpError
    prompt_reference = PromptReference
    template_reference = ResourceTemplateReference

    def address(self, uri: str) -> AnyUrl:
        return AnyUrl(uri)

    async def call_and_cancel(self, name: str, arguments: dict[str, Any], when: Callable[[], Any]) -> None:
        # This client leaves the notification to the application.
        identifier = self.client._request_id
        task = asyncio.create_task(self.client.call_tool(name, arguments))
        await when()
        await self.client.send_notification(ClientNotification(CancelledNotification(
            method="notifications/cancelled",
            params=CancelledNotificationParams(requestId=identifier, reason="the test has seen enough"),
        )))
        # Nothing is sent for a cancelled request, so the call would wait for ever.
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
def connect(tmp_path: Path, postgres: PrivatePostgres):
    log = tmp_path / "messages.jsonl"

    @asynccontextmanager
    async def open_session() -> AsyncIterator[OldSession]:
        configuration = write_configuration(tmp_path, postgres)
        command = recorded_command(configuration, log)
        server = StdioServerParameters(command=command[0], args=command[1:], env=CLEAN_ENVIRONMENT)
        async with stdio_client(server) as streams:
            async with ClientSession(*streams, read_timeout_seconds=timedelta(seconds=60)) as client:
                answer = await client.initialize()
                assert answer.serverInfo.name
                yield OldSession(client)

    yield open_session
    messages = schemas.read_log(log)
    assert messages, "the conversation was recorded"
    found = schemas.problems(messages)
    assert not found, "\n".join(found)


async def test_lists_and_calls_each_tool(connect: Any) -> None:
    async with connect() as session:
        await surface.check_tools(session)
        await surface.check_each_tool(session)


async def test_reads_each_resource_and_gets_each_prompt(connect: Any) -> None:
    async with connect() as session:
        await surface.check_resources(session)
        await surface.check_unknown_resource(session, modern=False)
        await surface.check_prompts(session)
        await surface.check_completion(session)


async def test_errors_are_clear_and_writes_are_refused(connect: Any) -> None:
    async with connect() as session:
        await surface.check_errors(session)


async def test_cancels_reports_progress_and_serves_side_by_side(connect: Any, postgres: PrivatePostgres) -> None:
    async with connect() as session:
        await surface.check_cancellation(session, postgres)
        await surface.check_progress(session)
        await surface.check_concurrency(session)
        await session.client.send_ping()
