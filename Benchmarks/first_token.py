"""Measures how much later the first words of an answer come through agentd than from the model's service itself.

first_token.py BIN FOLDER, with PGHOST, PGPORT and FOLDER/reader.password; BIN has agentd and agentctl. BENCH_TURNS: turns of each side
(60). Exit 1 when the limit is not kept.

The service is the scripted one of the tests, in a process of its own. Both sides take turns, each on a connection that it keeps, and
what is sent straight to the service is the request that agentd sent it: what differs is agentd alone.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests" / "EndToEnd"))
from support.scripted_model import KEY, ScriptedModel, text

TURNS = int(os.environ.get("BENCH_TURNS", "60"))
WARM = 10
LIMIT = 0.010
# The first piece comes at once and the next one after twice the limit, as words do from a model: who holds the first one back until
# there is more, or until the end, does not keep the limit.
PAUSE = 2 * LIMIT
WORDS = "There are 1500 orders."


def serve(pipe: Connection) -> None:
    """The model's service: tells its address, and for each thing it is sent how many requests came, with the last of them."""
    with ScriptedModel(lambda _: text(WORDS, delay=PAUSE)) as model:
        # An event is a small packet: with Nagle's algorithm it would wait for the acknowledgement of the one before, which the
        # other side may delay by 40 ms. Services that stream turn it off.
        model.server.RequestHandlerClass.disable_nagle_algorithm = True
        pipe.send(model.url)
        try:
            while True:
                pipe.recv()
                with model.lock:
                    last = (model.requests[-1], model.headers[-1]) if model.requests else None
                    pipe.send((len(model.requests), last))
        except (EOFError, KeyboardInterrupt):
            pass


class Side:
    """A way to an answer: `ask` is the time from sending a request to the line that `first` finds."""

    def __init__(self, name: str, port: int, path: str, first: bytes, headers: dict[str, str], body: dict) -> None:
        self.name, self.path, self.first, self.headers = name, path, first, headers
        self.body = json.dumps(body).encode()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.times: list[float] = []

    def ask(self) -> float:
        # To connect is not what is measured, should the other side have closed.
        if self.connection.sock is None:
            self.connection.connect()
        begun = time.perf_counter()
        self.connection.request("POST", self.path, self.body, self.headers)
        response = self.connection.getresponse()
        if response.status != 200:
            sys.exit(f"first token, {self.name}: {response.status} {response.read()[:500]!r}")
        took, lines = None, []
        # To the end, so that the next question finds nobody at work.
        for line in response:
            if took is None and self.first in line:
                took = time.perf_counter() - begun
            lines.append(line)
        answer = b"".join(lines)
        if took is None or (b'"end_turn"' not in answer and b'"answered"' not in answer):
            sys.exit(f"first token, {self.name}: no answer: {answer[-500:]!r}")
        return took

    def figures(self) -> str:
        tenth = statistics.quantiles(self.times, n=10)[-1]
        return f"  {self.name:25} median {statistics.median(self.times) * 1000:6.2f} ms, p90 {tenth * 1000:6.2f} ms"


def write(folder: Path, url: str) -> Path:
    own = folder / "first-token"
    own.mkdir(mode=0o700)
    configuration = own / "agentd.yaml"
    for file, content in {
        own / "model.key": KEY + "\n",
        configuration: f"""http:
  enabled: true
  listen: 127.0.0.1:0
llm: {{ provider: anthropic, model: scripted, base_url: {url}, api_key_file: model.key }}
state: {{ directory: state }}
telemetry: {{ log_level: info, log_format: json, metrics_listen: }}
databases:
  - name: shop
    host: {os.environ["PGHOST"]}
    port: {os.environ["PGPORT"]}
    database: shop
    user: reader
    password_file: {folder}/reader.password
""",
    }.items():
        file.touch(mode=0o600)
        file.write_text(content)
    return configuration


def port_of(agentd: subprocess.Popen[bytes], log: Path) -> int:
    for _ in range(300):
        for line in log.read_text().splitlines():
            if "serving" in line and (found := re.search(r"127\.0\.0\.1:([1-9][0-9]*)", line)):
                return int(found[1])
        if agentd.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"first token: agentd does not serve\n{log.read_text()}")


def sync_time(folder: Path) -> float:
    """What the disk takes to make a small write durable. Part of what agentd adds: a question is stored before the service is asked."""
    times = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(21):
            file.write(bytes(4096))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


def measure(port: int, url: str, token: str, folder: Path, pipe: Connection) -> bool:
    # Without `conversation` each question begins one.
    through = Side(
        "through agentd", port, "/api/v1/chat", b"event: text\n",
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        {"message": "How many orders are there?", "database": "shop"})
    through.ask()
    pipe.send(None)
    begun, (body, headers) = pipe.recv()
    straight = Side(
        "straight from the service", int(url.rsplit(":", 1)[1]), "/v1/messages", b'"type": "text_delta"',
        {name: value for name, value in headers.items() if name not in ("host", "content-length", "transfer-encoding", "connection")},
        body)
    for number in range(WARM + TURNS):
        for side in (straight, through):
            took = side.ask()
            if number >= WARM:
                side.times.append(took)
    pipe.send(None)
    asked = pipe.recv()[0] - begun
    added = statistics.median(through.times) - statistics.median(straight.times)
    kept = added < LIMIT
    print(straight.figures())
    print(through.figures())
    print(
        f"  added to the first token  median {added * 1000:6.2f} ms   limit {LIMIT * 1000:.0f} ms {'kept' if kept else 'NOT kept'}"
        f"   ({TURNS} turns of each)")
    print(
        f"  of which the disk: it takes {sync_time(folder) * 1000:.2f} ms to make a write of 4 KiB durable, some times over before the"
        " service is asked")
    if asked != 2 * (WARM + TURNS):
        print(f"  the service was asked {asked} times, and not {2 * (WARM + TURNS)}: a turn was more than one question")
        return False
    return kept


def main() -> int:
    program, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    processes = multiprocessing.get_context("spawn")
    pipe, far = processes.Pipe()
    service = processes.Process(target=serve, args=(far,), daemon=True)
    service.start()
    far.close()
    url = pipe.recv()
    configuration = write(folder, url)
    token = subprocess.run(
        [program / "agentctl", "token", "create", "--config", configuration, "--expires", "1d"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    log = configuration.parent / "log"
    with log.open("wb") as file:
        agentd = subprocess.Popen(
            [program / "agentd", "--http", "--config", configuration], stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        kept = measure(port_of(agentd, log), url, token, configuration.parent, pipe)
    finally:
        agentd.terminate()
        status = agentd.wait(timeout=30)
        pipe.close()
        service.join(timeout=10)
    if status != 0:
        print(f"  agentd ended with {status}")
    return 0 if kept and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
