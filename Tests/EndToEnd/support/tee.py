"""tee.py LOG COMMAND…: runs COMMAND, passes standard input and output through, and records each line with its side."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import threading


def main() -> int:
    log = open(sys.argv[1], "a", encoding="utf-8")
    lock = threading.Lock()
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: child.send_signal(received))

    def record(side: str, line: bytes) -> None:
        with lock:
            log.write(json.dumps({"from": side, "line": base64.b64encode(line).decode()}) + "\n")
            log.flush()

    def client_to_server() -> None:
        assert child.stdin
        try:
            for line in sys.stdin.buffer:
                record("client", line)
                child.stdin.write(line)
                child.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass
        try:
            child.stdin.close()
        except BrokenPipeError:
            pass

    threading.Thread(target=client_to_server, daemon=True).start()
    assert child.stdout
    for line in child.stdout:
        record("server", line)
        try:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            break
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
