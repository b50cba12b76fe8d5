"""How the page is served: its files, types, tags and policy."""

from __future__ import annotations

import http.client
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.agentd import AGENTD
from support.database import ROOT, PrivatePostgres
from support.http_agent import HTTPAgent

WEB = ROOT / "Sources" / "AgentServer" / "Resources" / "web"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, postgres: PrivatePostgres) -> Iterator[HTTPAgent]:
    running = HTTPAgent(tmp_path_factory.mktemp("page"), postgres)
    yield running
    assert running.end() == 0


def ask(agent: HTTPAgent, path: str, method: str = "GET", **fields: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", agent.port, timeout=30)
    connection.request(method, path, headers=fields)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


@pytest.mark.parametrize("path", ["/", *[f"/assets/{file.name}" for file in sorted(WEB.iterdir())]])
def test_each_file_is_served_with_its_type_tag_and_policy(agent: HTTPAgent, path: str) -> None:
    status, fields, body = ask(agent, path)
    file = WEB / (path.removeprefix("/assets/").removeprefix("/") or "index.html")
    assert status == 200 and body == file.read_bytes()
    types = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
    assert fields["content-type"] == types[file.suffix]
    assert fields["cache-control"] == "no-cache" and fields["x-content-type-options"] == "nosniff"
    assert fields["cross-origin-opener-policy"] == fields["cross-origin-resource-policy"] == "same-origin"
    policy = fields["content-security-policy"]
    assert "unsafe" not in policy and "*" not in policy and "http" not in policy
    for part in (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "form-action 'none'", "base-uri 'none'",
        "frame-ancestors 'none'", "require-trusted-types-for 'script'",
    ):
        assert part in policy.split("; ")
    assert ask(agent, path, **{"If-None-Match": fields["etag"]})[0] == 304
    head = ask(agent, path, "HEAD")
    assert head[0] == 200 and head[2] == b"" and head[1]["etag"] == fields["etag"]
    assert ask(agent, path, "POST")[0] == 405


@pytest.mark.parametrize("path", [
    "/assets/../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/assets//etc/passwd", "/assets/",
    "/assets/.", "/assets/unknown.js", "/assets/app.js/", "/index.html", "/assets/app.js%00.html", "/assets/APP.JS", "/assets/web/app.js",
])
def test_no_other_path_leads_to_a_file(agent: HTTPAgent, path: str) -> None:
    status, fields, body = ask(agent, path)
    if path == "/assets/app.js/":
        assert status in (200, 404)
        return
    assert status in (400, 404), body
    assert b"root:" not in body and fields["content-type"] == "application/problem+json"


def test_the_api_keeps_its_own_policy(agent: HTTPAgent) -> None:
    _, fields, _ = ask(agent, "/api/v1/me")
    assert fields["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


def test_the_files_hold_no_inline_script_and_name_no_other_server() -> None:
    page = (WEB / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page)
    for file in WEB.glob("*.js"):
        text = file.read_text()
        assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|eval|document\.write|DOMParser|Function)\s*[(=]", text), file.name
        found = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org"}
        assert not found, file.name


def test_without_its_files_the_page_says_where_it_looked(tmp_path: Path, postgres: PrivatePostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    shutil.copy(AGENTD, folder / "agentd")
    monkeypatch.setattr("support.http_agent.AGENTD", str(folder / "agentd"))
    (tmp_path / "agent").mkdir()
    running = HTTPAgent(tmp_path / "agent", postgres)
    try:
        status, fields, body = ask(running, "/")
        assert status == 404 and fields["content-type"] == "application/problem+json"
        assert str(folder / "postgres-agent_AgentServer.resources/web").encode() in body.replace(b"\\/", b"/")
        # Where a package puts them, they are found without a restart.
        share = tmp_path / "share" / "postgres-agent"
        share.mkdir(parents=True)
        shutil.copytree(WEB, share / "web")
        assert ask(running, "/")[0] == 200
    finally:
        assert running.end() == 0
