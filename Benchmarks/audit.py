"""Writes an audit log of 100,000 lines as Documentation/Audit.md describes it, and measures how long agentctl takes to verify it.

audit.py AGENTCTL. Exit 1 when the limit is not kept, or when a change is not found.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LINES = 100_000
LIMIT = 2.0
KEY = os.urandom(32)
KEY_ID = hashlib.sha256(b"postgres-agent key id\0" + KEY).digest()[:4].hex()


def derived() -> bytes:
    """HKDF-SHA256 (RFC 5869) for one block."""
    extracted = hmac.digest(b"postgres-agent/secret-file/v1", KEY, "sha256")
    return hmac.digest(extracted, b"code/audit\x01", "sha256")


CODE_KEY = derived()


def seal(body: bytes, kind: str) -> str:
    label = f"postgres-agent audit {kind} 1\0".encode()
    return f"{KEY_ID}:{hmac.digest(CODE_KEY, label + hashlib.sha256(body).digest(), 'sha256').hex()}"


def line(number: int, members: str, previous: str) -> bytes:
    body = f'{{"seq":{number},{members},"prev":"{previous}'.encode()
    return body + f'","mac":"{seal(body, "line")}"}}'.encode()


def write(folder: Path) -> tuple[Path, Path, Path]:
    log, head, secret = folder / "audit.jsonl", folder / "head", folder / "secret"
    text = base64.urlsafe_b64encode(KEY).rstrip(b"=").decode()
    secret.write_text(f"postgres-agent-secret-file 1\nkey {KEY_ID} 2026-01-01T00:00:00Z {text}\n")
    secret.chmod(0o600)
    previous = "0" * 64
    with log.open("wb") as file:
        for number in range(1, LINES + 1):
            members = '"event":"file","time":"2026-11-22T17:00:00.000000Z","format":1'
            if number > 1:
                sql = json.dumps(f"SELECT id, total, placed FROM orders WHERE customer_id = {number} ORDER BY placed DESC")
                members = (
                    f'"event":"call","time":"2026-11-22T17:00:00.{number % 1000000:06}Z","requestId":"{number}","principal":"local",'
                    f'"client":"bench/1","tool":"query_database","database":"shop","verdict":"read","kinds":["SELECT"],"sql":{sql},'
                    f'"outcome":"completed","rows":{number % 100},"bytes":{number % 10000},"durationUs":{number}')
            whole = line(number, members, previous)
            previous = hashlib.sha256(whole).hexdigest()
            file.write(whole + b"\n")
    body = f'{{"head":1,"lines":{LINES},"bytes":{log.stat().st_size},"digest":"{previous}"'.encode()
    head.write_bytes(body + f',"mac":"{seal(body, "head")}"}}\n'.encode())
    return log, head, secret


def verify(agentctl: str, log: Path, head: Path, secret: Path) -> tuple[float, subprocess.CompletedProcess[str]]:
    begun = time.monotonic()
    result = subprocess.run(
        [agentctl, "audit", "verify", "--secret-file", str(secret), "--head", str(head), str(log)], capture_output=True, text=True)
    return time.monotonic() - begun, result


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        log, head, secret = write(Path(name))
        runs = [verify(sys.argv[1], log, head, secret) for _ in range(3)]
        best = min(seconds for seconds, _ in runs)
        if any(result.returncode for _, result in runs):
            print(runs[0][1].stdout, runs[0][1].stderr)
            return 1
        whole = bytearray(log.read_bytes())
        whole[len(whole) * 2 // 3] ^= 1
        log.write_bytes(whole)
        changed = verify(sys.argv[1], log, head, secret)[1]
        print(f"{LINES} lines, {len(whole) >> 20} MiB, verified in {best:.2f} s (limit {LIMIT} s)")
        if changed.returncode != 1:
            print("a flipped bit was not found")
        return 0 if best < LIMIT and changed.returncode == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
