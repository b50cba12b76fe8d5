"""Reads 1,000,000 rows in pages through agentd over stdio, and measures how far its memory rises above what it is at rest.

paging.py AGENTD FOLDER, with PGHOST, PGPORT and FOLDER/reader.password. Exit 1 when a limit is not kept. Linux only: it reads the
process's largest resident size (VmHWM) from /proc.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROWS = 1_000_000
ROOM = 20 << 20
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
# Short values and long ones, numbers and text: what a table of orders has.
SQL = "SELECT n AS id, n * 7 % 1000 AS customer, md5(n::text) AS reference, 'open' AS state FROM generate_series(1, 1000000) AS n"


def ask(agentd: subprocess.Popen[bytes], offset: int) -> dict:
    request = {
        "jsonrpc": "2.0", "id": offset, "method": "tools/call",
        "params": {"_meta": META, "name": "query_database", "arguments": {"query": SQL, "offset": offset}}}
    agentd.stdin.write(json.dumps(request).encode() + b"\n")
    agentd.stdin.flush()
    answer = json.loads(agentd.stdout.readline())
    result = answer.get("result") or sys.exit(f"paging: {answer}")
    assert not result.get("isError"), result["content"]
    return result["structuredContent"]


def memory(pid: int, what: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) << 10
    return 0


def page(program: str, folder: Path, limit: int) -> bool:
    configuration = folder / "paging.yaml"
    configuration.write_text(f"""databases:
  - name: shop
    host: {os.environ["PGHOST"]}
    port: {os.environ["PGPORT"]}
    database: shop
    user: reader
    password_file: {folder}/reader.password
    limits: {{rows: {ROWS}, bytes: {limit}}}
""")
    configuration.chmod(0o600)
    agentd = subprocess.Popen(
        [program, "--config", str(configuration), "--log-level", "error"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    # The privileges, the catalog and a connection are there before it counts.
    ask(agentd, ROWS - 10)
    Path(f"/proc/{agentd.pid}/clear_refs").write_text("5")
    rest = memory(agentd.pid, "VmRSS")
    offset: int | None = 0
    rows = pages = 0
    while offset is not None:
        answer = ask(agentd, offset)
        rows += answer["rowCount"]
        pages += 1
        offset = answer["nextOffset"]
    rise = memory(agentd.pid, "VmHWM") - rest
    agentd.stdin.close()
    agentd.wait()
    kept = rows == ROWS and rise <= limit + ROOM
    print(
        f"  limits.bytes {limit >> 20:3} MiB: {rows} rows in {pages} pages, memory up to {rise / (1 << 20):.1f} MB above"
        f" {rest / (1 << 20):.1f} MB   limit {(limit + ROOM) >> 20} MB   {'kept' if kept else 'NOT KEPT'}")
    return kept


def main() -> int:
    if not Path("/proc/self/clear_refs").exists():
        print("  left out: this system does not tell the largest resident size")
        return 0
    return 0 if all([page(sys.argv[1], Path(sys.argv[2]).resolve(), mib << 20) for mib in (1, 4, 16)]) else 1


if __name__ == "__main__":
    sys.exit(main())
