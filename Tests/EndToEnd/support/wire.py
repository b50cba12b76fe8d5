"""agentd over pipes, byte by byte: for messages that no client library would send."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from . import evidence
from .agentd import AGENTD, CLEAN_ENVIRONMENT
from .schemas import NEWEST, VERSION_KEY

META = {
    VERSION_KEY: NEWEST,
    "io.modelcontextprotocol/clientInfo": {"name": "end-to-end", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Wire:
    """A conversation with one agentd process; `messages` is its record."""

    def __init__(self, configuration: Path | None, *options: str, environment: dict[str, str] | None = None) -> None:
        arguments = [AGENTD, *(["--config", str(configuration)] if configuration else []), *options]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**CLEAN_ENVIRONMENT, **(environment or {})},
        )
        self.messages: list[tuple[str, bytes]] = []
        self.lines: queue.Queue[bytes | None] = queue.Queue()
        self.stderr = b""
        self.next_id = 1000
        for target in (self._read_output, self._read_errors):
            threading.Thread(target=target, daemon=True).start()

    def _read_output(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.messages.append(("server", line))
            self.lines.put(line)
        self.lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.stderr = (self.stderr + line)[-100_000:]

    def send_bytes(self, line: bytes) -> None:
        assert self.process.stdin
        self.messages.append(("client", line))
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def send(self, message: Any) -> None:
        self.send_bytes(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def receive(self, seconds: float = 60) -> dict[str, Any]:
        line = self.lines.get(timeout=seconds)
        if line is None:
            raise AssertionError(f"agentd ended with {self.process.wait()}: {self.stderr.decode(errors='replace')}")
        return json.loads(line)

    def request(self, method: str, params: dict[str, Any] | None = None, *, seconds: float = 60, meta: Any = META) -> dict[str, Any]:
        """Sends a request and returns its answer; notifications on the way are kept in `messages` only."""
        self.next_id += 1
        identifier = self.next_id
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": dict(params or {})}
        if meta is not None:
            body["params"]["_meta"] = {**meta, **body["params"].get("_meta", {})}
        self.send(body)
        deadline = time.monotonic() + seconds
        while True:
            answer = self.receive(max(0.1, deadline - time.monotonic()))
            if answer.get("id") == identifier:
                return answer

    def initialize(self, version: str = "2025-11-25") -> dict[str, Any]:
        answer = self.request("initialize", {
            "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "end-to-end", "version": "1"},
        }, meta=None)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def call(self, name: str, arguments: dict[str, Any], *, seconds: float = 60, meta: Any = META) -> dict[str, Any]:
        """The result of tools/call; a JSON-RPC error fails the test."""
        answer = self.request("tools/call", {"name": name, "arguments": arguments}, seconds=seconds, meta=meta)
        assert "result" in answer, answer
        return answer["result"]

    def query(self, sql: str, **arguments: Any) -> dict[str, Any]:
        return self.call("query_database", {"query": sql, **arguments})

    def resident(self) -> int:
        """Resident memory in bytes."""
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            return next(int(l.split()[1]) * 1024 for l in status.read_text().splitlines() if l.startswith("VmRSS"))
        out = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True, check=True)
        return int(out.stdout) * 1024

    def close_input(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    def end(self) -> int:
        """Closes standard input, as a client does, and returns the exit code."""
        if self.process.poll() is None:
            try:
                self.close_input()
            except BrokenPipeError:
                pass
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        code = self.process.wait()
        evidence.log("agentd", self.stderr)
        return code


def text_of(result: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in result["content"] if block["type"] == "text")
