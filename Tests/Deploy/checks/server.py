"""agentd over HTTP with a database that is down, a token, and its log in a file: what the checks of deploy/ look at."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import time
from pathlib import Path

from support import evidence
from support.network import free_port

AGENTD = os.environ.get("AGENTD", "")
AGENTCTL = os.environ.get("AGENTCTL", "")
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "AGENTD", "NOTIFY_"))}


class Server:
    def __init__(self, folder: Path, *, http_options: str = "") -> None:
        self.folder, self.port, self.metrics_port = folder, free_port(), free_port()
        self.log = folder / "agentd.log"
        (folder / "state").mkdir(mode=0o700)
        self.configuration = folder / "agentd.yaml"
        self.configuration.write_text(f"""http:
  enabled: true
  listen: 127.0.0.1:{self.port}
  allowed_hosts: [agent.example.com]
{http_options}  auth: {{ token_file: tokens.yaml, user_file: users.yaml }}
databases:
  - {{ name: shop, host: 127.0.0.1, port: 1, database: shop, user: reader, allow_writes: true }}
state: {{ directory: state }}
audit: {{ file: audit.jsonl }}
telemetry: {{ metrics_listen: "127.0.0.1:{self.metrics_port}" }}
""")
        self.configuration.chmod(0o600)
        made = subprocess.run(
            [AGENTCTL, "token", "create", "--config", str(self.configuration), "--note", "test"], env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )
        found = re.search(r"pga_[\w-]+", made.stdout)
        assert found, made.stdout + made.stderr
        self.token = evidence.secret(found.group())
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [AGENTD, "--http", "--config", str(self.configuration)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log, cwd=folder,
            )
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.request("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("agentd does not answer: " + self.log.read_text())

    def request(
        self, method: str, path: str, body: object = None, fields: dict[str, str] | None = None, port: int | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        try:
            content = None if body is None else json.dumps(body)
            kind = {} if body is None else {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
            connection.request(method, path, content, {**kind, **(fields or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def metrics(self) -> str:
        status, text = self.request("GET", "/metrics", port=self.metrics_port)
        assert status == 200
        return text.decode()

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            for log in (self.log, self.folder / "audit.jsonl"):
                evidence.log("agentd-http", log.read_bytes() if log.exists() else b"")
