"""The audit log of a running agentd: every call is in it, and whatever is done to it afterwards is found."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import evidence
from support.agentd import AGENTCTL, CLEAN_ENVIRONMENT, ended_after
from support.database import PrivatePostgres
from support.wire import META, Wire, text_of

PASSWORD = evidence.secret("hunter2-of-the-audit")


def secret_file(path: Path) -> Path:
    """A secret file with one key."""
    key = os.urandom(32)
    name = hashlib.sha256(b"postgres-agent key id\0" + key).digest()[:4].hex()
    text = evidence.secret(base64.urlsafe_b64encode(key).rstrip(b"=").decode())
    path.write_text(f"postgres-agent-secret-file 1\nkey {name} 2026-01-01T00:00:00Z {text}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "audit"
    folder.mkdir(mode=0o700)
    (folder / "state").mkdir(mode=0o700)
    secret_file(folder / "secret")
    yield folder
    for log in folder.glob("audit.jsonl*"):
        evidence.log("audit", log.read_bytes())


def settings(place: Path, sql: str = "full") -> str:
    return (f"audit: {{ file: {place}/audit.jsonl, sql: {sql} }}\nstate: {{ directory: {place}/state }}\n"
            f"secret_file: {place}/secret\n")


def records(place: Path, name: str = "audit.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / name).read_text().splitlines()]


def audit(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = place / "agentd.yaml"
    path.write_text(settings(place))
    path.chmod(0o600)
    return evidence.program(subprocess.run(
        [AGENTCTL, "audit", *arguments, "--config", str(path)], capture_output=True, text=True, env=CLEAN_ENVIRONMENT,
        timeout=60))


def sound(place: Path) -> None:
    result = audit(place, "verify")
    assert result.returncode == 0, result.stdout + result.stderr


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_call_is_recorded(wire: Callable[..., Wire], postgres: PrivatePostgres, place: Path) -> None:
    agent = wire(extra=settings(place))
    agent.query(f"SELECT 1 AS one, 'CREATE ROLE x PASSWORD ''{PASSWORD}'''")
    agent.query("DELETE FROM orders")
    agent.query("SELECT nowhere FROM orders")
    agent.call("count_rows", {"table": "orders", "where": "true"})
    agent.call("count_rows", {"table": "orders", "where": "true; DROP TABLE orders"})
    agent.call("execute_explain", {"query": "SELECT 1 FROM orders"})
    agent.call("get_schema_info", {"table": "orders"})
    agent.request("resources/read", {"uri": "pg://shop/schema"})
    agent.next_id += 1
    agent.send({"jsonrpc": "2.0", "id": agent.next_id, "method": "tools/call", "params": {
        "name": "query_database", "arguments": {"query": "SELECT pg_sleep(120) /* audit_cancel */"}, "_meta": META}})
    postgres.wait_running("audit_cancel")
    agent.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": agent.next_id}})
    wait_for(lambda: any(r.get("outcome") == "cancelled" for r in records(place)))
    assert agent.end() == 0

    lines = records(place)
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["event"] for line in lines] == ["file", "open", *["call"] * 9, "close"]
    calls = lines[2:-1]
    assert [(c["tool"], c["verdict"], c["outcome"]) for c in calls] == [
        ("query_database", "read", "completed"),
        ("query_database", "refused", "refused"),
        ("query_database", "read", "failed"),
        ("count_rows", "read", "completed"),
        ("count_rows", "refused", "refused"),
        ("execute_explain", "read", "completed"),
        ("get_schema_info", "read", "completed"),
        ("resources/read", "read", "completed"),
        ("query_database", "read", "cancelled"),
    ]
    first = calls[0]
    assert first["principal"] == "local" and first["client"] == "end-to-end/1" and first["database"] == "shop"
    assert first["requestId"] == "1001" and first["rows"] == 1 and first["bytes"] > 0 and first["durationUs"] > 0
    assert PASSWORD not in json.dumps(lines) and "***" in first["sql"]
    assert calls[1]["reason"].startswith("not_read_only: ") and calls[1]["kinds"] == ["DELETE"]
    assert calls[2]["sqlstate"] == "42703"
    assert "DROP TABLE" in calls[4]["sql"]
    assert calls[7]["subject"] == "pg://shop/schema"
    assert (place / "audit.jsonl").stat().st_mode & 0o777 == 0o600
    sound(place)


def test_what_was_changed_is_found(wire: Callable[..., Wire], place: Path) -> None:
    agent = wire(extra=settings(place))
    for number in range(5):
        agent.query(f"SELECT {number}")
    assert agent.end() == 0
    log = place / "audit.jsonl"
    whole = log.read_bytes()
    lines = whole.splitlines(keepends=True)
    flipped = bytearray(whole)
    flipped[len(b"".join(lines[:3])) + 100] ^= 1
    swapped = [*lines[:4], lines[5], lines[4], *lines[6:]]
    for changed, said in (
        (bytes(flipped), "audit.jsonl:4: altered"), (b"".join(lines[:3] + lines[4:]), "audit.jsonl:4: missing"),
        (b"".join(swapped), "audit.jsonl:5: reordered"), (b"".join(lines[:-2]), "audit.jsonl:6: cut"),
    ):
        log.write_bytes(changed)
        result = audit(place, "verify")
        assert result.returncode == 1 and said in result.stdout, result.stdout + result.stderr
        found = json.loads(audit(place, "verify", "--json").stdout)
        assert not found["sound"] and found["findings"][0]["line"] in (4, 5, 6)
    log.write_bytes(whole)
    sound(place)


def test_a_process_that_is_killed(wire: Callable[..., Wire], place: Path) -> None:
    for _ in range(3):
        agent = wire(extra=settings(place), check_client=False)
        agent.query("SELECT 1")
        for number in range(200):
            agent.send({"jsonrpc": "2.0", "id": 5000 + number, "method": "tools/call", "params": {
                "name": "query_database", "arguments": {"query": f"SELECT {number}"}, "_meta": META}})
        wait_for(lambda: len((place / "audit.jsonl").read_bytes().splitlines()) > 5)
        agent.process.send_signal(signal.SIGKILL)
        agent.process.wait()
    agent = wire(extra=settings(place))
    agent.query("SELECT 2")
    assert agent.end() == 0
    sound(place)


def test_a_second_instance_is_refused(wire: Callable[..., Wire], place: Path) -> None:
    agent = wire(extra=settings(place))
    agent.query("SELECT 1")
    other = wire(extra=settings(place))
    assert other.process.wait(timeout=20) == 2
    wait_for(lambda: b"audit.file: another process is writing to" in other.stderr)
    agent.query("SELECT 2")
    assert agent.end() == 0
    sound(place)


def test_a_renamed_file_and_sighup(wire: Callable[..., Wire], place: Path) -> None:
    agent = wire(extra=settings(place))
    agent.query("SELECT 1")
    (place / "audit.jsonl").rename(place / "audit.jsonl.1")
    agent.process.send_signal(signal.SIGHUP)
    wait_for(lambda: (place / "audit.jsonl").exists())
    agent.query("SELECT 2")
    assert agent.end() == 0
    assert [r["event"] for r in records(place)] == ["file", "call", "close"]
    sound(place)
    result = audit(place, "search", "--text", "select", "--json")
    assert [json.loads(line)["sql"] for line in result.stdout.splitlines()] == ["SELECT 1", "SELECT 2"]


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process can be set on Linux only")
def test_a_full_disk_stops_no_reads_and_heals(wire: Callable[..., Wire], place: Path) -> None:
    import resource

    agent = wire(extra=settings(place))
    agent.query("SELECT 1")
    size = (place / "audit.jsonl").stat().st_size
    limits = resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, (size + 300, limits[1]))
    for number in range(3):
        assert not agent.query(f"SELECT {number + 10}").get("isError")
    wait_for(lambda: b"the audit log cannot be written" in agent.stderr)
    assert (place / "audit.jsonl").read_bytes().endswith(b"\n")
    resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, limits)
    assert not agent.query("SELECT 99").get("isError")
    wait_for(lambda: b"the audit log is written again" in agent.stderr)
    assert agent.end() == 0
    lines = records(place)
    assert [r["lines"] for r in lines if r["event"] == "lost"] == [3]
    assert [r["sql"] for r in lines if r["event"] == "call"] == ["SELECT 1", "SELECT 99"]
    sound(place)


def test_reading_the_log(wire: Callable[..., Wire], place: Path) -> None:
    agent = wire(extra=settings(place))
    agent.query("SELECT 'first'")
    agent.query("DROP TABLE orders")
    agent.query("SELECT E'\\x1b]0;x\\x07', '\u202e\u001b[31m'")
    follower = subprocess.Popen(
        [AGENTCTL, "audit", "tail", "-n", "1", "--follow", "--json", "--config", str(prepared(place))],
        stdout=subprocess.PIPE, text=True, env=CLEAN_ENVIRONMENT)
    assert follower.stdout
    with ended_after(follower):
        assert json.loads(follower.stdout.readline())["seq"] == 5
        agent.query("SELECT 'followed'")
        assert json.loads(follower.stdout.readline())["sql"] == "SELECT 'followed'"
    follower.kill()
    follower.wait()
    tail = audit(place, "tail", "-n", "3")
    assert tail.returncode == 0 and len(tail.stdout.splitlines()) == 3, tail
    assert "shop query_database refused refused" in tail.stdout
    for character in "\x1b\x07\u202e":
        assert character not in tail.stdout and character not in audit(place, "tail", "--json").stdout
    found = audit(place, "search", "--verdict", "refused", "--database", "shop", "--json")
    assert [json.loads(line)["sql"] for line in found.stdout.splitlines()] == ["DROP TABLE orders"]
    assert audit(place, "search", "--since", "2999-01-01").returncode == 1
    assert audit(place, "search", "--verdict", "maybe").returncode == 2
    assert agent.end() == 0


def prepared(place: Path) -> Path:
    path = place / "agentd.yaml"
    path.write_text(settings(place))
    path.chmod(0o600)
    return path
