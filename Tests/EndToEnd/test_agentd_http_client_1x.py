"""The official Python client 1.x against `agentd --http`, in the clear, over TLS, and with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support import surface
from support.server import HTTPServer
from test_client_1x import OldSession

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connect(server: HTTPServer) -> AsyncIterator[OldSession]:
    verify: Any = server.context if server.url.startswith("https") else True
    async with httpx.AsyncClient(
        verify=verify, headers=server.headers, timeout=httpx.Timeout(30, read=60)
    ) as http_client:
        async with streamable_http_client(server.url, http_client=http_client) as (read, write, session_id):
            async with ClientSession(read, write, read_timeout_seconds=timedelta(seconds=60)) as client:
                await client.initialize()
                assert session_id(), "an older client has a session"
                yield OldSession(client)


async def test_lists_and_calls_each_tool(server: HTTPServer) -> None:
    async with connect(server) as session:
        await surface.check_tools(session)
        await surface.check_each_tool(session)


async def test_reads_each_resource_and_gets_each_prompt(server: HTTPServer) -> None:
    async with connect(server) as session:
        await surface.check_resources(session)
