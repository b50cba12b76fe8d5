"""The classifier's figures: against PostgreSQL's parser, on 42,000 statements, and as texts grow.

    classifier.py --corpus FOLDER --agentctl PROGRAM --benchmark PROGRAM

Prints each figure with its limit; exit 1 when one is not kept.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import pglast
from pglast import parser

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Differential"))
import corpus  # noqa: E402

STATEMENTS = 42_000
MEGABYTES = 10_000_000
kept = True


def figure(name, value, limit, unit=""):
    global kept
    ok = value <= limit
    kept = kept and ok
    print(f"{name}: {value:.3g}{unit} (limit {limit:g}{unit}){'' if ok else '  NOT KEPT'}")


def classify_each(program, texts):
    with tempfile.NamedTemporaryFile(suffix=".nul") as file:
        for text in texts:
            file.write(text.encode() + b"\0")
        file.flush()
        out = subprocess.run([program, file.name], check=True, capture_output=True, text=True).stdout
    times = [int(line) for line in out.split()]
    assert len(times) == len(texts)
    return times


def parse_each(texts):
    """Nanoseconds of the best of five for each text, None for those that the grammar rejects."""
    times = []
    for text in texts:
        best = None
        for _ in range(5):
            begin = time.thread_time_ns()
            try:
                parser.parse_sql_protobuf(text)
            except parser.ParseError:
                break
            took = time.thread_time_ns() - begin
            best = took if best is None else min(best, took)
        times.append(best)
    return times


def against_parser(program, texts):
    ours, theirs = classify_each(program, texts), parse_each(texts)
    pairs = [(a, b) for a, b in zip(ours, theirs) if b is not None]
    print(f"{len(pairs)} statements: median {statistics.median(a for a, _ in pairs) / 1000:.2f} µs classified, "
          f"{statistics.median(b for _, b in pairs) / 1000:.2f} µs parsed by pglast {pglast.__version__}")
    figure("classifier / parse_sql_protobuf, median of the ratios", statistics.median(a / b for a, b in pairs), 0.1)


def many(program, texts):
    texts = (texts * (STATEMENTS // len(texts) + 1))[:STATEMENTS]
    with tempfile.TemporaryFile() as source:
        source.write("".join(json.dumps({"sql": text}) + "\n" for text in texts).encode())
        best = None
        for _ in range(3):
            source.seek(0)
            begin = time.perf_counter()
            out = subprocess.run([program, "classify", "--jsonl"], stdin=source, check=True, capture_output=True).stdout
            took = time.perf_counter() - begin
            best = took if best is None else min(best, took)
    assert out.count(b"\n") == STATEMENTS
    figure(f"agentctl classify --jsonl, {STATEMENTS} statements, start to end", best, 1, " s")


SHAPES = {
    "deep parentheses": lambda n: "SELECT " + "(" * (n // 2) + "1" + ")" * (n // 2),
    "deep queries": lambda n: "(SELECT " * (n // 9) + "1" + ")" * (n // 9),
    "one long string": lambda n: "SELECT '" + "x" * n + "'",
    "one long dollar quote": lambda n: "SELECT $a$" + "$b" * (n // 2) + "$a$",
    "one long name": lambda n: "SELECT \"" + "é" * (n // 2) + "\"",
    "a million comments": lambda n: "SELECT " + "/* -- */ \n" * (n // 10) + "1",
    "nested comments": lambda n: "SELECT " + "/*" * (n // 4) + "*/" * (n // 4) + "1",
    "line comments": lambda n: "SELECT 1" + "--'\r" * (n // 4),
    "signs": lambda n: "SELECT " + "+-" * (n // 2) + "1",
    "strings that go on": lambda n: "SELECT 'a'" + "\n'a'" * (n // 4),
    "strings that do not": lambda n: "SELECT 'a'" + ",'a' --b\n" * (n // 9),
    "calls": lambda n: "SELECT " + "f(t.a)," * (n // 7) + "1",
    "different calls": lambda n: "SELECT " + "".join(f"f{i:07}()," for i in range(n // 11)) + "1",
    "long chains": lambda n: "SELECT a" + ".b" * (n // 2),
    "WITH items": lambda n: "WITH x AS (SELECT 1)" + ",x AS (SELECT 1)" * (n // 16) + "SELECT 1",
    "statements": lambda n: "DROP TABLE t;" * (n // 13),
    "lines": lambda n: "SELECT" + "\n a.b," * (n // 6) + "1",
}


def growth(program):
    for name, shape in SHAPES.items():
        # Other programs on the machine push a measurement up now and then; a text that grows too fast does so each time.
        for _ in range(4):
            half, whole = classify_each(program, [shape(MEGABYTES // 2), shape(MEGABYTES)])
            if whole / half <= 2.2:
                break
        figure(f"10 MB, {name} ({whole / 1e6:.0f} ms): twice the text", whole / half, 2.2, " times")
        figure(f"10 MB, {name}", whole / 1e9, 5, " s")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--corpus", help="folder of PostgreSQL's regression SQL")
    options.add_argument("--agentctl", required=True)
    options.add_argument("--benchmark", required=True)
    options = options.parse_args()
    texts = []
    for path in corpus.files(options.corpus) if options.corpus else []:
        texts += corpus.statements(path, lambda text: pglast.split(text, with_parser=False))
    if texts:
        against_parser(options.benchmark, texts)
        many(options.agentctl, texts)
    else:
        print("no corpus: the figures over it are left out")
    growth(options.benchmark)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
