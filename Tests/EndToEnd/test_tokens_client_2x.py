"""Tokens that are missing, wrong, over, for another database or for reading alone: on the wire, and as the client 2.x sees them."""

from __future__ import annotations

from typing import Any

import pytest
from support.guarded import UNHEARD, GuardedServer

pytest.importorskip("mcp_types", reason="client 2.x only")

import httpx2  # noqa: E402
from mcp import Client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from test_client_2x import MODES  # noqa: E402

pytestmark = pytest.mark.anyio


async def ask(server: GuardedServer, kind: str, mode: str, sql: str, database: str | None = None) -> Any:
    """The result of a query by the official client."""
    verify: Any = server.context if server.url.startswith("https") else True
    arguments = {"query": sql, **({"database": database} if database else {})}
    async with httpx2.AsyncClient(verify=verify, headers=server.fields(kind), timeout=httpx2.Timeout(30, read=60)) as http_client:
        transport = streamable_http_client(server.url, http_client=http_client)
        async with Client(transport, mode=mode, cache=None, read_timeout_seconds=60) as client:
            return await client.call_tool("query_database", arguments)


@pytest.mark.parametrize("kind", UNHEARD)
def test_who_is_not_heard_gets_the_status_and_the_challenge(guarded: GuardedServer, kind: str) -> None:
    status, challenge, body = guarded.post(kind)
    assert (status, challenge) == UNHEARD[kind]
    assert "result" not in body and "id" not in body, "no request was read"
    assert body["error"]["message"] == (
        "This needs the scope read." if status == 403 else "A valid token or session is needed.")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", UNHEARD)
async def test_the_client_is_not_let_in(guarded: GuardedServer, kind: str, mode: str) -> None:
    with pytest.raises(Exception) as caught:
        await ask(guarded, kind, mode, "SELECT 41 + 1")
    token = guarded.tokens[kind]
    assert token is None or token not in repr(caught.value)


@pytest.mark.parametrize("mode", MODES)
async def test_a_token_for_another_database_does_not_see_this_one(guarded: GuardedServer, mode: str) -> None:
    mine = await ask(guarded, "other database", mode, "SELECT 41 + 1")
    assert not mine.is_error and "42" in str(mine.content)
    theirs = await ask(guarded, "other database", mode, "SELECT 41 + 1", database="shop")
    assert theirs.is_error and "no database" in str(theirs.content) and "42" not in str(theirs.content)
    status, _, body = guarded.post("other database", "resources/read", uri="pg://shop/schema")
    assert status == 400 and body["error"]["code"] == -32602 and body["error"]["data"]["uri"] == "pg://shop/schema"
    assert "shop" not in str(guarded.post("other database", "tools/call", name="list_databases", arguments={})[2])


@pytest.mark.parametrize("mode", MODES)
async def test_a_token_for_reading_changes_nothing(guarded: GuardedServer, mode: str) -> None:
    read = await ask(guarded, "read-only", mode, "SELECT count(*) FROM orders", database="shop")
    assert not read.is_error and "1500" in str(read.content)
    write = await ask(guarded, "read-only", mode, "DELETE FROM orders", database="shop")
    assert write.is_error and "scope write" in str(write.content) and "Nothing was run" in str(write.content)
    again = await ask(guarded, "read-only", mode, "SELECT count(*) FROM orders", database="shop")
    assert "1500" in str(again.content)
