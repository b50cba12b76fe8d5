"""agentd with a token of each kind that a caller may come with, over HTTP or HTTPS, and what each has to be answered."""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any

from . import evidence
from .agentd import AGENTCTL, CLEAN_ENVIRONMENT
from .database import PrivatePostgres
from .schemas import NEWEST
from .server import HTTPServer
from .wire import META

# Who is not heard. All are told the same, but for who sent no token and for who may do nothing here.
INVALID = 'Bearer error="invalid_token"'
UNHEARD = {
    "none": (401, "Bearer"), "wrong": (401, INVALID), "malformed": (401, INVALID), "expired": (401, INVALID),
    "revoked": (401, INVALID), "no scope": (403, 'Bearer error="insufficient_scope", scope="read"'),
}


class GuardedServer(HTTPServer):
    """`shop` is open for writes; `other` is the same database, for reading. `tokens` are of all kinds."""

    def __init__(self, folder: Path, postgres: PrivatePostgres, *, tls: bool) -> None:
        other = f"""  - name: other
    host: 127.0.0.1
    port: {postgres.port}
    database: shop
    user: reader
    password_file: {postgres.password_file}
# The server is asked until it knows the tokens, and each time that it does not is a failed attempt.
http:
  auth: {{ rate_limit: {{ attempts: 100000, window: 1m }} }}
"""
        super().__init__(folder, postgres, tls=tls, auth=True, extra=other, settings="allow_writes: true")
        self.tokens: dict[str, str | None] = {
            "none": None, "wrong": evidence.secret("pga_" + secrets.token_urlsafe(32)),
            "malformed": evidence.secret("no-token-of-this-server"), "expired": self.make_token("--expires", "3s"),
            "revoked": self.make_token("--note", "to be revoked"), "no scope": self.make_token("--scope", "admin"),
            "read-only": self.make_token("--scope", "read"), "other database": self.make_token("--database", "other"),
        }
        [revoked] = [token["id"] for token in json.loads(self._control("list", "--json")) if token["note"] == "to be revoked"]
        self._control("revoke", revoked)
        # The server reads a changed file within a second, and the short one lives for three.
        for kind, status in (("other database", 200), ("revoked", 401), ("expired", 401)):
            deadline = time.monotonic() + 30
            while (answer := self.post(kind)[0]) != status:
                assert time.monotonic() < deadline, f"a token of the kind {kind!r} is answered {answer} for ever"
                time.sleep(0.05)

    def _control(self, *arguments: str) -> str:
        return evidence.program(subprocess.run(
            [AGENTCTL, "token", *arguments, "--config", str(self.folder / "agentd.yaml")], env=CLEAN_ENVIRONMENT,
            capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)).stdout

    def fields(self, kind: str) -> dict[str, str]:
        token = self.tokens[kind]
        return {"Authorization": f"Bearer {token}"} if token else {}

    def post(self, kind: str, method: str = "tools/list", **params: Any) -> tuple[int, str | None, dict[str, Any]]:
        """Status, challenge and body of a request of the newest revision."""
        fields = {
            **self.fields(kind), "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": NEWEST, "Mcp-Method": method,
        }
        if name := params.get("name", params.get("uri")):
            fields["Mcp-Name"] = name
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}
        if self.url.startswith("https"):
            connection = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=self.context)
        else:
            connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        try:
            connection.request("POST", "/mcp", json.dumps(message), fields)
            response = connection.getresponse()
            return response.status, response.getheader("WWW-Authenticate"), json.loads(response.read())
        finally:
            connection.close()

    def end(self) -> int:
        code = super().end()
        log = "".join(self.log)
        for token in self.tokens.values():
            assert token is None or token not in log
        assert log.count("authentication failed") >= len(UNHEARD) - 1, "each refusal is in the log, by its cause"
        return code
