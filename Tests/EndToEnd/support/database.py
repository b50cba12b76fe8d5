"""A private PostgreSQL server with the shop database, made by scripts/private-postgres.sh."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from . import evidence

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "private-postgres.sh"


class PrivatePostgres:
    """One server in one folder. `sql` runs as the superuser, beside agentd and never through it."""

    def __init__(self) -> None:
        # Under /tmp: the name of a unix socket may have about a hundred bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-agent-test.", dir="/tmp"))
        self._run("create")
        text = (self.folder / "env").read_text()
        self.environment = dict(re.findall(r"^export (\w+)='(.*)'$", text, re.MULTILINE))
        self.port = int(self.environment["PGPORT"])
        evidence.secret(self.password_file.read_text())
        evidence.secret(self.superuser_password)

    def _run(self, verb: str) -> None:
        result = subprocess.run(
            [str(SCRIPT), verb, str(self.folder)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        if result.returncode != 0:
            raise RuntimeError(f"private-postgres.sh {verb}: {result.stderr}")

    @property
    def password_file(self) -> Path:
        return self.folder / "reader.password"

    @property
    def superuser_password(self) -> str:
        lines = Path(self.environment["PGPASSFILE"]).read_text().splitlines()
        return next(line.split(":", 4)[4] for line in lines if ":postgres:" in line)

    def start(self) -> None:
        self._run("start")

    def stop(self) -> None:
        self._run("stop")

    def remove(self) -> None:
        self._run("remove")
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text: str, database: str = "shop") -> str:
        """The rows of `text`, unaligned, one a line."""
        psql = Path(self.environment["POSTGRES_BIN"]) / "psql"
        result = subprocess.run(
            [str(psql), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", text],
            env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        )
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        return result.stdout.strip("\n")

    def running(self, mark: str) -> int:
        """How many backends are at work on a statement that holds `mark`."""
        return int(self.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
            f" AND query LIKE '%{mark}%'"
        ))

    def wait_running(self, mark: str, wanted: bool = True, seconds: float = 20) -> float:
        """Waits until a statement with `mark` runs (or none does any more); returns how long it took."""
        begun = time.monotonic()
        while (self.running(mark) > 0) != wanted:
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"after {seconds} s, a query with {mark!r} is {'not ' if wanted else ''}running")
            time.sleep(0.02)
        return time.monotonic() - begun
