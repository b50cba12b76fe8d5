"""nginx and HAProxy: both accept their files, and carry what agentd needs."""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checks.server import Server
from checks.tools import DEPLOY, environment_of, find, run
from support.network import free_port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"), "-subj", "/CN=agent.example.com"],
        check=True, capture_output=True,
    )
    both = (folder / "certificate.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "both.pem").write_text(both)
    return folder


def nginx_configuration(folder: Path, certificate: Path, text: str) -> Path:
    text = text.replace("/etc/nginx/tls/agent.example.com/fullchain.pem", str(certificate / "certificate.pem"))
    text = text.replace("/etc/nginx/tls/agent.example.com/privkey.pem", str(certificate / "key.pem"))
    text = text.replace("/var/log/nginx/", f"{folder}/")
    (folder / "agentd.conf").write_text(text)
    scratch = "".join(f"    {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    path = folder / "nginx.conf"
    user = "user root;\n" if os.getuid() == 0 else ""
    path.write_text(f"{user}pid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n    access_log off;\n{scratch}    include {folder}/agentd.conf;\n}}\n")
    return path


def test_nginx_accepts_its_file(tmp_path: Path, certificate: Path) -> None:
    path = nginx_configuration(tmp_path, certificate, (DEPLOY / "nginx" / "agentd.conf").read_text())
    text = run("nginx", "-t", "-e", "stderr", "-c", path, "-p", tmp_path).stderr
    # From 1.25 on `http2` has a directive of its own, which 1.22 does not know.
    warnings = [line for line in text.splitlines() if "[warn]" in line and "http2" not in line]
    assert not warnings and "[emerg]" not in text, text


def haproxy_configuration(certificate: Path) -> str:
    text = (DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    text = text.replace("/etc/haproxy/tls/agent.example.com.pem", str(certificate / "both.pem"))
    # Its own user exists where it is installed.
    return re.sub(r"^    (user|group) haproxy\n", "", text, flags=re.MULTILINE)


def test_haproxy_accepts_its_file(tmp_path: Path, certificate: Path) -> None:
    path = tmp_path / "haproxy.cfg"
    path.write_text(haproxy_configuration(certificate))
    result = run("haproxy", "-c", "-f", path)
    assert "[WARNING]" not in result.stderr, result.stderr


@pytest.mark.parametrize("path", [DEPLOY / "nginx" / "agentd.conf", DEPLOY / "haproxy" / "haproxy.cfg"], ids=lambda p: p.name)
def test_no_query_is_logged_and_nothing_is_tried_twice(path: Path) -> None:
    text = path.read_text()
    assert "$request_uri" not in text.replace("return 308 https://$host$request_uri", "")
    assert "$args" not in text and "proxy_next_upstream off" in text or "retries 0" in text


Request = Callable[..., http.client.HTTPResponse]


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Path
) -> Iterator[tuple[Server, Request]]:
    """agentd behind one of them, and a client of it that speaks TLS."""
    program = find(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    server = Server(folder, http_options="  client_ip: { header: X-Forwarded-For, trusted_proxies: [127.0.0.1] }\n")
    plain, secure = free_port(), free_port()
    if request.param == "nginx":
        text = (DEPLOY / "nginx" / "agentd.conf").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
        text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace("listen 443 ", f"listen 127.0.0.1:{secure} ")
        command = [program, "-e", "stderr", "-g", "daemon off;", "-p", str(folder), "-c",
                   str(nginx_configuration(folder, certificate, text))]
    else:
        text = haproxy_configuration(certificate).replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
        text = text.replace("bind :80\n", f"bind 127.0.0.1:{plain}\n").replace("bind :443 ", f"bind 127.0.0.1:{secure} ")
        text = text.replace("log /dev/log local0", "log stderr format raw local0").replace("    daemon\n", "")
        (folder / "haproxy.cfg").write_text(text)
        command = [program, "-db", "-f", str(folder / "haproxy.cfg")]
    with (folder / "proxy.log").open("wb") as log:
        proxy = subprocess.Popen(command, env=environment_of(program), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    trusting = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
    trusting.check_hostname = False

    def send(method: str, path: str, body: object = None, fields: dict[str, str] | None = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPSConnection("127.0.0.1", secure, timeout=20, context=trusting)
        kind = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), {
            "Host": "agent.example.com", "Accept": "application/json, text/event-stream", **kind, **(fields or {})})
        return connection.getresponse()

    try:
        for _ in range(200):
            assert proxy.poll() is None, (folder / "proxy.log").read_text()
            try:
                if send("GET", "/healthz").status == 200:
                    break
            except OSError:
                pass
            time.sleep(0.1)
        yield server, send
    finally:
        proxy.terminate()
        proxy.wait(30)
        server.end()


def test_the_caller_is_who_the_proxy_says_and_not_who_he_says(proxied: tuple[Server, Request]) -> None:
    server, send = proxied
    answer = send("POST", "/mcp", {}, {"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer wrong"})
    assert answer.status == 401 and answer.getheader("X-Request-Id")
    text = server.log.read_text()
    assert "203.0.113.9" not in text and '"address":"127.0.0.1"' in text


def test_metrics_and_readiness_are_not_for_everybody(proxied: tuple[Server, Request]) -> None:
    _, send = proxied
    assert send("GET", "/metrics").status == 404 and send("GET", "/readyz").status == 404


def test_a_stream_arrives_while_it_is_open(proxied: tuple[Server, Request]) -> None:
    server, send = proxied
    fields = {"Authorization": f"Bearer {server.token}"}
    begun = send("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}, fields)
    assert begun.status == 200, begun.read()
    session = begun.getheader("Mcp-Session-Id")
    assert session
    fields |= {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
    send("POST", "/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"}, fields)
    stream = send("GET", "/mcp", fields=fields)
    assert stream.status == 200 and stream.getheader("Content-Type", "").startswith("text/event-stream")
    # The first event, of a stream that goes on: whoever holds answers back until they are whole runs into the time-out.
    assert stream.readline().strip()


def test_guessing_passwords_is_slowed_down_before_agentd(proxied: tuple[Server, Request]) -> None:
    _, send = proxied
    statuses = [send("POST", "/api/v1/login", {"name": "ada", "password": "wrong"}).status for _ in range(15)]
    assert statuses[-1] == 429
