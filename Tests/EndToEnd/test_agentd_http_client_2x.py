"""The official Python client 2.x against `agentd --http`, in the clear, over TLS, and with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from support import surface
from support.server import HTTPServer

pytest.importorskip("mcp_types", reason="client 2.x only")

import httpx2  # noqa: E402
from mcp import Client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from test_client_2x import MODES, NewSession  # noqa: E402

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connect(server: HTTPServer, mode: str) -> AsyncIterator[NewSession]:
    verify: Any = server.context if server.url.startswith("https") else True
    async with httpx2.AsyncClient(
        verify=verify, headers=server.headers, timeout=httpx2.Timeout(30, read=60)
    ) as http_client:
        transport = streamable_http_client(server.url, http_client=http_client)
        async with Client(transport, mode=mode, cache=None, read_timeout_seconds=60) as client:
            yield NewSession(client)


@pytest.mark.parametrize("mode", MODES)
async def test_lists_and_calls_each_tool(server: HTTPServer, mode: str) -> None:
    async with connect(server, mode) as session:
        await surface.check_tools(session)
        await surface.check_each_tool(session)


@pytest.mark.parametrize("mode", MODES)
async def test_reads_each_resource_and_gets_each_prompt(server: HTTPServer, mode: str) -> None:
    async with connect(server, mode) as session:
        await surface.check_resources(session)
