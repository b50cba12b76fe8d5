"""Bad JSON-RPC of every kind over stdio: a clear error each, and the process lives on."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.database import PrivatePostgres
from support.wire import META, Wire, text_of

PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602
UNSUPPORTED_VERSION = -32022


def line(message: Any) -> bytes:
    return json.dumps(message).encode()


def request(**members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {"_meta": META}, **members}


def without(message: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != key}


# What is sent, the codes that may come, and whether the answer carries the id.
BAD = {
    "not JSON": (b"hello", {PARSE}, False),
    "half an object": (b'{"jsonrpc": "2.0", "id": 7', {PARSE}, False),
    "two values on a line": (line(request()) + b" " + line(request()), {PARSE}, False),
    "trailing comma": (b'{"jsonrpc": "2.0", "id": 7, "method": "tools/list",}', {PARSE}, False),
    "single quotes": (b"{'jsonrpc': '2.0'}", {PARSE}, False),
    "NaN": (b'{"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {"x": NaN}}', {PARSE}, False),
    "leading zero": (b'{"jsonrpc": "2.0", "id": 07, "method": "tools/list"}', {PARSE}, False),
    "control character in a string": (b'{"jsonrpc": "2.0", "id": 7, "method": "tools\x01list"}', {PARSE}, False),
    "bad UTF-8": (b'{"jsonrpc": "2.0", "id": 7, "method": "\xff\xfe"}', {PARSE}, False),
    "overlong UTF-8": (b'{"jsonrpc": "2.0", "id": 7, "method": "\xc0\xaf"}', {PARSE}, False),
    "surrogate in UTF-8": (b'{"jsonrpc": "2.0", "id": 7, "method": "\xed\xa0\x80"}', {PARSE}, False),
    "NUL byte": (b'{"jsonrpc": "2.0", "id": 7, "method": "a\x00b"}', {PARSE}, False),
    "duplicate key": (b'{"jsonrpc": "2.0", "id": 7, "id": 8, "method": "tools/list"}', {PARSE, REQUEST}, False),
    "100,000 brackets": (b"[" * 100_000, {PARSE, REQUEST}, False),
    "a number": (b"42", {REQUEST}, False),
    "a string": (b'"tools/list"', {REQUEST}, False),
    "null": (b"null", {REQUEST}, False),
    "an empty array": (b"[]", {REQUEST}, False),
    "a batch": (line([request()]), {REQUEST}, False),
    "no jsonrpc": (line(without(request(), "jsonrpc")), {REQUEST}, None),
    "jsonrpc 1.0": (line(request(jsonrpc="1.0")), {REQUEST}, None),
    "id null": (line(request(id=None)), {REQUEST}, False),
    "id of a fraction": (line(request(id=1.5)), {REQUEST}, False),
    "id an object": (line(request(id={})), {REQUEST}, False),
    "id true": (line(request(id=True)), {REQUEST}, False),
    "method a number": (line(request(method=3)), {REQUEST}, None),
    "params a string": (line(request(params="x")), {REQUEST, PARAMS}, None),
    "params an array": (line(request(params=[1])), {REQUEST, PARAMS}, None),
    "unknown method": (line(request(method="tools/lisst")), {METHOD}, True),
    "removed method": (line(request(method="ping")), {METHOD}, True),
    "no metadata": (line(request(params={})), {PARAMS}, True),
    "no params": (line(without(request(), "params")), {PARAMS}, True),
    "unsupported version": (
        line(request(params={"_meta": {**META, "io.modelcontextprotocol/protocolVersion": "1999-01-01"}})),
        {UNSUPPORTED_VERSION}, True,
    ),
    "bad cursor": (line(request(params={"_meta": META, "cursor": "no such place"})), {PARAMS}, True),
    "unknown tool": (
        line(request(method="tools/call", params={"_meta": META, "name": "no_such_tool", "arguments": {}})), {PARAMS}, True,
    ),
    "arguments an array": (
        line(request(method="tools/call", params={"_meta": META, "name": "query_database", "arguments": []})), {PARAMS}, True,
    ),
    "tool without a name": (line(request(method="tools/call", params={"_meta": META})), {PARAMS}, True),
    "resource without a URI": (line(request(method="resources/read", params={"_meta": META})), {PARAMS}, True),
    "completion of nothing": (line(request(method="completion/complete", params={"_meta": META})), {PARAMS}, True),
}


@pytest.fixture(scope="module")
def shared_agent(tmp_path_factory: pytest.TempPathFactory, postgres: Any):
    from support.agentd import write_configuration

    agent = Wire(write_configuration(tmp_path_factory.mktemp("wire"), postgres))
    assert "result" in agent.request("tools/list")
    yield agent
    assert agent.end() == 0


@pytest.mark.parametrize("kind", BAD)
def test_bad_messages(shared_agent: Wire, kind: str) -> None:
    sent, codes, has_id = BAD[kind]
    shared_agent.send_bytes(sent + b"\n")
    answer = shared_agent.receive()
    assert "error" in answer, answer
    assert answer["error"]["code"] in codes, answer
    assert answer["error"]["message"]
    if has_id is True:
        assert answer["id"] == 7
    elif has_id is False:
        assert "id" not in answer, "an id that could not be read is left out"
    if kind == "unsupported version":
        data = answer["error"]["data"]
        assert "2026-07-28" in data["supported"] and data["requested"] == "1999-01-01"
    assert "result" in shared_agent.request("tools/list"), "the process lives on"


@pytest.mark.parametrize("identifier", ["9007199254740993", "18446744073709551616", "-1", "0", '"text"', '"\\u00e9"', '""'])
def test_an_id_comes_back_as_it_went(shared_agent: Wire, identifier: str) -> None:
    body = json.dumps({"jsonrpc": "2.0", "method": "tools/list", "params": {"_meta": META}})
    shared_agent.send_bytes(body.replace('"method"', f'"id": {identifier}, "method"', 1).encode() + b"\n")
    raw = shared_agent.lines.get(timeout=30)
    assert raw is not None
    assert json.loads(raw)["id"] == json.loads(identifier)


def test_notifications_and_blank_lines_are_not_answered(shared_agent: Wire) -> None:
    shared_agent.send_bytes(b"\n  \n")
    shared_agent.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 12345, "_meta": META}})
    shared_agent.send({"jsonrpc": "2.0", "method": "notifications/no_such_thing", "params": {"_meta": META}})
    shared_agent.send({"jsonrpc": "2.0", "id": 99, "result": {}})
    identifier = shared_agent.next_id + 1
    shared_agent.request("tools/list")
    last = json.loads(shared_agent.messages[-1][1])
    assert last["id"] == identifier


def test_a_line_of_64_megabytes_is_refused_and_forgotten(wire: Callable[..., Wire]) -> None:
    agent = wire(check_client=False)
    agent.request("tools/list")
    agent.send_bytes(b'{"jsonrpc": "2.0", "id": 7, "method": "' + b"x" * (64 << 20) + b'"}\n')
    agent.messages = [entry for entry in agent.messages if len(entry[1]) < 1 << 20]
    answer = agent.receive()
    assert answer["error"]["code"] in {PARSE, REQUEST, METHOD}, answer["error"]
    assert "result" in agent.request("tools/list")


@pytest.mark.parametrize("version", ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
def test_each_older_revision(wire: Callable[..., Wire], version: str) -> None:
    agent = wire()
    answer = agent.initialize(version)
    assert answer["result"]["protocolVersion"] == version
    assert agent.request("ping", meta=None)["result"] == {}
    tools = agent.request("tools/list", meta=None)["result"]
    assert "resultType" not in tools and "ttlMs" not in tools
    result = agent.call("query_database", {"query": "SELECT 1 AS one"}, meta=None)
    assert "one\n1" in text_of(result)
    if version == "2025-03-26":
        agent.send([{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "id": 2, "method": "ping"}])
        answered: set[int] = set()
        while answered != {1, 2}:
            message = agent.receive()
            for one in message if isinstance(message, list) else [message]:
                assert one["result"] == {}
                answered.add(one["id"])
        agent.messages = []  # the order rules know single messages only


def test_an_unknown_revision_gets_the_newest_of_its_era(wire: Callable[..., Wire]) -> None:
    assert wire().initialize("2031-01-01")["result"]["protocolVersion"] == "2025-11-25"


def test_discovery(wire: Callable[..., Wire]) -> None:
    result = wire().request("server/discover")["result"]
    assert "2026-07-28" in result["supportedVersions"]
    assert result["cacheScope"] in ("public", "private") and result["ttlMs"] >= 0


def test_the_end_of_input_lets_the_answers_in_flight_out(wire: Callable[..., Wire]) -> None:
    agent = wire()
    agent.request("tools/list")
    agent.send(request(id=1, method="tools/call", params={
        "_meta": META, "name": "query_database", "arguments": {"query": "SELECT pg_sleep(1), 'late' AS word"},
    }))
    agent.close_input()
    assert "late" in text_of(agent.receive()["result"])
    assert agent.process.wait(timeout=20) == 0


def test_a_signal_lets_the_answers_in_flight_out(wire: Callable[..., Wire], postgres: PrivatePostgres) -> None:
    agent = wire()
    agent.request("tools/list")
    agent.send(request(id=1, method="tools/call", params={
        "_meta": META, "name": "query_database", "arguments": {"query": "SELECT pg_sleep(2), 'late' AS signalled"},
    }))
    postgres.wait_running("signalled")
    agent.process.send_signal(signal.SIGTERM)
    assert "late" in text_of(agent.receive()["result"])
    assert agent.process.wait(timeout=20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(wire: Callable[..., Wire], number: int) -> None:
    agent = wire()
    agent.request("tools/list")
    agent.process.send_signal(number)
    assert agent.process.wait(timeout=20) == 0


def test_the_log_repeats_no_value_of_a_statement(wire: Callable[..., Wire]) -> None:
    agent = wire("--log-level", "info")
    assert "ROWSECRET" in text_of(agent.query("SELECT 'password=ROWSECRET'::int"))
    agent.end()
    deadline = time.monotonic() + 10
    while b'"ended"' not in agent.stderr and time.monotonic() < deadline:
        time.sleep(0.05)
    assert b"22P02" in agent.stderr and b"ROWSECRET" not in agent.stderr
