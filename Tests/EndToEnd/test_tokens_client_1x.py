"""Tokens that are missing, wrong, over, for another database or for reading alone, as the client 1.x sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.guarded import UNHEARD, GuardedServer

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

pytestmark = pytest.mark.anyio


async def ask(server: GuardedServer, kind: str, sql: str, database: str | None = None) -> Any:
    """The result of a query by the official client."""
    verify: Any = server.context if server.url.startswith("https") else True
    arguments = {"query": sql, **({"database": database} if database else {})}
    async with httpx.AsyncClient(verify=verify, headers=server.fields(kind), timeout=httpx.Timeout(30, read=60)) as http_client:
        async with streamable_http_client(server.url, http_client=http_client) as (read, write, _):
            async with ClientSession(read, write, read_timeout_seconds=timedelta(seconds=20)) as client:
                await client.initialize()
                return await client.call_tool("query_database", arguments)


@pytest.mark.parametrize("kind", UNHEARD)
async def test_the_client_is_not_let_in(guarded: GuardedServer, kind: str) -> None:
    with pytest.raises(BaseException) as caught:
        await ask(guarded, kind, "SELECT 41 + 1")
    token = guarded.tokens[kind]
    assert token is None or token not in repr(caught.value)


async def test_a_token_for_another_database_does_not_see_this_one(guarded: GuardedServer) -> None:
    mine = await ask(guarded, "other database", "SELECT 41 + 1")
    assert not mine.isError and "42" in str(mine.content)
    theirs = await ask(guarded, "other database", "SELECT 41 + 1", database="shop")
    assert theirs.isError and "no database" in str(theirs.content)


async def test_a_token_for_reading_changes_nothing(guarded: GuardedServer) -> None:
    write = await ask(guarded, "read-only", "DELETE FROM orders", database="shop")
    assert write.isError and "scope write" in str(write.content)
    read = await ask(guarded, "read-only", "SELECT count(*) FROM orders", database="shop")
    assert not read.isError and "1500" in str(read.content)
