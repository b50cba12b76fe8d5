#!/usr/bin/env python3
"""Writes down how agentd, agentctl and what they start show in the list of processes: sample-processes.py FOLDER, until it is ended.

Each process is looked at twice, soon after it began: its arguments, and of what agentd and agentctl started also what they added to the
environment. (Their own environment is what a test gave them, passwords in it included: that is one of the places from which they take
credentials.) A look at the whole list costs a few milliseconds.
"""

import os
import sys
import time

NAMES = {"agentd", "agentctl"}


def read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(1 << 20)
    except OSError:
        return b""


def parent_and_start(pid: str) -> tuple[str, str]:
    # The second field is the program's name in brackets, which may hold blanks and brackets.
    fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return (fields[1].decode(), fields[19].decode()) if len(fields) > 19 else ("", "")


def main() -> None:
    folder = os.path.join(sys.argv[1], "processes")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    looks: dict[str, int] = {}
    # The environment of each process that is watched; a child may outlive the parent from which it has most of its own.
    environments: dict[str, set[bytes]] = {}
    while True:
        running = list(filter(str.isdigit, os.listdir("/proc")))
        for gone in environments.keys() - set(running):
            del environments[gone]
        for pid in running:
            parent, start = parent_and_start(pid)
            key = f"{pid}-{start}"
            if looks.get(key, 0) >= 2 or not start:
                continue
            looks[key] = looks.get(key, 0) + 1
            name = read(f"/proc/{pid}/comm").decode(errors="replace").strip()
            if name not in NAMES and parent not in environments and pid not in environments:
                continue
            lines = read(f"/proc/{pid}/cmdline").split(b"\0")
            variables = set(read(f"/proc/{pid}/environ").split(b"\0"))
            lines += sorted(variables - environments.get(parent, variables))
            environments[pid] = variables
            with open(os.path.join(folder, key), "ab") as file:
                file.write(b"\n".join(lines) + b"\n")
        time.sleep(0.25)


if __name__ == "__main__" and os.path.isdir("/proc/self"):
    main()
