"""agentctl query: a write is shown and asked about on the terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest
from support import approvals, evidence
from support.agentd import AGENTCTL, AGENTD, CLEAN_ENVIRONMENT
from support.approvals import ROWS, fill, rows
from support.database import PrivatePostgres

pytest.importorskip("mcp_types", reason="needs no client; once is enough")

TABLE = "approved_terminal"
PROMPT = "Execute this query? [y/N]:"


@pytest.fixture
def configuration(tmp_path: Path, postgres: PrivatePostgres) -> Path:
    approvals.prepare(postgres, TABLE)
    return approvals.configuration(tmp_path, postgres)


def typed(configuration: Path, sql: str, keys: bytes, *options: str) -> tuple[int, str]:
    """agentctl on a terminal of its own; `keys` are typed once it asks. The exit code, and all that was shown."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [AGENTCTL, "query", "--config", str(configuration), *options, sql], stdin=follower, stdout=follower,
        stderr=follower, env=CLEAN_ENVIRONMENT, start_new_session=True,
    )
    os.close(follower)
    shown, deadline, sent = b"", time.monotonic() + 60, False
    while time.monotonic() < deadline:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                chunk = os.read(leader, 65536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
        if not sent and PROMPT.encode() in shown:
            os.write(leader, keys)
            sent = True
        if process.poll() is not None and not select.select([leader], [], [], 0)[0]:
            break
    os.close(leader)
    return process.wait(timeout=30), shown.decode()


@pytest.mark.parametrize("answer", [b"y\n", b"yes\n", b"Y\n", b"YES\n", b" y \n"])
def test_yes_runs_it(configuration: Path, postgres: PrivatePostgres, answer: bytes) -> None:
    sql = f"DELETE FROM {TABLE} WHERE id = 1"
    code, shown = typed(configuration, sql, answer)
    assert code == 0, shown
    assert sql in shown and PROMPT in shown and "committed: DELETE, 1 row" in shown
    assert rows(postgres, TABLE) == "2two,3three"
    fill(postgres, TABLE)


@pytest.mark.parametrize("answer", [b"\n", b"n\n", b"no\n", b"yep\n", b"y y\n", b"\x04"])
def test_anything_else_declines(configuration: Path, postgres: PrivatePostgres, answer: bytes) -> None:
    code, shown = typed(configuration, f"DELETE FROM {TABLE}", answer)
    assert code == 3, shown
    assert "WARNING: DELETE without WHERE" in shown and "declined" in shown
    assert rows(postgres, TABLE) == ROWS


def test_a_dry_run_is_asked_about_and_rolled_back(configuration: Path, postgres: PrivatePostgres) -> None:
    code, shown = typed(configuration, f"DELETE FROM {TABLE} RETURNING id", b"y\n", "--dry-run")
    assert code == 0 and "dry run, rolled back: DELETE, 3 rows" in shown, shown
    assert rows(postgres, TABLE) == ROWS


def test_without_a_terminal_it_declines(configuration: Path, postgres: PrivatePostgres) -> None:
    for words in ("y\n", ""):
        result = evidence.program(subprocess.run(
            [AGENTCTL, "query", "--config", str(configuration), f"DELETE FROM {TABLE}"], input=words,
            env=CLEAN_ENVIRONMENT, capture_output=True, text=True, timeout=60,
        ))
        assert result.returncode == 3 and "declined" in result.stderr, result
    read = subprocess.run(
        [AGENTCTL, "query", "--config", str(configuration), "-f", "csv", f"SELECT count(*) FROM {TABLE}"],
        stdin=subprocess.DEVNULL, env=CLEAN_ENVIRONMENT, capture_output=True, text=True, timeout=60,
    )
    assert read.returncode == 0 and read.stdout == "count\n3\n", read
    assert rows(postgres, TABLE) == ROWS


def test_a_configuration_that_allows_writes_is_called_dangerous(configuration: Path) -> None:
    for command in ([AGENTD, "--check-config", "--config"], [AGENTCTL, "config", "check"]):
        result = evidence.program(subprocess.run(
            [*command, str(configuration)], env=CLEAN_ENVIRONMENT, capture_output=True, text=True, timeout=60))
        assert result.returncode == 0 and "DANGEROUS" in result.stdout and "shop" in result.stdout, result
