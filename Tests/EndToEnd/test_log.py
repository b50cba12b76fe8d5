"""The log on standard error: clients may ignore it, and then nothing of it may hold up an answer."""

from __future__ import annotations

import fcntl
import json
import subprocess
from pathlib import Path

import pytest
from support.agentd import AGENTD, CLEAN_ENVIRONMENT, ended_after
from support.wire import META

PIPE = 4096
SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)


@pytest.mark.skipif(SET_PIPE_SIZE is None, reason="the size of a pipe can be set on Linux only")
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_log_that_nobody_reads_holds_up_no_answer_and_its_gap_is_said(tmp_path: Path, form: str) -> None:
    configuration = tmp_path / "agentd.yaml"
    configuration.write_text(
        "databases:\n  - { name: shop, host: 127.0.0.1, port: 1, database: shop, user: reader }\n"
        f"telemetry: {{ log_level: debug, log_format: {form} }}\n")
    configuration.chmod(0o600)
    agent = subprocess.Popen(
        [AGENTD, "--config", str(configuration)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=CLEAN_ENVIRONMENT, text=True)
    assert agent.stdin and agent.stdout and agent.stderr and SET_PIPE_SIZE is not None
    fcntl.fcntl(agent.stderr, SET_PIPE_SIZE, PIPE)

    def ask(number: int) -> None:
        assert agent.stdin and agent.stdout
        agent.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
            "name": "query_database", "arguments": {"query": f"SELECT {number}"}, "_meta": META}}) + "\n")
        agent.stdin.flush()
        with ended_after(agent):
            while (answer := json.loads(agent.stdout.readline())).get("id") != number:
                pass
        assert answer["result"]["isError"]

    try:
        for number in range(100):  # some lines of 300 bytes each
            ask(number)
        fcntl.fcntl(agent.stderr, SET_PIPE_SIZE, 1 << 20)
        ask(100)
        agent.stdin.close()
        lines = agent.stderr.read().splitlines()
        assert agent.wait(30) == 0
    finally:
        agent.kill()
    said = [place for place, line in enumerate(lines) if "lines of the log were dropped" in line]
    assert said and sum(len(line) + 1 for line in lines[: said[0]]) <= PIPE, "nothing before it was made up"
    # What was cut off by the gap is a line of its own: all others are whole.
    whole = [line for line in lines if (line.startswith("{") and line.endswith("}") if form == "json" else line.startswith("20"))]
    assert len(whole) >= len(lines) - len(said)
    if form == "json":
        assert json.loads(lines[said[0]])["count"] > 10
