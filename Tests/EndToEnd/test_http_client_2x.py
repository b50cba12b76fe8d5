"""The official Python client 2.x over Streamable HTTP against the conformance server: the newest revision pinned, probed for,
and the older handshake."""

from __future__ import annotations

import http.client
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from support import conformance, schemas
from support.surface import expect_failure, text

pytest.importorskip("mcp_types", reason="client 2.x only")

import httpx2  # noqa: E402
import mcp_types as types  # noqa: E402
from mcp import Client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from test_client_2x import MODES, NewSession  # noqa: E402

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


@pytest.fixture
def connect(server: conformance.ConformanceServer):
    messages: list[tuple[str, bytes]] = []

    @asynccontextmanager
    async def open_session(mode: str, **callbacks: Any) -> AsyncIterator[NewSession]:
        async with conformance.recording_client(httpx2, messages) as http_client:
            transport = streamable_http_client(server.url, http_client=http_client)
            async with Client(transport, mode=mode, cache=None, read_timeout_seconds=60, **callbacks) as client:
                yield NewSession(client)

    yield open_session
    assert messages, "the conversation was recorded"
    # What a person filled in may hold whole numbers only, says the schema of the wire; the form of SEP-1034 has 95.5.
    found = [problem for problem in schemas.problems(messages) if "'score': 95.5" not in problem]
    assert not found, "\n".join(found)


CALLBACKS = {"elicitation_callback": elicit, "sampling_callback": sample, "list_roots_callback": roots}


@pytest.mark.parametrize("mode", MODES)
async def test_calls_each_tool(connect: Any, mode: str) -> None:
    async with connect(mode) as session:
        await conformance.check_tools(session)
        await conformance.check_progress(session)


@pytest.mark.parametrize("mode", MODES)
async def test_answers_questions(connect: Any, mode: str) -> None:
    async with connect(mode, **CALLBACKS) as session:
        await conformance.check_questions(session)


@pytest.mark.parametrize("mode", MODES)
async def test_reads_each_resource_and_gets_each_prompt(connect: Any, mode: str) -> None:
    async with connect(mode) as session:
        await conformance.check_resources_and_prompts(session, modern=mode != "legacy")


@pytest.mark.parametrize("mode", MODES)
async def test_a_capability_that_is_missing_is_an_error(connect: Any, mode: str) -> None:
    async with connect(mode) as session:
        await expect_failure(-32602 if mode == "legacy" else -32021, session.call("test_missing_capability", {}))
        assert "nothing" in text(await session.call("test_input_required_result_capabilities", {}))


@pytest.mark.parametrize("mode", MODES)
async def test_hears_log_messages(connect: Any, mode: str) -> None:
    heard: list[Any] = []

    async def log(params: Any) -> None:
        heard.append(params.data)

    async with connect(mode, logging_callback=log, log_level="info") as session:
        await session.call("test_tool_with_logging", {})
    assert heard == ["Tool execution started", "Tool processing data", "Tool execution completed"]


async def test_auto_finds_the_newest_revision(connect: Any) -> None:
    async with connect("auto") as session:
        await session.tools()
        assert session.client.protocol_version == "2026-07-28"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("Host", "evil.example.com", False), ("Origin", "http://evil.example.com", False),
        ("Host", "localhost", True), ("Origin", "http://localhost:3000", True),
    ],
)
def test_names_of_others_are_refused(server: conformance.ConformanceServer, name: str, value: str, allowed: bool) -> None:
    message = {
        "jsonrpc": "2.0", "id": 1, "method": "server/discover",
        "params": {"_meta": {schemas.VERSION_KEY: schemas.NEWEST, "io.modelcontextprotocol/clientCapabilities": {}}},
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", "/mcp", json.dumps(message), {
        "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": schemas.NEWEST, "Mcp-Method": "server/discover", name: value,
    })
    status = connection.getresponse().status
    connection.close()
    assert 200 <= status < 300 if allowed else 400 <= status < 500, status
