"""The configurations that an operator starts from: they load, and hold no secret. The others of deploy/ are well formed."""

from __future__ import annotations

import getpass
import grp
import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from checks.server import AGENTCTL, ENVIRONMENT, Server
from checks.tools import DEPLOY, find, run

CONFIGURATIONS = [*sorted((DEPLOY / "config").glob("*.yaml")), DEPLOY / "kubernetes" / "agentd.yaml"]
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())


def installed(path: Path, folder: Path) -> Path:
    """The configuration with its folders below a folder of the test's, and the files there that it names."""
    text = path.read_text()
    places = sorted(set(re.findall(r"(/(?:etc|var|run)/[\w./-]+)", re.sub(r"#.*", "", text))), key=len, reverse=True)
    for place in places:
        there = folder / place.lstrip("/")
        is_folder = re.search(rf"directory: {re.escape(place)}$", text, re.MULTILINE) is not None
        (there if is_folder else there.parent).mkdir(parents=True, exist_ok=True, mode=0o700)
    for place in places:
        there = folder / place.lstrip("/")
        if place.endswith("secret"):
            command = [AGENTCTL, "secret", "init", "--secret-file", str(there)]
            subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)
        elif place.endswith(".password"):
            there.write_text("a password\n")
            there.chmod(0o600)
    if any(place.endswith(("privkey.pem", "tls.key")) for place in places):
        key = next(folder / place.lstrip("/") for place in places if place.endswith(("privkey.pem", "tls.key")))
        certificate = next(folder / place.lstrip("/") for place in places if place.endswith(("fullchain.pem", "tls.crt")))
        subprocess.run(
            [find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=agent.example.com"],
            check=True, capture_output=True,
        )
        key.chmod(0o600)
    copy = folder / path.name
    copy.write_text(re.sub(r"(?<![\w/])/(?=(?:etc|var|run)/)", f"{folder}/", text))
    copy.chmod(0o600)
    return copy


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_each_configuration_loads(path: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [AGENTCTL, "config", "check", str(installed(path, tmp_path))], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_no_file_holds_a_secret(path: Path) -> None:
    text = path.read_text()
    assert "PRIVATE KEY" not in text and not re.search(r"pga_[\w-]{20,}", text)
    for value in re.findall(r"(?i)\b(?:password|passwd|secret|api_?key|token)\s*[:=]\s*(\S+)", re.sub(r"#.*", "", text)):
        # A name, a reference or the beginning of a map; never the thing itself.
        assert re.match(r'["\']?\$\{|["\']?(?:true|false)\b|\{', value), f"{path.name}: {value}"


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix in {".yaml", ".yml"}], ids=lambda path: path.name)
def test_yaml_is_yaml(path: Path) -> None:
    assert list(yaml.safe_load_all(path.read_text()))


def test_the_dashboard_is_whole() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "agentd.json").read_text())
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(numbers) == len(set(numbers)) and dashboard["uid"] == "agentd"
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        assert panel["type"] == "row" or panel["targets"], panel["title"]


def rotation(folder: Path, log: Path, process: int) -> Path:
    """The file of logrotate for a log and a process of the test's."""
    user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    text = (DEPLOY / "logrotate" / "agentd").read_text().replace("postgres-agent postgres-agent", f"{user} {group}")
    text = text.replace("/var/log/postgres-agent/audit.jsonl", str(log))
    text = text.replace("systemctl kill --signal=HUP agentd.service", f"kill -HUP {process}")
    path = folder / "rotation"
    path.write_text(text)
    path.chmod(0o644)
    return path


def test_logrotate_accepts_its_file(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    log.write_text("{}\n")
    result = run("logrotate", "--debug", "--state", tmp_path / "state", rotation(tmp_path, log, 0))
    assert "error:" not in result.stderr, result.stderr


def test_the_chain_of_the_audit_log_goes_on_over_a_rotation(tmp_path: Path, server: Server) -> None:
    def call() -> None:
        status, _ = server.request("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "query_database", "arguments": {"query": "SELECT 1"},
            "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                      "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                      "io.modelcontextprotocol/clientCapabilities": {}}}}, {
            "Authorization": f"Bearer {server.token}", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call",
            "Mcp-Name": "query_database"})
        assert status == 200

    log = server.folder / "audit.jsonl"
    call()
    run("logrotate", "--force", "--state", tmp_path / "state", rotation(tmp_path, log, server.process.pid))
    for _ in range(100):
        call()
        if "SELECT 1" in log.read_text():
            break
        time.sleep(0.1)
    assert len(list(server.folder.glob("audit.jsonl?*"))) >= 1 and "SELECT 1" in log.read_text()
    verified = subprocess.run(
        [AGENTCTL, "audit", "verify", "--config", str(server.configuration)], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
