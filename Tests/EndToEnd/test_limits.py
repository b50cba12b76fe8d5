"""Large results, large values and endless queries: bounded memory, a clear error, and nothing left running."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from support.database import PrivatePostgres
from support.wire import Wire, text_of

MEGABYTE = 1 << 20


def settle(wire: Wire, bound: int, seconds: float = 20) -> int:
    """Waits until the process is back under `bound` bytes of memory; returns what it holds."""
    deadline = time.monotonic() + seconds
    while (held := wire.resident()) > bound and time.monotonic() < deadline:
        time.sleep(0.1)
    return held


def test_a_million_rows_by_paging_stay_within_the_bound(wire: Callable[..., Wire]) -> None:
    limit = MEGABYTE
    agent = wire(limits="rows: 100000, bytes: 1MiB")
    agent.query("SELECT 1")
    baseline = agent.resident()
    peak, rows, offset, pages = baseline, 0, 0, 0
    while True:
        result = agent.query(
            "SELECT i, md5(i::text) AS digest FROM generate_series(1, 1000000) AS i", limit=100_000, offset=offset
        )
        assert not result.get("isError"), text_of(result)
        assert len(text_of(result).encode()) < limit + 64 * 1024
        page = result["structuredContent"]
        rows, pages, peak = rows + page["rowCount"], pages + 1, max(peak, agent.resident())
        agent.messages.clear()  # the record would be the size of the table; the answers were read
        if page.get("nextOffset") is None:
            break
        assert page["nextOffset"] == offset + page["rowCount"] > offset, "each page goes on where the last one ended"
        offset = page["nextOffset"]
    assert rows == 1_000_000 and pages > 20
    assert peak - baseline < limit + 20 * MEGABYTE, f"{(peak - baseline) / MEGABYTE:.1f} MiB over the baseline"


def test_a_value_of_200_megabytes_is_a_clear_error_and_leaves_no_trace(wire: Callable[..., Wire]) -> None:
    agent = wire()
    agent.query("SELECT 1")
    baseline = agent.resident()
    result = agent.query("SELECT repeat('x', 200000000) AS huge")
    assert result["isError"] and "row_bytes" in text_of(result), text_of(result)[:500]
    assert settle(agent, baseline + 20 * MEGABYTE) < baseline + 20 * MEGABYTE
    assert "1" in text_of(agent.query("SELECT 1"))


def test_a_long_value_is_cut_with_a_mark_and_said_so(wire: Callable[..., Wire]) -> None:
    agent = wire(limits="cell_bytes: 1KiB")
    result = agent.query("SELECT repeat('ä', 5000) AS long, 'whole' AS short")
    assert not result.get("isError") and "whole" in text_of(result)
    assert len(text_of(result).encode()) < 4096


@pytest.mark.parametrize("query", [
    "SELECT pg_sleep(3600) /* {mark} */",
    "WITH RECURSIVE endless AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM endless) SELECT count(*) FROM endless /* {mark} */",
])
def test_endless_queries_end_at_the_statement_timeout(
    wire: Callable[..., Wire], postgres: PrivatePostgres, query: str
) -> None:
    agent = wire(limits="statement_timeout: 1s")
    mark = f"endless_{time.monotonic_ns()}"
    result = agent.query(query.format(mark=mark))
    assert result["isError"], text_of(result)
    assert "57014" in text_of(result) or "statement_timeout" in text_of(result), text_of(result)
    postgres.wait_running(mark, wanted=False)
    assert "1" in text_of(agent.query("SELECT 1"))


def test_nothing_runs_on_after_the_end(wire: Callable[..., Wire], postgres: PrivatePostgres) -> None:
    """What is still in flight after `shutdown_grace` is cancelled on the server."""
    agent = wire(extra="shutdown_grace: 1s\n")
    mark = f"left_alone_{time.monotonic_ns()}"
    agent.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "end-to-end", "version": "1"},
    }})
    agent.receive()
    agent.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    agent.send({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
        "name": "query_database", "arguments": {"query": f"SELECT pg_sleep(600) /* {mark} */"},
    }})
    postgres.wait_running(mark)
    agent.process.terminate()
    assert agent.process.wait(timeout=30) == 0
    postgres.wait_running(mark, wanted=False, seconds=15)
