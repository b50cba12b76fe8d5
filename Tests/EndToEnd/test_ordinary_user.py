"""agentd as a user without any right of root's, as every installation runs it.

The tests themselves run as root in CI and in containers, where a system call that only root may make goes unnoticed: once each
connection asked for such an option of its socket, and whoever was not root got no answer over HTTP.
"""

from __future__ import annotations

import http.client
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import evidence
from support.agentd import AGENTD, CLEAN_ENVIRONMENT
from support.network import free_port


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own: nobody else may enter that.
    made = Path(tempfile.mkdtemp(prefix="agentd-user-"))
    yield made
    shutil.rmtree(made)


def test_an_ordinary_user_serves_http(folder: Path) -> None:
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    port = free_port()
    configuration = folder / "agentd.yaml"
    configuration.write_text(
        f"http: {{ enabled: true, listen: '127.0.0.1:{port}', auth: {{ enabled: false }} }}\n"
        "telemetry: { metrics_listen: '' }\ndatabases: [{ name: shop, host: 127.0.0.1, port: 1 }]\n")
    configuration.chmod(0o600)
    for path in (folder, configuration):
        os.chown(path, user.pw_uid, user.pw_gid)
    as_user: dict = {} if os.geteuid() != 0 else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    if subprocess.run(["test", "-x", AGENTD], **as_user).returncode != 0:
        pytest.skip(f"{user.pw_name} cannot reach {AGENTD}: NOT TESTED that agentd serves without root's rights")
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [AGENTD, "--config", str(configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            cwd=folder, env={**CLEAN_ENVIRONMENT, "HOME": str(folder)}, **as_user)
    try:
        assert answer(process, port, "/healthz") == 200
        assert answer(process, port, "/api/v1/databases") == 200
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
        evidence.log("agentd-user", (folder / "log").read_bytes())


def answer(process: subprocess.Popen[bytes], port: int, path: str) -> int:
    """The status; waits until somebody listens."""
    end = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionRefusedError:
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.05)
        finally:
            connection.close()
