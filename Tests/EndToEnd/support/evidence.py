"""What a test run leaves for its last part (scripts/scan-secrets.sh): secrets that no log may hold, and logs.

Without POSTGRES_AGENT_EVIDENCE, which scripts/test.sh sets, nothing is kept.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from pathlib import Path

_FOLDER = os.environ.get("POSTGRES_AGENT_EVIDENCE", "")
_NUMBERS = itertools.count()


def secret(text: str) -> str:
    """Notes a secret, and returns it."""
    text = text.strip()
    if _FOLDER and text:
        descriptor = os.open(f"{_FOLDER}/secrets", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, (text + "\n").encode())
        finally:
            os.close(descriptor)
    return text


def log(name: str, contents: str | bytes) -> None:
    """Keeps what a program said."""
    if not _FOLDER or not contents:
        return
    data = contents.encode() if isinstance(contents, str) else contents
    (Path(_FOLDER) / f"{name}-{os.getpid()}-{next(_NUMBERS)}").write_bytes(data)


def program(result: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """Keeps what a program said that ran to its end, and returns it. Where it shows a new token, which it does once, its output is
    where the token has to be."""
    tokens = re.findall(r"pga_[\w-]{43,}", result.stdout or "")
    for token in tokens:
        secret(token)
    log("program", result.stderr)
    if not tokens:
        log("program", result.stdout)
    return result
