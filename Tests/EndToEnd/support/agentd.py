"""Starts the built agentd with a configuration of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .database import PrivatePostgres

AGENTD = os.environ.get("AGENTD", "")
AGENTCTL = os.environ.get("AGENTCTL", "")
TEE = Path(__file__).with_name("tee.py")

# What a desktop client hands down. PG* of the calling shell would point agentd at another database.
CLEAN_ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "AGENTD"))}

TOOLS = {
    "query_database", "get_schema_info", "execute_explain", "count_rows", "list_databases", "read_resource",
}
PROMPTS = {
    "explore-database", "diagnose-query-issue", "design-schema", "setup-semantic-search", "review-permissions",
}


def write_configuration(
    folder: Path, postgres: PrivatePostgres, *, port: int | None = None, limits: str = "", extra: str = "",
    pool: str = "", name: str = "shop", user: str = "reader", settings: str = "",
) -> Path:
    """agentd.yaml for the shop database as the role `reader`; `limits` and `pool` are the inside of a YAML flow map,
    `settings` further lines of the database's entry, `extra` of the file."""
    text = f"""databases:
  - name: {name}
    host: 127.0.0.1
    port: {port or postgres.port}
    database: shop
    user: {user}
    password_file: {postgres.password_file}
"""
    if limits:
        text += f"    limits: {{ {limits} }}\n"
    if pool:
        text += f"    pool: {{ {pool} }}\n"
    for line in settings.splitlines():
        text += f"    {line}\n"
    text += extra
    path = folder / "agentd.yaml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def recorded_command(configuration: Path, log: Path) -> list[str]:
    """agentd behind a tee that writes every message of both sides to `log`."""
    return [sys.executable, str(TEE), str(log), AGENTD, "--config", str(configuration)]


@contextmanager
def ended_after(process: subprocess.Popen[str], seconds: float = 60) -> Iterator[None]:
    """What is read of a process within ends with it, when it says nothing for so long: a test fails then, and does not hang."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
