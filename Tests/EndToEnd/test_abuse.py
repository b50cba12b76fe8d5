"""Callers who mean harm, all at once: agentd answers others meanwhile, and gives back what it held for them."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from support.database import PrivatePostgres
from support.schemas import NEWEST
from support.server import HTTPServer
from support.wire import META

MEGABYTE = 1 << 20
HEAD = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"


def sized(body: bytes) -> bytes:
    return f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body


# Each is sent from several connections, which then are left open until all are through.
ATTACKS = {
    "half a head": HEAD.encode(),
    "half a body": f"{HEAD}Content-Length: {MEGABYTE}\r\n\r\n".encode() + b" " * (MEGABYTE // 2),
    "100 MB": f"{HEAD}Content-Length: {100 * MEGABYTE}\r\n\r\n".encode() + b" " * MEGABYTE,
    "chunks without end": f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + b"10000\r\n%b\r\n" % (b" " * 0x10000) * 80,
    "10,000 fields": HEAD.encode() + b"".join(b"X-%d: 1\r\n" % number for number in range(10_000)) + b"\r\n",
    "deep JSON": sized(b"[" * 500_000),
    "bad UTF-8": sized(b'{"jsonrpc":"2.0","id":1,"method":"' + b"\xff\xfe" * 200_000 + b'"}'),
    "two lengths": f"{HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nGET / ".encode(),
    "length and chunks": f"{HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n".encode(),
    "no HTTP": bytes(range(256)) * 100,
}


@pytest.fixture
def server(tmp_path: Path, postgres: PrivatePostgres) -> Iterator[HTTPServer]:
    one = HTTPServer(tmp_path, postgres)
    yield one
    assert one.end() == 0, one.log[-20:]


def resident(server: HTTPServer) -> int:
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.exists():
        pytest.skip("no /proc on this system")
    return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmRSS"))


def ask(client: httpx2.Client, server: HTTPServer) -> int:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "query_database", "arguments": {"query": "SELECT 41 + 1"}, "_meta": META}}
    answer = client.post(server.url, json=message, headers={
        "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": NEWEST, "Mcp-Method": "tools/call",
        "Mcp-Name": "query_database"})
    assert "42" in answer.text, answer.text
    return answer.status_code


def attack(server: HTTPServer, data: bytes, held: list[socket.socket]) -> None:
    one = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    held.append(one)
    try:
        one.sendall(data)
        one.settimeout(0.5)
        one.recv(1024)
    except OSError:
        pass  # refused in mid-sentence, or nothing to answer yet


def test_everything_at_once(server: HTTPServer) -> None:
    with httpx2.Client(timeout=60) as client:
        assert ask(client, server) == 200
        baseline = resident(server)
        held: list[socket.socket] = []
        threads = [
            threading.Thread(target=lambda data=data: [attack(server, data, held) for _ in range(6)]) for data in ATTACKS.values()]
        for thread in threads:
            thread.start()
        answered = 0
        while any(thread.is_alive() for thread in threads):
            assert ask(client, server) == 200
            answered += 1
        assert answered > 0
        for one in held:
            one.close()
        assert ask(client, server) == 200
    deadline = time.monotonic() + 20
    while (kept := resident(server) - baseline) > 40 * MEGABYTE and time.monotonic() < deadline:
        time.sleep(0.2)
    assert kept <= 40 * MEGABYTE, f"{kept / MEGABYTE:.0f} MiB are not given back"
    for line in server.log:
        assert json.loads(line)["level"] in ("info", "notice", "debug", "warning"), line
