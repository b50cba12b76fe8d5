"""The database goes away in every way it can: the call in flight fails clearly, the next one works, agentd stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.database import PrivatePostgres
from support.network import EncryptingRelay, Relay
from support.wire import META, Wire, text_of


def in_flight(agent: Wire, postgres: PrivatePostgres, mark: str) -> int:
    """Sends a long query, waits until the server works on it, and returns the request's id."""
    agent.next_id += 1
    agent.send({"jsonrpc": "2.0", "id": agent.next_id, "method": "tools/call", "params": {
        "name": "query_database", "arguments": {"query": f"SELECT pg_sleep(120) /* {mark} */"}, "_meta": META,
    }})
    postgres.wait_running(mark)
    return agent.next_id


def answer(agent: Wire, identifier: int, seconds: float = 30) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        message = agent.receive(max(0.1, deadline - time.monotonic()))
        if message.get("id") == identifier:
            return message["result"]


def works_again(agent: Wire, tries: int = 1) -> None:
    for attempt in range(tries):
        result = agent.query("SELECT 6 * 7 AS answer")
        if not result.get("isError"):
            assert "42" in text_of(result)
            return
        time.sleep(0.5)
    raise AssertionError(text_of(result))


def clear(result: dict[str, Any]) -> None:
    assert result["isError"], result
    said = text_of(result)
    assert len(said) > 20, said
    assert "127.0.0.1" not in said and "password" not in said.lower(), "no address and no credential in an error"


def test_killed_backends(wire: Callable[..., Wire], postgres: PrivatePostgres) -> None:
    agent = wire()
    works_again(agent)
    for attempt in range(3):
        mark = f"kill_{time.monotonic_ns()}"
        identifier = in_flight(agent, postgres, mark)
        postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
        clear(answer(agent, identifier))
        works_again(agent)


def test_killed_idle_connections_are_not_noticed(wire: Callable[..., Wire], postgres: PrivatePostgres) -> None:
    agent = wire()
    works_again(agent)
    # With a time it waits until their processes have ended.
    postgres.sql("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE usename = 'reader'")
    works_again(agent)


def test_a_restart_of_the_server(wire: Callable[..., Wire], own_postgres: PrivatePostgres) -> None:
    agent = wire(server=own_postgres)
    works_again(agent)
    identifier = in_flight(agent, own_postgres, "restart_me")
    own_postgres.stop()
    clear(answer(agent, identifier))
    clear(agent.query("SELECT 1"))
    own_postgres.start()
    works_again(agent, tries=20)


def test_a_database_that_is_down_at_the_start_heals(wire: Callable[..., Wire], own_postgres: PrivatePostgres) -> None:
    own_postgres.stop()
    agent = wire(server=own_postgres)
    tools = agent.request("tools/list")["result"]["tools"]
    assert any(tool["name"] == "query_database" for tool in tools)
    clear(agent.query("SELECT 1"))
    own_postgres.start()
    works_again(agent, tries=20)


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "end of stream"])
def test_a_connection_cut_in_mid_query(wire: Callable[..., Wire], postgres: PrivatePostgres, reset: bool) -> None:
    relay = Relay(postgres.port)
    try:
        agent = wire(port=relay.port)
        works_again(agent)
        identifier = in_flight(agent, postgres, f"cut_{time.monotonic_ns()}")
        relay.cut(reset)
        clear(answer(agent, identifier))
        works_again(agent)
    finally:
        relay.close()


def test_a_network_that_falls_silent_in_mid_query(wire: Callable[..., Wire], postgres: PrivatePostgres) -> None:
    """No end of stream, no reset: only agentd's own deadline can end the call."""
    relay = Relay(postgres.port)
    try:
        agent = wire(port=relay.port, limits="statement_timeout: 2s")
        works_again(agent)
        mark = f"silent_{time.monotonic_ns()}"
        identifier = in_flight(agent, postgres, mark)
        relay.mode = "freeze"
        clear(answer(agent, identifier, seconds=60))
        relay.mode = "pass"
        works_again(agent, tries=20)
    finally:
        relay.close()


def test_answers_in_large_records_of_tls_arrive_whole(wire: Callable[..., Wire], postgres: PrivatePostgres, tmp_path: Path) -> None:
    """What TLS has deciphered and libpq not taken yet shows on no socket: who only waits for the socket waits for ever."""
    relay = EncryptingRelay(postgres.port, tmp_path)
    try:
        agent = wire(port=relay.port, settings="sslmode: require", limits="statement_timeout: 10s")
        for size in range(7_000, 60_000, 2_900):
            result = agent.query(f"SELECT repeat('x', {size // 20}) AS word FROM generate_series(1, 20)")
            assert not result.get("isError"), (size, text_of(result))
    finally:
        relay.close()


def test_one_database_of_two_is_down(wire: Callable[..., Wire], postgres: PrivatePostgres) -> None:
    relay = Relay(postgres.port)
    relay.mode = "refuse"
    try:
        agent = wire(extra=f"""  - name: other
    host: 127.0.0.1
    port: {relay.port}
    database: shop
    user: reader
    password_file: {postgres.password_file}
""")
        clear(agent.query("SELECT 1", database="other"))
        works_again(agent)
        relay.mode = "pass"
        deadline = time.monotonic() + 30
        while (result := agent.query("SELECT 1", database="other")).get("isError") and time.monotonic() < deadline:
            time.sleep(0.5)
        assert not result.get("isError"), text_of(result)
    finally:
        relay.close()


def test_a_full_pool_says_so(wire: Callable[..., Wire], postgres: PrivatePostgres) -> None:
    agent = wire(pool="max: 1, acquire_timeout: 1s")
    identifier = in_flight(agent, postgres, f"hold_{time.monotonic_ns()}")
    result = agent.query("SELECT 1")
    clear(result)
    agent.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": identifier, "_meta": META}})
    works_again(agent, tries=10)


def test_a_rotated_password_needs_no_restart(wire: Callable[..., Wire], own_postgres: PrivatePostgres) -> None:
    agent = wire(server=own_postgres)
    works_again(agent)
    own_postgres.sql("ALTER ROLE reader PASSWORD 'another one'")
    own_postgres.password_file.write_text("another one\n")
    own_postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
    time.sleep(0.5)
    works_again(agent, tries=3)
