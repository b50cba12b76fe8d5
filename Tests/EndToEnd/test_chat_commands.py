"""agentctl chat as people use it: its commands, its keys, odd terminals, servers that are not as they should be."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

pytest.importorskip("mcp_types", reason="needs no client; once is enough")
pexpect = pytest.importorskip("pexpect")

from support.agentd import AGENTCTL, CLEAN_ENVIRONMENT
from support.approvals import ROWS, prepare, rows
from support.chat import ASK, OWN, TABLE, Start, configuration, home, model, once, reading, start  # noqa: F401
from support.database import PrivatePostgres
from support.http_agent import HTTPAgent
from support.scripted_agent import TOKEN, Event, ScriptedAgent
from support.scripted_model import KEY, ScriptedModel, call, fails, text
from support.server import HTTPServer

# What no terminal may be sent: a title, the clipboard, a link, another direction, a C1 control.
HOSTILE = "\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1b]8;;http://evil.example\x1b\\link\u202eback\u009b2J"
BEGIN: Event = ("turn", {
    "conversation": "c1", "turn": "t1", "title": "It", "index": 0, "database": "far", "allowWrites": True,
    "provider": "scripted", "model": "one",
})
DONE: Event = ("done", {"reason": "answered", "index": 1})


def assert_harmless(seen: bytes) -> None:
    shown = OWN.sub(b"", seen)
    for raw in (b"\x1b", b"\x07", "\u202e".encode(), "\u009b".encode()):
        assert raw not in shown, shown


def test_the_commands_about_models_and_conversations(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel, tmp_path: Path
) -> None:
    model.then(text("The first."), text(f"The second {HOSTILE}."), text("The third."))
    terminal = start("--config", str(configuration), **home)
    terminal.prompt("[WRITE-ENABLED]")
    for line, answer in (
        ("/provider", "anthropic, scripted"), ("/model", "* scripted"), ("/save It", "once something was asked"),
        ("/export x.md", "Nothing was asked yet"), ("/history", "There are none"), ("/databases", "PostgreSQL"),
        ("A question of orders", "The first."), ("/save Kept orders", 'Kept as "Kept orders"'),
        ("/model scripted-small", "goes to scripted-small"), ("And then?", "The second"),
        (f"/export {tmp_path}/it.md", "Written to"), (f"/export {tmp_path}/it.json", "Written to"),
        (f"/export {tmp_path}/it.md", "cannot be written"), ("/clear", "A new conversation"),
        ("/delete 1", "the number of a conversation"),
        ("/history orders", "Kept orders"), ("/history 1", 'You: A question of orders The first. You: And then? The second'),
        ("Once more", "The third."),
        ("/delete 2", "the number of a conversation"),
    ):
        terminal.type(line + "\r")
        terminal.wait(answer)
        terminal.prompt("[WRITE-ENABLED]")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    with sqlite3.connect(configuration.parent / "state" / "conversations.sqlite3") as kept:
        assert kept.execute("SELECT count(*) FROM conversation").fetchone() == (1,)
    again = start("--config", str(configuration), **home)
    again.prompt("[WRITE-ENABLED]")
    for keys, said in (("n\r", "It stays."), ("y\r", "Deleted.")):
        again.type("/history\r")
        again.wait("Kept orders")
        again.prompt("[WRITE-ENABLED]")
        again.type("/delete 1\r")
        again.wait("Delete it for good? [y/N]:")
        again.type(keys)
        again.wait(said)
        again.prompt("[WRITE-ENABLED]")
    again.type("/history\r")
    again.wait("There are none")
    again.type("\x04")
    assert again.end() == 0
    assert [request["model"] for request in model.requests] == ["scripted", "scripted-small", "scripted-small"]
    # The conversation that was taken up again is sent whole.
    assert "A question of orders" in json.dumps(model.requests[-1]["messages"])
    written = (tmp_path / "it.md").read_bytes()
    assert b"The first." in written and (tmp_path / "it.md").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "it.json").read_text())["title"] == "Kept orders"
    assert_harmless(bytes(terminal.seen))
    assert_harmless(written + (tmp_path / "it.json").read_bytes())


def test_charts_plans_and_the_schema_are_shown(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), **home)
    terminal.prompt()
    for line, answer in (
        ("SELECT status, count(*) FROM orders GROUP BY 1", "████"),
        ("SELECT date '2026-01-01' + n AS day, n * n AS squares FROM generate_series(1, 9) n", "▁▁▁"),
        ("/explain SELECT 1", "Result"), ("/schema order_items", "product_id"), ("/rows", "product_id"),
        ("/schema a'b", "takes the name of a table"), ("/provider", "No model is configured"),
    ):
        terminal.type(line + "\r")
        terminal.wait(answer)
        terminal.prompt()
    terminal.type("/he\t\r")
    terminal.wait("leave; so does Ctrl-D")
    terminal.prompt()
    terminal.type("\x12order_it\r")
    terminal.wait("product_id")
    terminal.type("/quit\r")
    assert terminal.end() == 0


def test_what_is_typed_ahead_is_shown_and_runs(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), **home)
    terminal.prompt()
    terminal.type("SELECT 1 AS one\rSELECT 2 AS two\r/quit\r")
    assert terminal.end() == 0
    shown = re.sub(r"\s+", " ", terminal.text)
    assert shown.count("(1 row)") == 2 and "> SELECT 1 AS one" in shown and "> SELECT 2 AS two" in shown, shown


def test_ctrl_z_stops_the_chat_and_fg_goes_on(reading: Path, home: dict[str, str]) -> None:
    shell = pexpect.spawn(
        "bash", ["--norc", "--noprofile", "-i"], env={**CLEAN_ENVIRONMENT, "TERM": "xterm", "PS1": "shell$ ", **home},
        timeout=30, encoding=None)
    try:
        shell.expect(rb"shell\$ ")
        shell.send(f"{AGENTCTL} chat --config {reading}\r".encode())
        shell.expect(rb"shop> ")
        shell.send(b"SELECT 6 * 7")
        shell.expect(rb"SELECT 6 \* 7")
        shell.send(b"\x1a")
        shell.expect(rb"Stopped")
        shell.expect(rb"shell\$ ")
        shell.send(b"fg\r")
        # What was being written is there again, and keys are read one by one.
        shell.expect(rb"shop> SELECT 6 \* 7")
        shell.send(b" AS answer\x02\x02\x06\x06\r")
        shell.expect(rb"\(1 row\)")
        shell.send(b"SELECT count(*) FROM generate_series(1, 10000000000)\r")
        shell.expect(rb"Esc cancels")
        shell.send(b"\x1a")
        shell.expect(rb"Stopped")
        shell.send(b"fg\r")
        shell.expect(rb"Esc cancels")
        shell.send(b"\x1b")
        shell.expect(rb"Cancelled\.")
        shell.expect(rb"shop> ")
        shell.send(b"\x04")
        shell.expect(rb"shell\$ ")
    finally:
        shell.close(force=True)


def test_a_resize_while_an_answer_streams(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel
) -> None:
    hold = threading.Event()
    model.then(text("It begins\n\n" + "and goes on " * 12 + "\n\nuntil it ends.", hold=hold))
    terminal = start("--config", str(configuration), **home)
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("Tell me\r")
    terminal.wait("It begins")
    terminal.child.setwinsize(20, 40)
    hold.set()
    terminal.wait("until it ends.")
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    folded = [line for line in terminal.text.splitlines() if "and goes on" in line]
    assert folded and all(len(line) < 40 for line in folded), folded


def test_a_narrow_terminal_folds_nothing_itself(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), columns=40, rows=200, NO_COLOR="1", **home)
    terminal.prompt()
    for line, answer in (
        ("/help", "so does Ctrl-D"), ("/prompts", "review-permissions"), ("SELECT * FROM orders LIMIT 3", "(3 rows)"),
        ("SELECT repeat('long ', 40) AS a", "(1 row)"), ("/zzzzzz", "no command"),
    ):
        terminal.type(line + "\r")
        terminal.wait(answer)
        terminal.prompt()
    terminal.type("/quit\r")
    assert terminal.end() == 0
    lines = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", bytes(terminal.seen).decode()).replace("\r", "\n").split("\n")
    assert max(len(line) for line in lines) <= 40, max(lines, key=len)


def test_a_dumb_terminal_loses_no_line(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), TERM="dumb", **home)
    terminal.prompt()
    terminal.type("SELECT 'first\n")
    terminal.wait("... ")
    terminal.type("second' AS quoted\n")
    terminal.wait("(1 row)")
    terminal.prompt()
    terminal.type("\x03")
    terminal.wait("again or Ctrl-D leaves")
    terminal.prompt()
    # The wait that Ctrl-C ended has not taken it.
    terminal.type("SELECT 6 * 7 AS answer\n")
    terminal.wait("42")
    terminal.prompt()
    terminal.type("\x04")
    assert terminal.end() == 0
    assert b"\x1b" not in bytes(terminal.seen)


def test_a_dumb_terminal_asks_about_writes(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel, postgres: PrivatePostgres
) -> None:
    for answer, said in (("n\n", "Declined"), ("\x04", "Declined"), ("y\n", "Approved")):
        model.then(call("query_database", query=f"DELETE FROM {TABLE} WHERE id = 1"), text("So be it."))
        terminal = start("--config", str(configuration), TERM="dumb", **home)
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("Delete it\n")
        terminal.wait(ASK)
        terminal.type(answer)
        terminal.wait(said)
        terminal.wait("So be it.")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("\x04")
        assert terminal.end() == 0
        # What the model is told of it is not for the person.
        assert "Do not retry" not in terminal.text
    assert rows(postgres, TABLE) == "2two,3three"


def test_why_a_statement_of_the_model_failed_is_said(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel
) -> None:
    model.then(
        call("get_schema_info", table=f"{TABLE}{HOSTILE}"), call("query_database", query=f"SELECT '{'x' * 45}', missing"),
        fails(400, "invalid_request_error", HOSTILE))
    terminal = start("--config", str(configuration), **home)
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("What is missing?\r")
    terminal.wait(f"get_schema_info on shop table: {TABLE}")
    terminal.wait('column "missing" does not exist')
    terminal.wait("title")
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    assert "untrusted-message" not in terminal.text
    # The caret stands below the word.
    shown = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", bytes(terminal.seen).decode()).replace("\r", "")
    place = re.search(r"^(LINE 1: .*)\n( *)\^", shown, re.MULTILINE)
    assert place and place[1][len(place[2]) :].startswith("missing"), shown
    assert_harmless(bytes(terminal.seen))


def test_a_chat_that_was_killed_goes_on_and_runs_no_write_twice(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel, postgres: PrivatePostgres
) -> None:
    postgres.sql(f"ALTER TABLE {TABLE} DROP CONSTRAINT {TABLE}_pkey")
    hold = threading.Event()
    model.then(
        call("query_database", query=f"INSERT INTO {TABLE} VALUES (4, 'four')"), text("It is in, and now ", hold=hold))
    terminal = start("--config", str(configuration), **home)
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("Put four in\r")
    terminal.wait(ASK)
    terminal.type("y\r")
    terminal.wait("Approved.")
    terminal.wait("It is in,")
    terminal.child.kill(signal.SIGKILL)
    assert terminal.end() == 128 + signal.SIGKILL
    hold.set()
    model.then(text("Four is there."))
    again = start("--config", str(configuration), **home)
    again.prompt("[WRITE-ENABLED]")
    again.type("/history\r")
    again.wait("Put four in")
    again.prompt("[WRITE-ENABLED]")
    again.type("/history 1\r")
    # Where it was is shown, without running anything.
    again.wait("You: Put four in")
    again.wait("> query_database (committed) INSERT INTO")
    again.wait('Going on with "Put four in".')
    again.prompt("[WRITE-ENABLED]")
    again.type("Is it there?\r")
    again.wait("Four is there.")
    again.prompt("[WRITE-ENABLED]")
    again.type("/quit\r")
    assert again.end() == 0
    # The model, which refuses calls without results, is told that it ran.
    assert "four" in json.dumps(model.requests[-1]["messages"]) and ASK not in again.text
    assert rows(postgres, TABLE) == ROWS + ",4four"


def test_what_the_agent_logs_is_at_hand(configuration: Path, model: ScriptedModel, tmp_path: Path) -> None:
    log = tmp_path / "chat.log"
    model.then(text("Yes."))
    done = once(configuration, "--print", "--log-file", str(log), "What?")
    assert done.returncode == 0 and done.stdout == "Yes.\n" and log.stat().st_mode & 0o777 == 0o600, done
    assert once(configuration, "--print", "--log-file", str(tmp_path / "no" / "log"), "What?").returncode == 2
    assert once(configuration, "--print", "--ca-file", str(log), "What?").returncode == 2


# On a server


def test_a_token_that_may_not_approve_is_not_asked(
    tmp_path: Path, start: Start, home: dict[str, str], model: ScriptedModel, postgres: PrivatePostgres
) -> None:
    prepare(postgres, TABLE)
    key = tmp_path / "llm.key"
    key.write_text(KEY)
    key.chmod(0o600)
    (tmp_path / "server").mkdir()
    agent = HTTPAgent(
        tmp_path / "server", postgres,
        f"llm: {{ provider: anthropic, model: scripted, base_url: {model.url}, api_key_file: {key} }}\n")
    try:
        token = {"AGENTCTL_TOKEN": agent.tokens["writer"]}
        model.then(call("query_database", query=f"DELETE FROM {TABLE}", database="stock"), text("So be it."))
        terminal = start("--server", agent.url, "-d", "stock", **token, **home)
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("Delete them\r")
        terminal.wait("may not approve writes")
        terminal.wait("Declined: nothing was run.")
        terminal.wait("So be it.")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/quit\r")
        assert terminal.end() == 0 and ASK.strip() not in terminal.text
        model.then(call("query_database", query=f"DELETE FROM {TABLE}", database="stock"), text("So be it."))
        printed = subprocess.run(
            [AGENTCTL, "chat", "--server", agent.url, "-d", "stock", "--print", "Delete them"], timeout=60, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, env={**CLEAN_ENVIRONMENT, **token})
        assert printed.returncode == 0 and printed.stdout == "So be it.\n", printed
        assert rows(postgres, TABLE) == ROWS
    finally:
        agent.end()


def test_a_private_authority_is_named_by_ca_file(
    tmp_path: Path, start: Start, home: dict[str, str], postgres: PrivatePostgres
) -> None:
    server = HTTPServer(tmp_path, postgres, tls=True, auth=True)
    try:
        address = f"https://localhost:{server.port}"
        token = {"AGENTCTL_TOKEN": server.token}

        def refused(url: str, *options: str) -> str:
            done = subprocess.run(
                [AGENTCTL, "chat", "--server", url, *options, "--print", "What?"], stdin=subprocess.DEVNULL, timeout=60,
                capture_output=True, text=True, env={**CLEAN_ENVIRONMENT, **token})
            assert done.returncode in (1, 2) and server.token not in done.stderr, done
            return done.stderr

        certificate = str(server.certificate)
        assert "not trusted" in refused(address) and "--ca-file" in refused(address)
        assert "no certificate" in refused(address, "--ca-file", str(tmp_path / "server.key"))
        assert "refused" in refused("https://localhost:9").lower()
        terminal = start("--server", address, "--ca-file", certificate, **token, **home)
        terminal.prompt()
        terminal.type("SELECT 6 * 7 AS answer\r")
        terminal.wait("42")
        terminal.prompt()
        terminal.type("/prompts\r")
        terminal.wait("explore-database")
        terminal.prompt()
        terminal.type("/quit\r")
        assert terminal.end() == 0
    finally:
        server.end()


def test_nothing_of_a_hostile_server_reaches_the_terminal_raw(
    start: Start, home: dict[str, str], tmp_path: Path
) -> None:
    events: list[Event] = [
        BEGIN, ("text", {"text": f"{HOSTILE}\n\n[{HOSTILE}]({HOSTILE})\n\n| {HOSTILE} |\n|--|\n| {HOSTILE} |\n\n"}),
        ("tool_call", {"id": "k", "name": HOSTILE, "arguments": {}, "sql": HOSTILE, "database": HOSTILE}),
        ("result", {"call": "k", "isError": False, "text": HOSTILE, "elapsedMs": 1, "result": {
            "columns": [{"name": HOSTILE, "type": "text"}], "rows": [[HOSTILE], [HOSTILE * 200]]}}),
        ("result", {"call": "l", "isError": True, "text": HOSTILE, "elapsedMs": 1}),
        ("retry", {"attempt": 1, "delayMs": 1, "reason": HOSTILE}), ("error", {"code": "x", "message": HOSTILE}), DONE,
    ]
    token = {"AGENTCTL_TOKEN": TOKEN}
    with ScriptedAgent(events, words=HOSTILE) as agent:
        terminal = start("--server", agent.url, rows=40, **token, **home)
        for line, answer in (
            ("What?", "[0."), ("/rows", "-- more:"), ("/history", "title"), ("/model", "one"),
            ("/databases", "PostgreSQL"), ("/prompts", "plain"), ("/prompts plain", "title"),
            ("/prompts missing", "no such prompt"), ("/sql SELECT 1", "title"), ("/history 1", "You:"),
            (f"/export {tmp_path}/it.md", "Written to"),
        ):
            terminal.prompt("[WRITE-ENABLED]")
            terminal.type(line + "\r")
            terminal.wait(answer)
            if line == "/rows":
                terminal.type("q")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/quit\r")
        assert terminal.end() == 0
        assert_harmless(bytes(terminal.seen))
        assert_harmless((tmp_path / "it.md").read_bytes())
        for mode in ("--print", "--json"):
            done = subprocess.run(
                [AGENTCTL, "chat", "--server", agent.url, mode, "What?"], stdin=subprocess.DEVNULL, timeout=60,
                capture_output=True, env={**CLEAN_ENVIRONMENT, **token})
            assert done.returncode == 0, done
            assert_harmless(done.stdout + done.stderr)


def test_a_list_of_models_that_cannot_be_had_is_no_reason_not_to_ask(start: Start, home: dict[str, str]) -> None:
    token = {"AGENTCTL_TOKEN": TOKEN}
    with ScriptedAgent([BEGIN, ("text", {"text": "It is 42."}), DONE], problem=f"The list is away. {HOSTILE}") as agent:
        terminal = start("--server", agent.url, **token, **home)
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/model\r")
        terminal.wait("The list is away.")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("What?\r")
        terminal.wait("It is 42.")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/quit\r")
        assert terminal.end() == 0
        assert_harmless(bytes(terminal.seen))
        done = subprocess.run(
            [AGENTCTL, "chat", "--server", agent.url, "--print", "What?"], stdin=subprocess.DEVNULL, timeout=60,
            capture_output=True, text=True, env={**CLEAN_ENVIRONMENT, **token})
        assert done.returncode == 0 and done.stdout == "It is 42.\n", done


def test_hostile_words_of_a_provider_and_of_ones_own_are_harmless(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel
) -> None:
    model.model = HOSTILE
    model.then(
        fails(529, "overloaded_error", HOSTILE, retry_after=0), text(f"# {HOSTILE}\n\n> {HOSTILE}\n\n```\n{HOSTILE}\n```"),
        call("read_resource", uri=HOSTILE), call(HOSTILE, query=HOSTILE), fails(401, "authentication_error", HOSTILE))
    terminal = start("--config", str(configuration), rows=200, **home)
    for line, answer in (
        ("/model", "title"), (f"\x1b[200~Say {HOSTILE}\x1b[201~", "tokens in"), ("/save \u202eback", "Kept as"),
        ("/history", "messages"), ("Read it", "refuses the key"), ("/use \u202ex", "There is no database"),
        ("/model \u202ex", "goes to"), ("/provider", "anthropic"), ("/prompts \u202e a=b", "prompt"), ("/\u00e9\u009b2J", "no command"),
    ):
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type(line + "\r")
        terminal.wait(answer)
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    assert_harmless(bytes(terminal.seen))
    assert KEY not in terminal.text


def test_very_long_lines_are_folded_and_hold_nobody_up(start: Start, home: dict[str, str]) -> None:
    long = "x" * 60_000
    events: list[Event] = [
        BEGIN, *[("text", {"text": long[at : at + 20]}) for at in range(0, 20_000, 20)],
        ("text", {"text": f"\n\n| {long} |\n|--|\n| {long} |\n\n"}),
        ("tool_call", {"id": "k", "name": long, "arguments": {}, "sql": long, "database": long}),
        ("result", {"call": "l", "isError": True, "text": long, "elapsedMs": 1}),
        ("text", {"text": "The end."}), DONE,
    ]
    with ScriptedAgent(events, words=long[:20_000]) as agent:
        terminal = start("--server", agent.url, columns=100, AGENTCTL_TOKEN=TOKEN, NO_COLOR="1", **home)
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("What?\r")
        terminal.wait("The end.")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/history\r")
        terminal.wait("xxx…")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/quit\r")
        assert terminal.end() == 0
    lines = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", bytes(terminal.seen).decode()).replace("\r", "\n").split("\n")
    assert max(len(line) for line in lines) <= 100
