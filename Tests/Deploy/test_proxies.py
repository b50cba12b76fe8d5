"""nginx and HAProxy: both accept their files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from checks.tools import DEPLOY, find, run


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
    path.write_text(f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n    access_log off;\n{scratch}    include {folder}/agentd.conf;\n}}\n")
    return path


def test_nginx_accepts_its_file(tmp_path: Path, certificate: Path) -> None:
    path = nginx_configuration(tmp_path, certificate, (DEPLOY / "nginx" / "agentd.conf").read_text())
    text = run("nginx", "-t", "-e", "stderr", "-c", path, "-p", tmp_path).stderr
    assert "[warn]" not in text and "[emerg]" not in text, text


def test_haproxy_accepts_its_file(tmp_path: Path, certificate: Path) -> None:
    text = (DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    text = text.replace("/etc/haproxy/tls/agent.example.com.pem", str(certificate / "both.pem"))
    # Its own user exists where it is installed.
    text = re.sub(r"^    (user|group) haproxy\n", "", text, flags=re.MULTILINE)
    path = tmp_path / "haproxy.cfg"
    path.write_text(text)
    result = run("haproxy", "-c", "-f", path)
    assert "[WARNING]" not in result.stderr, result.stderr


@pytest.mark.parametrize("path", [DEPLOY / "nginx" / "agentd.conf", DEPLOY / "haproxy" / "haproxy.cfg"], ids=lambda p: p.name)
def test_no_query_is_logged_and_nothing_is_tried_twice(path: Path) -> None:
    text = path.read_text()
    assert "$request_uri" not in text.replace("return 308 https://$host$request_uri", "")
    assert "$args" not in text and "proxy_next_upstream off" in text or "retries 0" in text
