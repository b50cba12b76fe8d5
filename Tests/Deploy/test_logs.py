"""The log of agentd as log shippers read it."""

from __future__ import annotations

import re

import yaml
from checks.server import Server
from checks.tools import DEPLOY


def test_each_line_is_an_object_with_its_time_first(server: Server) -> None:
    server.request("GET", "/nothing?token=never-in-the-log")
    lines = server.lines()
    assert len(lines) == len(server.log.read_text().splitlines())
    for line in lines:
        assert list(line)[:4] == ["time", "level", "logger", "message"]
        assert list(line)[4:] == sorted(list(line)[4:])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(line["time"]))


def test_the_line_of_a_request_has_numbers_to_compare_and_no_secret(server: Server) -> None:
    server.request("POST", "/mcp?token=never-in-the-log", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, {
        "Authorization": f"Bearer {server.token}", "Cookie": "a=never-in-the-log", "User-Agent": "never-in-the-log"})
    line = [line for line in server.lines() if line["message"] == "request"][-1]
    assert line["route"] == "/mcp" and line["method"] == "POST" and line["client_address"] == "127.0.0.1"
    for name in ("status", "bytes", "duration_ms"):
        assert isinstance(line[name], int | float), name
    assert str(line["principal"]).startswith("token:") and line["token_id"] == str(line["principal"]).removeprefix("token:")
    text = server.log.read_text()
    assert "never-in-the-log" not in text and server.token not in text


def test_the_shippers_read_the_time_as_it_is_written() -> None:
    filebeat = yaml.safe_load((DEPLOY / "log-shipping" / "filebeat.yml").read_text())
    layouts = [step["timestamp"]["layouts"] for entry in filebeat["filebeat.inputs"] for step in entry["processors"]
               if "timestamp" in step]
    assert layouts == [["2006-01-02T15:04:05.000Z"], ["2006-01-02T15:04:05.000000Z"]]
    assert "%Y-%m-%dT%H:%M:%S.%LZ" in (DEPLOY / "log-shipping" / "parsers.conf").read_text()
