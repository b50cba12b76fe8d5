"""From the README to a client that is connected over HTTPS with a token: its commands, one after the other, as they stand there."""

from __future__ import annotations

import re
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from support import evidence
from support.agentd import AGENTCTL, AGENTD, CLEAN_ENVIRONMENT
from support.database import PrivatePostgres
from support.documents import blocks
from support.network import free_port

pytest.importorskip("mcp_types", reason="client 2.x only")

import httpx2  # noqa: E402
from mcp import Client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402

pytestmark = pytest.mark.anyio


def readme(language: str, word: str) -> str:
    """The block of the README in which a word stands."""
    return next(block.text for block in blocks(language) if block.file == "README.md" and word in block.text)


def lines(text: str) -> list[str]:
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def test_there_are_at_most_ten_commands() -> None:
    texts = [readme("sh", word) for word in ("make release", "agentctl db test", "openssl", "curl", "claude mcp add --transport http")]
    commands = [line for text in texts for line in lines(text) if not line.startswith(("umask", "export"))]
    assert len(commands) <= 12, "two of them only look"


async def test_the_commands_of_the_readme_lead_to_a_client_that_is_connected(tmp_path: Path, postgres: PrivatePostgres) -> None:
    folder, programs, port = tmp_path / ".config" / "postgres-agent", tmp_path / "bin", free_port()
    folder.mkdir(parents=True)
    programs.mkdir()
    (programs / "agentd").symlink_to(AGENTD)
    (programs / "agentctl").symlink_to(AGENTCTL)
    configuration = readme("yaml", "databases:").replace("host: localhost", "host: 127.0.0.1")
    (folder / "agentd.yaml").write_text(configuration.replace("port: 5432", f"port: {postgres.port}"))
    (folder / "shop.password").write_text(postgres.password_file.read_text())
    (folder / "shop.password").chmod(0o600)
    environment = {
        **CLEAN_ENVIRONMENT, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config"),
        "PATH": f"{programs}:{CLEAN_ENVIRONMENT['PATH']}", "AGENTD_TELEMETRY_METRICS_LISTEN": f"127.0.0.1:{free_port()}",
    }

    def run(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60)

    looked = run(readme("sh", "agentctl db test"))
    assert looked.returncode == 0, looked
    *made, serve = lines(readme("sh", "openssl"))
    result = run("\n".join(made))
    assert result.returncode == 0, result
    for name in ("server.key", "ada.token"):
        assert (folder / name).stat().st_mode & 0o077 == 0, f"others may read {name}"
    # The one change: a port that is free. (8443 may not be.)
    assert serve.startswith("agentd --http") and ":8443" in serve
    log = open(folder / "log", "wb")
    server = subprocess.Popen(
        ["bash", "-c", "exec " + serve.replace(":8443", f":{port}")], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=log, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            assert server.poll() is None, (folder / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        ready = run(readme("sh", "curl --cacert").replace(":8443", f":{port}"))
        assert ready.returncode == 0 and '"ready"' in ready.stdout, ready
        token = evidence.secret((folder / "ada.token").read_text())
        adding = readme("sh", "claude mcp add --transport http")
        url = re.search(r'"(https://HOST:8443/mcp)"', adding)
        assert url and "Authorization: Bearer" in adding
        context = ssl.create_default_context(cafile=str(folder / "server.crt"))
        async with httpx2.AsyncClient(
            verify=context, headers={"Authorization": f"Bearer {token}"}, timeout=httpx2.Timeout(30, read=60)
        ) as http_client:
            transport = streamable_http_client(url.group(1).replace("HOST:8443", f"localhost:{port}"), http_client=http_client)
            async with Client(transport, cache=None, read_timeout_seconds=60) as client:
                answer = await client.call_tool("query_database", {"query": "SELECT count(*) FROM orders"})
                assert "1500" in str(answer.content)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
        log.close()
        evidence.log("agentd-http", (folder / "log").read_bytes())
    assert token not in (folder / "log").read_text()
