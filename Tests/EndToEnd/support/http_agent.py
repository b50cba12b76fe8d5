"""agentd over HTTP on a free port of this machine, with tokens of its own."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from . import evidence
from .agentd import AGENTCTL, AGENTD, CLEAN_ENVIRONMENT, write_configuration
from .database import PrivatePostgres
from .network import free_port


class HTTPAgent:
    """`shop` is read-only; `stock` is the same database, open for writes. `url` is the address of the server, `more` further
    lines of its configuration."""

    def __init__(self, folder: Path, postgres: PrivatePostgres, more: str = "") -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "superuser.password").write_text(postgres.superuser_password + "\n")
        (folder / "superuser.password").chmod(0o600)
        extra = f"""  - name: stock
    host: 127.0.0.1
    port: {postgres.port}
    database: shop
    user: postgres
    password_file: superuser.password
    allow_writes: true
http:
  enabled: true
  listen: 127.0.0.1:{self.port}
  auth: {{ token_file: tokens.yaml, user_file: users.yaml, rate_limit: {{ attempts: 100000, window: 1m }} }}
telemetry: {{ metrics_listen: "127.0.0.1:{free_port()}" }}
""" + more
        self.configuration = write_configuration(folder, postgres, extra=extra)
        self.tokens = {
            "reader": self._token("reader", "read"), "writer": self._token("writer", "read,write"),
            "approver": self._token("approver", "read,approve"),
            "administrator": self._token("administrator", "read,approve,admin"),
        }
        self.log = open(folder / "agentd.log", "wb")
        self.process = subprocess.Popen(
            [AGENTD, "--http", "--config", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, env=CLEAN_ENVIRONMENT,
        )
        self._wait()

    def agentctl(self, noun: str, verb: str, *arguments: str, stdin: str = "") -> str:
        """What a command prints that manages the accounts."""
        result = subprocess.run(
            [AGENTCTL, noun, verb, "--config", str(self.configuration), *arguments], input=stdin, capture_output=True,
            text=True, timeout=60, env=CLEAN_ENVIRONMENT,
        )
        evidence.log("agentctl", result.stderr)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def _token(self, name: str, scopes: str) -> str:
        options = [option for scope in scopes.split(",") for option in ("--scope", scope)]
        return evidence.secret(self.agentctl("token", "create", "--note", name, "--expires", "1d", *options))

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.folder / "agentd.log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("agentd does not listen")

    def request(
        self, method: str, path: str, body: Any = None, token: str | None = "reader", fields: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        """Status, fields (in lower case) and JSON of the answer."""
        headers = dict(fields or {})
        if token:
            headers["Authorization"] = f"Bearer {self.tokens[token]}"
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, json.loads(data) if data else None

    def end(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.log.close()
            for log in ("agentd.log", "audit.jsonl"):
                if (self.folder / log).exists():
                    evidence.log("agentd-http", (self.folder / log).read_bytes())
