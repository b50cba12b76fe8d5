"""A table that may be written to, through agentd with approvals on: what the tests of both clients share."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from . import evidence
from .agentd import write_configuration
from .database import PrivatePostgres
from .surface import text

# What the person at the client answers: the words of an elicitation's result.
Call = Callable[[dict[str, Any], str], Awaitable[dict[str, Any]]]

ROWS = "1one,2two,3three"


def prepare(postgres: PrivatePostgres, table: str) -> None:
    """Makes the role `writer` (with the reader's password, which is in a file) and a table of its own."""
    password = postgres.password_file.read_text().strip()
    postgres.sql(f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'writer') THEN
                CREATE ROLE writer LOGIN PASSWORD '{password}';
            END IF;
        END $$;
        GRANT USAGE ON SCHEMA public TO writer;
        DROP TABLE IF EXISTS {table};
        CREATE TABLE {table} (id int PRIMARY KEY, name text);
        ALTER TABLE {table} OWNER TO writer;
    """)
    fill(postgres, table)


def fill(postgres: PrivatePostgres, table: str) -> None:
    postgres.sql(f"TRUNCATE {table}; INSERT INTO {table} VALUES (1, 'one'), (2, 'two'), (3, 'three')")


def rows(postgres: PrivatePostgres, table: str) -> str:
    return postgres.sql(f"SELECT string_agg(id || name, ',' ORDER BY id) FROM {table}")


def configuration(
    folder: Path, postgres: PrivatePostgres, *, confirmation: str = "required", state: Path | None = None,
    secret: Path | None = None,
) -> Path:
    """Two entries for one database, `shop` and `other`, both open for writes."""
    settings = f"allow_writes: true\nwrite_confirmation: {confirmation}"
    extra = f"""  - name: other
    host: 127.0.0.1
    port: {postgres.port}
    database: shop
    user: writer
    password_file: {postgres.password_file}
    allow_writes: true
"""
    if state:
        extra += f"state: {{ directory: {state} }}\n"
    if secret:
        extra += f"secret_file: {secret}\n"
    return write_configuration(folder, postgres, user="writer", settings=settings, extra=extra)


def make_secret(path: Path) -> None:
    """A secret file with one key, as `agentctl secret init` writes it."""
    key = os.urandom(32)
    name = hashlib.sha256(b"postgres-agent key id\0" + key).hexdigest()[:8]
    text = evidence.secret(base64.urlsafe_b64encode(key).decode().rstrip("="))
    path.write_text(f"postgres-agent-secret-file 1\nkey {name} 2026-01-01T00:00:00Z {text}\n")
    path.chmod(0o600)


async def check_answers(call: Call, postgres: PrivatePostgres, table: str, seen: list[dict[str, Any]]) -> None:
    """Accept, decline and cancel, each with the table as it should be; `seen` gets every question."""
    sql = f"DELETE FROM {table} WHERE id = 1 RETURNING name"

    declined = await call({"query": sql}, "decline")
    assert declined["isError"] and "declined" in text(declined) and "Do not retry" in text(declined)
    assert rows(postgres, table) == ROWS

    dismissed = await call({"query": sql}, "cancel")
    assert dismissed["isError"] and "dismissed" in text(dismissed) and "declined" not in text(dismissed)
    assert rows(postgres, table) == ROWS

    tried = await call({"query": sql, "dry_run": True}, "accept")
    assert not tried.get("isError") and "rolled back" in text(tried) and tried["structuredContent"]["committed"] is False
    assert rows(postgres, table) == ROWS

    done = await call({"query": sql}, "accept")
    assert not done.get("isError"), text(done)
    assert done["structuredContent"]["committed"] is True
    assert done["structuredContent"]["statements"] == [{"command": "DELETE", "rows": 1}]
    assert "one" in text(done) and "<untrusted-data-" in text(done)
    assert rows(postgres, table) == "2two,3three"

    assert len(seen) == 4
    for question in seen:
        message = question["message"]
        assert message.endswith("\n" + sql), message
        assert '"shop"' in message and "DELETE" in message and "estimate: about 1" in message
        assert question["requestedSchema"]["type"] == "object"
    assert "Dry run" in seen[2]["message"] and "sequences" in seen[2]["message"]

    # Several statements: whole, all or nothing, the dangerous marked, what hides made visible.
    seen.clear()
    broken = f"UPDATE {table} SET name = '\u202ehidden'; INSERT INTO {table} VALUES (2, 'again')"
    failed = await call({"query": broken}, "accept")
    assert failed["isError"] and "rolled back" in text(failed)
    assert rows(postgres, table) == "2two,3three"
    assert "UPDATE without WHERE" in seen[0]["message"] and "⟨U+202E⟩hidden" in seen[0]["message"]
    assert "\u202e" not in seen[0]["message"] and "all or nothing" in seen[0]["message"]

    # A read is a read: nobody is asked.
    seen.clear()
    read = await call({"query": f"SELECT count(*) FROM {table}"}, "decline")
    assert not read.get("isError") and seen == []
    refused = await call({"query": "COMMIT"}, "accept")
    assert refused["isError"] and seen == []
    fill(postgres, table)


def check_annotations(tools: list[dict[str, Any]], *, writing: bool) -> None:
    tool = next(tool for tool in tools if tool["name"] == "query_database")
    assert tool["annotations"]["destructiveHint"] is writing and tool["annotations"]["readOnlyHint"] is not writing
    assert ("dry_run" in tool["inputSchema"]["properties"]) is writing
