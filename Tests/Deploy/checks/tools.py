"""The programs that read what deploy/ holds: of this machine, or unpacked by scripts/deploy-tools.sh."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
UNPACKED = Path(os.environ.get("DEPLOY_TOOLS", "/nonexistent"))
LIBRARIES = [path for path in (UNPACKED / "usr" / "lib").glob("*-linux-gnu")]
ENVIRONMENT = {
    **os.environ,
    "LC_ALL": "C.UTF-8",
    "PYTHONPATH": str(UNPACKED / "usr" / "lib" / "python3" / "dist-packages"),
}


def missing(what: str) -> None:
    """A check that cannot be made here is skipped with a word; in CI it must not be forgotten."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not here")
    pytest.skip(f"{what} is not here")


def find(name: str) -> str:
    folders = ["/usr/sbin", "/sbin", *(str(UNPACKED / part) for part in ("usr/bin", "usr/sbin", "bin", "sbin"))]
    found = shutil.which(name, path=os.environ["PATH"] + ":" + ":".join([*folders, str(Path(sys.executable).parent)]))
    if not found:
        missing(name)
    return str(found)


def environment_of(program: str) -> dict[str, str]:
    """A program that was unpacked finds its libraries beside it."""
    if not program.startswith(str(UNPACKED)):
        return ENVIRONMENT
    folders = [str(path) for path in LIBRARIES] + [str(path / "systemd") for path in LIBRARIES]
    return {**ENVIRONMENT, "LD_LIBRARY_PATH": ":".join(folders)}


def run(
    name: str, *arguments: str | Path, stdin: str | None = None, expect: int | None = 0, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs a program; fails with what it said when it ends with another status than expected."""
    program = find(name)
    command = [program, *map(str, arguments)]
    if name.startswith("fail2ban") and program.startswith(str(UNPACKED)):
        command.insert(0, "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable)
    result = subprocess.run(
        command, input=stdin or "", env=environment_of(program), capture_output=True, text=True, timeout=timeout
    )
    if "error while loading shared libraries" in result.stderr:
        missing(f"a library of {name} ({result.stderr.strip()})")
    if expect is not None:
        assert result.returncode == expect, f"{name}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result
