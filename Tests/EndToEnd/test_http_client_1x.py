"""The official Python client 1.x over Streamable HTTP against the conformance server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support import conformance, schemas
from support.surface import expect_failure
from test_client_1x import OldSession

from mcp import ClientSession, types
from mcp.client.streamable_http import streamable_http_client

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[conformance.ConformanceServer]:
    running = conformance.ConformanceServer()
    yield running
    assert running.end() == 0


async def elicit(context: Any, params: Any) -> Any:
    schema = params.model_dump(by_alias=True, mode="json", exclude_none=True)["requestedSchema"]
    return types.ElicitResult(action="accept", content=conformance.fill_in(schema))


async def sample(context: Any, params: Any) -> Any:
    return types.CreateMessageResult(role="assistant", content=types.TextContent(type="text", text="Paris"), model="test")


async def roots(context: Any) -> Any:
    return types.ListRootsResult(roots=[types.Root(uri="file:///tmp")])


CALLBACKS = {"elicitation_callback": elicit, "sampling_callback": sample, "list_roots_callback": roots}


@pytest.fixture
def connect(server: conformance.ConformanceServer):
    messages: list[tuple[str, bytes]] = []

    @asynccontextmanager
    async def open_session(**callbacks: Any) -> AsyncIterator[OldSession]:
        async with conformance.recording_client(httpx, messages) as http_client:
            async with streamable_http_client(server.url, http_client=http_client) as (read, write, session_id):
                async with ClientSession(read, write, read_timeout_seconds=timedelta(seconds=60), **callbacks) as client:
                    await client.initialize()
                    assert session_id(), "an older client has a session"
                    yield OldSession(client)

    yield open_session
    assert messages, "the conversation was recorded"
    found = schemas.problems(messages)
    assert not found, "\n".join(found)


async def test_calls_each_tool(connect: Any) -> None:
    async with connect() as session:
        await conformance.check_tools(session)
        await conformance.check_progress(session)
        await session.client.send_ping()


async def test_answers_questions(connect: Any) -> None:
    async with connect(**CALLBACKS) as session:
        await conformance.check_questions(session)


async def test_reads_each_resource_and_gets_each_prompt(connect: Any) -> None:
    async with connect() as session:
        await conformance.check_resources_and_prompts(session, modern=False)


async def test_a_capability_that_is_missing_is_an_error(connect: Any) -> None:
    async with connect() as session:
        await expect_failure(-32602, session.call("test_missing_capability", {}))


async def test_hears_log_messages_and_changes(connect: Any) -> None:
    heard: list[Any] = []
    changed: list[str] = []

    async def log(params: Any) -> None:
        heard.append(params.data)

    async def message(received: Any) -> None:
        if isinstance(received, types.ServerNotification):
            changed.append(received.root.method)

    async with connect(logging_callback=log, message_handler=message) as session:
        await session.client.set_logging_level("info")
        await session.call("test_tool_with_logging", {})
        await session.call("test_trigger_tool_change", {})
        for _ in range(200):
            if "notifications/tools/list_changed" in changed:
                break
            import anyio

            await anyio.sleep(0.05)
    assert heard == ["Tool execution started", "Tool processing data", "Tool execution completed"]
    assert "notifications/tools/list_changed" in changed
