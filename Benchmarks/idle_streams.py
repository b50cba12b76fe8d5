"""Resident memory that idle streams cost: idle_streams.py PORT PID STREAMS < tokens, a line each.

Opens `subscriptions/listen` streams, reads the acknowledgement of each, and prints how many MB the process grew by.
"""

import json
import socket
import sys

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def resident_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise SystemExit("the server ended")


def listen(port, token):
    body = json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
        "params": {"_meta": META, "notifications": {"toolsListChanged": True}},
    })
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    stream.sendall(
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    head = b""
    while b"acknowledged" not in head:
        piece = stream.recv(4096)
        if not piece:
            raise SystemExit(f"a stream was not opened: {head[:300]!r}")
        head += piece
    return stream


def main():
    port, pid, count = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    tokens = sys.stdin.read().split()
    warm = [listen(port, token) for token in tokens]
    before = resident_mb(pid)
    streams = [listen(port, tokens[number % len(tokens)]) for number in range(count)]
    print(f"{resident_mb(pid) - before:.0f}")
    for stream in warm + streams:
        stream.close()


main()
