"""The unit of systemd, its user and its folders."""

from __future__ import annotations

import os
import re
from pathlib import Path

from checks.server import AGENTD
from checks.tools import DEPLOY, run

UNIT = DEPLOY / "systemd" / "agentd.service"


def test_the_unit_is_exposed_less_than_two() -> None:
    # Fails by itself from 20 tenths on; the figure is for whoever reads the output of a failure.
    text = run("systemd-analyze", "security", "--offline=true", "--threshold=19", UNIT).stdout
    figure = re.search(r"Overall exposure level for agentd\.service: ([\d.]+)", text)
    assert figure and float(figure.group(1)) < 2.0


def test_the_unit_is_understood(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/local/bin/agentd", AGENTD))
    result = run("systemd-analyze", "verify", "--man=no", copy, expect=None)
    # Other units of this machine may have faults of their own; this one must have none.
    assert "agentd.service" not in result.stdout + result.stderr, result.stderr


def test_the_user_can_be_made(tmp_path: Path) -> None:
    text = run("systemd-sysusers", "--dry-run", f"--root={tmp_path}", DEPLOY / "systemd" / "agentd.sysusers").stderr
    assert "Creating user 'postgres-agent'" in text


def test_the_folders_are_closed_to_others() -> None:
    lines = [line.split() for line in (DEPLOY / "systemd" / "agentd.tmpfiles").read_text().splitlines() if line.startswith("d ")]
    assert {line[1] for line in lines} >= {"/etc/postgres-agent/secrets", "/var/lib/postgres-agent"}
    assert all(int(line[2], 8) & 0o007 == 0 for line in lines)


def test_the_unit_starts_what_the_options_allow() -> None:
    commands = re.findall(r"^ExecStart\w*=(\S+) (.*)$", UNIT.read_text(), re.MULTILINE)
    assert len(commands) == 2 and all(program == "/usr/local/bin/agentd" for program, _ in commands)
    help_text = run(AGENTD, "--help").stdout if os.path.isabs(AGENTD) else ""
    for _, options in commands:
        for option in re.findall(r"--[\w-]+", options):
            assert option in help_text
