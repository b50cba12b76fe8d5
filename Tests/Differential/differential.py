"""Compares `agentctl classify` with PostgreSQL's own grammar, on its regression scripts and on mutations of them.

Fails if one text that the grammar accepts as anything but a pure read is called a read, or if more than one in 1,000
pure reads is refused. Runs in a virtual environment with pglast; scripts/differential.sh makes one for each version.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import pglast

import corpus
import mutations
import truth


# Statements with verdicts of our own, committed: they are compared even where PostgreSQL's sources cannot be fetched.
OWN = pathlib.Path(__file__).resolve().parent / "own"


def classify(command, texts):
    """The verdicts on all texts, from one run of the command."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as sink:
        for text in texts:
            source.write(json.dumps({"sql": text}).encode() + b"\n")
        source.seek(0)
        subprocess.run(command, stdin=source, stdout=sink, check=True)
        sink.seek(0)
        verdicts = [json.loads(line) for line in sink]
    if len(verdicts) != len(texts):
        sys.exit(f"{len(texts)} lines went in and {len(verdicts)} came out")
    return verdicts


def last_part(name):
    """The last part of a name that may be quoted and qualified."""
    if not name.endswith('"'):
        return name.rsplit(".", 1)[-1]
    at = len(name) - 1
    while True:
        at = name.rindex('"', 0, at)
        quotes = 1
        while at > 0 and name[at - 1] == '"':
            at, quotes = at - 1, quotes + 1
        if quotes % 2:
            return name[at + 1:-1].replace('""', '"')


class Tally:
    def __init__(self, name):
        self.name, self.reads, self.others, self.rejected, self.unsafe, self.refused, self.unmentioned = (
            name, 0, 0, 0, [], [], [])

    def add(self, text, verdict):
        if "error" in verdict:
            sys.exit(f"the classifier answered {verdict} to {text!r}")
        statements = truth.parse(text)
        if statements is None:
            self.rejected += 1
            return
        pure = truth.is_pure_read(statements)
        if pure is None:
            self.rejected += 1
        elif pure:
            self.reads += 1
            self.check_mentions(text, statements, verdict)
            if not verdict["readOnly"]:
                self.refused.append((text, verdict["reason"]))
        else:
            self.others += 1
            if verdict["readOnly"]:
                self.unsafe.append((text, ""))

    def check_mentions(self, text, statements, verdict):
        """No call and no relation of a read may be missing from the verdict."""
        functions, relations, _ = truth.mentions(statements)
        said = {last_part(name) for name in verdict["functions"]}
        missing = {name[-1] for name in functions if name[-1] not in said}
        said = {last_part(name) for name in verdict["relations"]}
        missing |= {"relation " + name for name in relations if name not in said}
        if missing:
            self.unmentioned.append((text, sorted(missing)))

    def report(self, show):
        allowed = self.reads // 1000
        print(
            f"{self.name}: {self.reads} reads, {self.others} others, {self.rejected} rejected by the grammar; "
            f"{len(self.unsafe)} others called reads, {len(self.refused)} reads refused (at most {allowed}), "
            f"{len(self.unmentioned)} reads with a name missing")
        for title, offenders in (("CALLED A READ", self.unsafe), ("REFUSED", self.refused), ("MISSING", self.unmentioned)):
            for text, reason in offenders[:show]:
                print(f"  {title}: {text[:600]!r} {reason}")
        return not self.unsafe and not self.unmentioned and len(self.refused) <= allowed


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--corpus", help="folder of PostgreSQL's regression SQL; without it only our own corpus")
    options.add_argument("--mutations", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=15)
    options.add_argument("--show", type=int, default=20, help="how many offenders to print")
    options.add_argument("--agentctl", required=True, help="the program under test")
    options = options.parse_args()

    print(truth.version())
    texts = []
    for name, expected in (("reads", True), ("others", False)):
        for line in (OWN / f"{name}.jsonl").read_text().splitlines():
            text = json.loads(line)["sql"]
            texts.append(text)
            statements = truth.parse(text)
            # A verdict that we wrote down ourselves must be the grammar's own, where this version knows the statement.
            if statements is not None and truth.is_pure_read(statements) not in (expected, None):
                sys.exit(f"own/{name}.jsonl holds a statement that is none of them: {text!r}")
    for path in corpus.files(options.corpus) if options.corpus else []:
        texts += corpus.statements(path, lambda text: pglast.split(text, with_parser=False))
    texts = list(dict.fromkeys(texts))
    passed = failed = 0
    tally = Tally("corpus")
    for text, verdict in zip(texts, classify([options.agentctl, "classify", "--jsonl"], texts)):
        tally.add(text, verdict)
    ok = tally.report(options.show)
    failures = len(tally.unsafe) + len(tally.unmentioned) + (0 if len(tally.refused) <= tally.reads // 1000 else len(tally.refused))
    checked = tally.reads + tally.others

    source = random.Random(options.seed)
    tally = Tally("mutations")
    remaining = options.mutations
    short = [text for text in texts if len(text) < 4000]
    while remaining > 0:
        batch = [mutations.mutate(source.choice(short), source.choice(short), source) for _ in range(min(remaining, 50_000))]
        remaining -= len(batch)
        for text, verdict in zip(batch, classify([options.agentctl, "classify", "--jsonl"], batch)):
            tally.add(text, verdict)
    ok = tally.report(options.show) and ok
    failures += len(tally.unsafe) + len(tally.unmentioned) + (0 if len(tally.refused) <= tally.reads // 1000 else len(tally.refused))
    checked += tally.reads + tally.others
    print(f"{checked - failures} passed, {failures} failed")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
