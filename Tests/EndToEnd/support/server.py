"""agentd over HTTP or HTTPS on a free port."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from . import evidence
from .agentd import AGENTCTL, AGENTD, CLEAN_ENVIRONMENT, write_configuration
from .database import PrivatePostgres


class HTTPServer:
    """A running agentd; `url` is its endpoint, `token` what it takes when it asks for one."""

    def __init__(
        self, folder: Path, postgres: PrivatePostgres, *, tls: bool = False, auth: bool = False, **settings: Any
    ) -> None:
        self.folder, self.certificate, self.token = folder, folder / "server.crt", ""
        extra = settings.pop("extra", "") + "telemetry: { metrics_listen: }\n"
        configuration = write_configuration(folder, postgres, extra=extra, **settings)
        options = ["--config", str(configuration), "--http", "--listen", "127.0.0.1:0"]
        if tls:
            self.make_certificate()
            options += ["--tls-cert", str(self.certificate), "--tls-key", str(folder / "server.key")]
        if auth:
            self.token = self.make_token()
        else:
            options += ["--no-auth"]
        self.log: list[str] = []
        self.process = subprocess.Popen(
            [AGENTD, *options], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=CLEAN_ENVIRONMENT, text=True
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.port = self._port()
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}/mcp"

    def make_certificate(self) -> None:
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout", str(self.folder / "server.key"), "-out", str(self.certificate), "-subj", "/CN=agentd",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ], check=True, capture_output=True,
        )
        os.chmod(self.folder / "server.key", 0o600)

    def make_token(self, *options: str) -> str:
        made = subprocess.run(
            [AGENTCTL, "token", "create", "--config", str(self.folder / "agentd.yaml"), "--note", "test", *options],
            env=CLEAN_ENVIRONMENT, capture_output=True, text=True,
        )
        evidence.log("agentctl", made.stderr)
        assert made.returncode == 0, made
        return evidence.secret(made.stdout)

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _port(self) -> int:
        deadline, seen = time.monotonic() + 60, 0
        while time.monotonic() < deadline:
            is_over = not self.reader.is_alive()
            for line in self.log[seen:]:
                seen += 1
                entry = json.loads(line)
                if entry["message"].startswith("serving MCP over HTTP"):
                    return int(entry["listen"][0].split(":")[-1])
            if is_over:
                break
            time.sleep(0.02)
        self.process.kill()
        raise AssertionError(f"agentd does not serve: {self.log}")

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.log.append(line)

    def end(self) -> int:
        self.process.terminate()
        try:
            code = self.process.wait(timeout=30)
            self.reader.join(timeout=30)
            return code
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            evidence.log("agentd-http", "".join(self.log))
