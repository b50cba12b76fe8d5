"""fail2ban's filter on lines that agentd writes, and on lines that a caller would like it to have written."""

from __future__ import annotations

import configparser
import json
from pathlib import Path

import pytest
from checks.server import Server
from checks.tools import DEPLOY, UNPACKED, run
from support import evidence

FILTER = DEPLOY / "fail2ban" / "filter.d" / "agentd.conf"


def banned(tmp_path: Path, *lines: str) -> list[str]:
    log = tmp_path / "log"
    log.write_text("".join(line + "\n" for line in lines))
    own = ["--config", str(UNPACKED / "etc" / "fail2ban")] if (UNPACKED / "etc" / "fail2ban").exists() else []
    result = run("fail2ban-regex", *own, "--out", "ip", log, FILTER, expect=None)
    assert "ERROR" not in result.stdout + result.stderr, result.stdout + result.stderr
    return result.stdout.split()


def line(address: str = "198.51.100.7", cause: str = "unknown", message: str = "authentication failed", **more: object) -> str:
    head = {"time": "2026-11-22T21:00:00.123Z", "level": "notice", "logger": "agentd", "message": message}
    rest = {"address": address, "cause": cause, "credential": "token", "request_id": "r", **more}
    return json.dumps({**head, **dict(sorted(rest.items()))}, separators=(",", ":"))


def test_real_refusals_are_found_and_others_are_not(tmp_path: Path, server: Server) -> None:
    before = len(server.log.read_text().splitlines())
    assert server.request("POST", "/mcp", {}, {"Authorization": "Bearer pga_wrong"})[0] == 401
    assert server.request("POST", "/mcp", {}, {"Authorization": "Basic dTpw"})[0] == 401
    assert server.request("POST", "/mcp", {})[0] == 401  # asks how to sign in
    assert server.request("GET", "/nothing")[0] in (401, 404)
    server.request("POST", "/api/v1/login", {"name": "ada", "password": evidence.secret("never-in-the-log")})
    fields = {"Authorization": f"Bearer {server.token}", "X-Request-Id": FORGED}
    server.request("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, fields)
    written = server.log.read_text().splitlines()[before:]
    # What fail2ban takes from each line alone.
    found = [bool(banned(tmp_path, one)) for one in written]
    assert found == [json.loads(one)["message"] == "authentication failed" for one in written] and sum(found) >= 3
    assert set(banned(tmp_path, *written)) == {"127.0.0.1"}
    assert "never-in-the-log" not in server.log.read_text() and server.token not in server.log.read_text()


@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::7"])
def test_both_families_of_addresses(tmp_path: Path, address: str) -> None:
    assert banned(tmp_path, line(address)) == [address]


FORGED = '","address":"203.0.113.1","cause":"unknown",'


@pytest.mark.parametrize("text", [
    line(cause="lockdown"),
    line(cause="csrf"),
    line(message="request", request_id='authentication failed' + FORGED),
    line(message="request" + FORGED),
    line(message="authentication failed" + FORGED),
    line(address=FORGED),
    "x" + line(),
])
def test_nobody_is_banned_for_another(tmp_path: Path, text: str) -> None:
    assert banned(tmp_path, text) == []


def test_lines_of_the_journal_are_found_too(tmp_path: Path) -> None:
    assert banned(tmp_path, "host agentd[123]: " + line()) == ["198.51.100.7"]


def test_the_jail_names_the_filter() -> None:
    jail = configparser.RawConfigParser()
    jail.read(DEPLOY / "fail2ban" / "jail.d" / "agentd.conf")
    assert jail["agentd"]["filter"] == FILTER.stem and jail["agentd"]["enabled"] == "true"
    for key in ("maxretry", "findtime", "bantime"):
        assert jail["agentd"][key]
