"""agentctl chat, driven through a pseudo-terminal: what a person sees and what a person's keys do."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from pathlib import Path

import pytest

pytest.importorskip("mcp_types", reason="needs no client; once is enough")
pytest.importorskip("pexpect")

from support import approvals, evidence
from support.agentd import AGENTCTL, CLEAN_ENVIRONMENT
from support.approvals import ROWS, fill, rows
from support.chat import ASK, OWN, TABLE, Start, configuration, home, model, once, reading, start, writing  # noqa: F401
from support.database import PrivatePostgres
from support.http_agent import HTTPAgent
from support.scripted_agent import TOKEN, Event, ScriptedAgent
from support.scripted_model import KEY, ScriptedModel, call, fails, results, text

# SQL mode


def test_without_a_model_sql_runs_and_the_way_to_a_model_is_said(
    reading: Path, start: Start, home: dict[str, str]
) -> None:
    terminal = start("--config", str(reading), **home)
    terminal.wait("No model is configured")
    terminal.wait("api_key_file")
    terminal.prompt()
    terminal.type("SELECT 6 * 7 AS answer\r")
    terminal.wait("answer")
    terminal.wait("42")
    terminal.wait("(1 row)")
    terminal.prompt()
    terminal.type("DELETE FROM orders\r")
    terminal.wait("Refused")
    terminal.prompt()
    terminal.type("/hepl\r")
    terminal.wait("did you mean /help?")
    terminal.prompt()
    terminal.type("\x04")
    assert terminal.end() == 0
    assert "WRITE-ENABLED" not in terminal.text


def test_an_open_quote_and_a_paste_take_several_lines(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), **home)
    terminal.prompt()
    terminal.type("SELECT 'first\r")
    terminal.type("second' AS quoted\r")
    terminal.wait("(1 row)")
    terminal.prompt()
    terminal.type("\x1b[200~SELECT 1 AS a,\r\n  2 AS pasted\x1b[201~")
    terminal.wait("2 AS pasted")
    assert "(1 row)" not in terminal.text.rsplit("2 AS pasted", 1)[1]
    terminal.type("\r")
    terminal.wait("(1 row)")
    terminal.prompt()
    terminal.type("/quit\r")
    assert terminal.end() == 0


def test_nothing_of_the_data_reaches_the_terminal_raw(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), **home)
    terminal.prompt()
    terminal.type(
        r"SELECT E'\x1b[31mred\x1b]0;title\x07' AS a, E'\u202Eback\u009b2J' AS "
        + '"head\x07ing"'.replace("\x07", "") + "\r")
    terminal.wait("(1 row)")
    terminal.prompt()
    terminal.type("/quit\r")
    assert terminal.end() == 0
    shown = OWN.sub(b"", bytes(terminal.seen))
    assert b"\x1b" not in shown and b"\x07" not in shown and "\u202e".encode() not in shown and b"\xc2\x9b" not in shown
    assert b"\\x1B[31mred\\x1B]0;title\\x07" in shown and b"\\u202Eback\\u009B2J" in shown


def test_a_long_result_is_paged(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), rows=12, **home)
    terminal.prompt()
    terminal.type("SELECT 'line ' || n AS n FROM generate_series(1, 100) n ORDER BY length('line ' || n), 1\r")
    terminal.wait("-- more:")
    assert "line 50" not in terminal.text
    terminal.type(" ")
    terminal.wait("line 15")
    terminal.type("q")
    terminal.prompt()
    assert "line 99" not in terminal.text
    terminal.type("/quit\r")
    assert terminal.end() == 0


def test_a_resize_draws_the_line_anew(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), **home)
    terminal.prompt()
    terminal.type("SELECT 'a line that is longer than the narrow terminal will be' AS it")
    terminal.wait("AS it")
    terminal.child.setwinsize(20, 30)
    terminal.wait("AS it")
    terminal.type("\r")
    terminal.wait("(1 row)")
    terminal.prompt()
    terminal.type("/quit\r")
    assert terminal.end() == 0


def test_a_statement_that_runs_is_cancelled(
    reading: Path, start: Start, home: dict[str, str], postgres: PrivatePostgres
) -> None:
    for key in ("\x1b", "\x03"):
        terminal = start("--config", str(reading), **home)
        terminal.prompt()
        terminal.type("SELECT count(*) AS chat_cancelled FROM generate_series(1, 10000000000)\r")
        postgres.wait_running("chat_cancelled")
        terminal.type(key)
        terminal.wait("Cancelled.")
        terminal.prompt()
        postgres.wait_running("chat_cancelled", wanted=False)
        terminal.type("\x03")
        terminal.wait("again or Ctrl-D leaves")
        terminal.type("\x03")
        assert terminal.end() == 130


def test_colours_are_left_out_where_nobody_wants_them(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), NO_COLOR="1", **home)
    terminal.prompt()
    terminal.type("SELECT NULL AS a\r")
    terminal.wait("(1 row)")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    assert not re.search(rb"\x1b\[[0-9;]*m", bytes(terminal.seen))


def test_a_dumb_terminal_gets_lines_alone(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), TERM="dumb", **home)
    terminal.prompt()
    terminal.type("SELECT 6 * 7 AS answer\n")
    terminal.wait("42")
    terminal.wait("(1 row)")
    terminal.prompt()
    terminal.type("\x04")
    assert terminal.end() == 0
    assert b"\x1b" not in bytes(terminal.seen)


def test_the_terminal_is_as_before_also_after_a_signal(reading: Path, start: Start, home: dict[str, str]) -> None:
    import signal
    import termios

    for number, status in ((signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)):
        terminal = start("--config", str(reading), **home)
        before = termios.tcgetattr(terminal.child.child_fd)
        terminal.prompt()
        terminal.child.kill(number)
        assert terminal.end() == status
        assert b"\x1b[?2004l" in bytes(terminal.seen)
        del before


def test_the_history_is_private_and_holds_no_secret(reading: Path, start: Start, home: dict[str, str]) -> None:
    terminal = start("--config", str(reading), **home)
    terminal.prompt()
    terminal.type("SELECT 'kept' AS it\r")
    terminal.wait("(1 row)")
    terminal.prompt()
    terminal.type("ALTER ROLE a PASSWORD 'hunter2'\r")
    terminal.wait("Refused")
    terminal.prompt()
    terminal.type("/quit\r")
    assert terminal.end() == 0
    path = Path(home["XDG_STATE_HOME"]) / "postgres-agent" / "history"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "'kept'" in path.read_text() and "hunter2" not in path.read_text()
    terminal = start("--config", str(reading), **home)
    terminal.prompt()
    terminal.type("\x1b[A\x1b[A")
    terminal.wait("SELECT 'kept' AS it")
    terminal.type("\x03\x04")


@pytest.mark.parametrize(("keys", "runs"), [("y\r", True), ("yes\r", True), ("n\r", False), ("\r", False), ("\x04", False)])
def test_a_write_is_asked_about(
    writing: Path, start: Start, home: dict[str, str], postgres: PrivatePostgres, keys: str, runs: bool
) -> None:
    terminal = start("--config", str(writing), **home)
    terminal.wait("is [WRITE-ENABLED]: statements may change data")
    terminal.wait("[WRITE-ENABLED]")
    terminal.type(f"DELETE FROM {TABLE}\r")
    terminal.wait("DELETE without WHERE")
    terminal.wait(ASK)
    terminal.type(keys)
    terminal.wait("committed: DELETE, 3 rows" if runs else "declined: nothing was run")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    assert rows(postgres, TABLE) == ("" if runs else ROWS)
    fill(postgres, TABLE)


# With a model


def test_an_answer_streams_and_a_query_is_shown(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel
) -> None:
    hold = threading.Event()
    model.then(
        call("query_database", query=f"SELECT id, name FROM {TABLE} ORDER BY id"),
        text("There are **three** rows.\n\n| id | name |\n|---:|---|\n| 1 | one |\n\nThat is all.", hold=hold),
    )
    terminal = start("--config", str(configuration), **home)
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("How many rows?\r")
    terminal.wait("query_database")
    terminal.wait(f"SELECT id, name FROM {TABLE} ORDER BY id")
    terminal.wait("three")
    terminal.wait("(3 rows)")
    # The first words are there while the answer goes on.
    terminal.wait("There are")
    terminal.wait("Esc cancels")
    hold.set()
    terminal.wait("That is all.")
    terminal.wait("tokens in")
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    assert b"**three**" not in bytes(terminal.seen) and b"\x1b[1mthree\x1b[0m rows." in bytes(terminal.seen)


def test_a_turn_is_cancelled(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel
) -> None:
    for key in ("\x1b", "\x03"):
        model.then(text("It goes on and on.", hold=threading.Event()))
        terminal = start("--config", str(configuration), **home)
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("Tell me\r")
        terminal.wait("It goes")
        terminal.type(key)
        terminal.wait("Cancelled.")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("\x04")
        assert terminal.end() == 0


@pytest.mark.parametrize(
    ("keys", "runs"), [("y\r", True), ("yes\r", True), ("n\r", False), ("\r", False), ("yep\r", False), ("\x04", False), ("\x03", False)])
def test_a_write_of_the_model_is_asked_about(
    configuration: Path, start: Start, home: dict[str, str], model: ScriptedModel, postgres: PrivatePostgres, keys: str,
    runs: bool,
) -> None:
    model.then(call("query_database", query=f"DELETE FROM {TABLE} -- \u202e hidden"), text("So be it."))
    terminal = start("--config", str(configuration), **home)
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("Delete them\r")
    terminal.wait("DELETE without WHERE")
    terminal.wait("⟨U+202E⟩ hidden")
    terminal.wait(ASK)
    terminal.type(keys)
    if keys == "\x03":
        terminal.wait("Cancelled.")
    else:
        terminal.wait("Approved." if runs else "Declined: nothing was run.")
        terminal.wait("So be it.")
        told = results(model.requests[-1])[0]["text"]
        assert ("Do not retry" in told) is not runs
        # What the model is told of it is not for the person, who has just said so.
        assert "Do not retry" not in terminal.text
    terminal.prompt("[WRITE-ENABLED]")
    terminal.type("\x04")
    assert terminal.end() == 0
    assert rows(postgres, TABLE) == ("" if runs else ROWS)
    assert "\u202e" not in terminal.text
    fill(postgres, TABLE)


def test_print_answers_once_and_declines_writes(
    configuration: Path, model: ScriptedModel, postgres: PrivatePostgres
) -> None:
    model.then(call("query_database", query=f"DELETE FROM {TABLE}"), text("It was **declined**."))
    done = once(configuration, "--print", "Delete them")
    assert done.returncode == 0 and done.stdout == "It was **declined**.\n", done
    assert "DELETE without WHERE" in done.stderr and rows(postgres, TABLE) == ROWS
    model.then(text("From standard \x1b[31minput."))
    piped = once(configuration, stdin="What?\n")
    assert piped.returncode == 0 and piped.stdout == "From standard \\x1B[31minput.\n", piped
    model.then(fails(401, "authentication_error", "invalid x-api-key"))
    failed = once(configuration, "--print", "What?")
    assert failed.returncode == 1 and failed.stdout == "" and KEY not in failed.stderr, failed


def test_without_a_model_a_pipe_brings_sql(reading: Path, writing: Path, postgres: PrivatePostgres) -> None:
    piped = once(reading, stdin="SELECT 6 * 7 AS answer;\nSELECT ';' AS semicolon, E'\\x1b]0;t\\x07' AS title\n")
    assert piped.returncode == 0 and " 42" in piped.stdout and piped.stdout.count("(1 row)") == 2, piped
    assert "\\x1B]0;t\\x07" in piped.stdout and "\x1b" not in piped.stdout and piped.stderr == "", piped
    failed = once(reading, stdin="SELECT 1 AS one; SELECT missing; SELECT 3 AS three")
    assert failed.returncode == 1 and "one" in failed.stdout and "three" not in failed.stdout, failed
    assert "1 statement behind it did not run" in failed.stderr and "missing" in failed.stderr, failed
    declined = once(writing, stdin=f"SELECT 1 AS one; DELETE FROM {TABLE}; SELECT 3 AS three")
    assert declined.returncode == 3 and "no terminal" in declined.stderr and "three" not in declined.stdout, declined
    assert rows(postgres, TABLE) == ROWS
    command = once(reading, stdin="/databases\n")
    assert command.returncode == 2 and "/databases is a command of a chat" in command.stderr, command
    server = subprocess.run(
        [AGENTCTL, "chat", "--server", "http://127.0.0.1:1"], input="SELECT 1", env={**CLEAN_ENVIRONMENT, **SERVER},
        capture_output=True, text=True, timeout=60)
    assert server.returncode == 1 and "refused" in server.stderr.lower(), server


def test_json_is_an_event_a_line(configuration: Path, model: ScriptedModel) -> None:
    model.then(call("query_database", query="SELECT 1 AS one"), text("One."))
    done = once(configuration, "--json", "What?")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    names = [event["event"] for event in events]
    assert done.returncode == 0 and names[0] == "turn" and names[-1] == "done", done
    assert events[-1]["reason"] == "answered"
    assert next(event for event in events if event["event"] == "result")["result"]["rows"] == [[1]]
    assert "".join(event["text"] for event in events if event["event"] == "text") == "One."


def test_wrong_calls_end_with_2(configuration: Path, reading: Path) -> None:
    assert once(configuration, "question").returncode == 2
    assert once(configuration, "--print", stdin="").returncode == 2
    misspelt = once(configuration, "--servr", "https://agent.example.com")
    assert misspelt.returncode == 2 and "Did you mean '--server'?" in misspelt.stderr, misspelt
    hint = once(configuration, "--db-password", "hunter2")
    assert hint.returncode == 2 and "--db-password-file FILE" in hint.stderr and "hunter2" not in hint.stderr, hint
    no_model = once(reading, "--print", "What?")
    assert no_model.returncode == 2 and "llm:" in no_model.stderr
    clear = subprocess.run(
        [AGENTCTL, "chat", "--server", "http://agent.example.com"], env=CLEAN_ENVIRONMENT, capture_output=True,
        text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert clear.returncode == 78 and "https://" in clear.stderr, clear


def test_what_cannot_be_written_is_no_success(reading: Path) -> None:
    settings = ["--config", str(reading)]
    for arguments, stdin in (
        (["completions", "bash"], ""), (["config", "show", *settings], ""), (["query", *settings, "SELECT 1"], ""),
        (["chat", *settings], "SELECT 1"),
    ):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [AGENTCTL, *arguments], input=stdin, stdout=full, stderr=subprocess.PIPE, env=CLEAN_ENVIRONMENT, text=True,
                timeout=60)
        assert done.returncode == 1 and "No space left on device" in done.stderr, (arguments, done)


# On a server


BEGIN: Event = ("turn", {
    "conversation": "c1", "turn": "t1", "title": "It", "index": 0, "database": "far", "allowWrites": True,
    "provider": "scripted", "model": "one",
})
DONE: Event = ("done", {"reason": "answered", "index": 1})
WORDS: list[Event] = [("text", {"text": word}) for word in ("The answer ", "is **forty", "-two** \x1b[2J", "indeed.")]
SERVER = {"AGENTCTL_TOKEN": TOKEN}


def printed(agent: ScriptedAgent, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return evidence.program(subprocess.run(
        [AGENTCTL, "chat", "--server", agent.url, "--print", "What?", *arguments], stdin=subprocess.DEVNULL,
        env={**CLEAN_ENVIRONMENT, **SERVER, **environment}, capture_output=True, text=True, timeout=60))


def test_a_stream_that_is_cut_goes_on_where_it_was(home: dict[str, str]) -> None:
    with ScriptedAgent([BEGIN, *WORDS, DONE], cuts={2, 4}) as agent:
        done = printed(agent)
        assert done.returncode == 0 and done.stdout == "The answer is **forty-two** \\x1B[2Jindeed.\n", done
        assert [last for _, last in agent.asked] == [None, "t1.2", "t1.4"]
        assert agent.asked[0][0]["message"] == "What?" and agent.asked[1][0] == {}


def test_half_an_answer_is_never_shown_as_whole() -> None:
    with ScriptedAgent([BEGIN, *WORDS, DONE], cuts={2}, resumes=False) as agent:
        done = printed(agent)
        assert done.returncode == 1 and "no such turn" in done.stderr, done
    with ScriptedAgent([BEGIN, WORDS[0], ("done", {"reason": "max_tokens", "index": 1})]) as agent:
        done = printed(agent)
        assert done.returncode == 1 and "not whole" in done.stderr, done


def test_a_wrong_token_is_refused() -> None:
    with ScriptedAgent([BEGIN, DONE]) as agent:
        done = printed(agent, AGENTCTL_TOKEN="pga_wrong")
        assert done.returncode == 78 and "pga_wrong" not in done.stderr + done.stdout, done


@pytest.mark.parametrize(("keys", "decision"), [("y\r", "approve"), ("n\r", "decline"), ("\x04", "decline")])
def test_a_write_on_a_server_is_asked_about(
    start: Start, home: dict[str, str], keys: str, decision: str
) -> None:
    approval = {"call": "k1", "approval": {
        "id": "abc123", "href": "https://elsewhere.example.com/", "database": "far", "sql": "DELETE FROM t",
        "question": "Run this on the database \"far\"? It may change data.\nKind: DELETE\nDELETE FROM t",
    }}
    answer = ("approval_answer", {"call": "k1", "id": "abc123", "decision": decision})
    with ScriptedAgent([BEGIN, ("approval", approval), answer, ("text", {"text": "So be it."}), DONE]) as agent:
        terminal = start("--server", agent.url, **SERVER, **home)
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("Delete it\r")
        terminal.wait("DELETE FROM t")
        terminal.wait(ASK)
        terminal.type(keys)
        terminal.wait("So be it.")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("\x04")
        assert terminal.end() == 0
        assert agent.decisions == [decision]


def test_a_conversation_that_is_named_begins_with_its_last_turns(start: Start, home: dict[str, str]) -> None:
    with ScriptedAgent([BEGIN, ("text", {"text": "As I said."}), DONE], words="Forty-two") as agent:
        terminal = start("--server", agent.url, "--conversation", "c1", AGENTCTL_TOKEN=TOKEN, **home)
        terminal.wait("You: Forty-two > Forty-two (done) Forty-two Forty-two")
        terminal.wait('Going on with "Forty-two".')
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("And?\r")
        terminal.wait("As I said.")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/quit\r")
        assert terminal.end() == 0
        assert agent.asked[0][0]["conversation"] == "c1"
        missing = start("--server", agent.url, "--conversation", "c2", AGENTCTL_TOKEN=TOKEN, **home)
        missing.wait("There is no such conversation.")
        assert missing.end() == 2


def test_esc_stops_the_turn_on_the_server(start: Start, home: dict[str, str]) -> None:
    with ScriptedAgent([BEGIN, WORDS[0], ("wait", {})]) as agent:
        terminal = start("--server", agent.url, **SERVER, **home)
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("What?\r")
        terminal.wait("The answer")
        terminal.type("\x1b")
        terminal.wait("Cancelled.")
        assert agent.stopped == ["/api/v1/chat/t1"]
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("\x04")
        assert terminal.end() == 0


class ApprovingAgent(HTTPAgent):
    """Its token `writer` may approve as well."""

    def _token(self, name: str, scopes: str) -> str:
        return super()._token(name, "read,write,approve" if name == "writer" else scopes)


def test_the_chat_of_agentd_answers_and_asks(
    tmp_path: Path, start: Start, home: dict[str, str], model: ScriptedModel, postgres: PrivatePostgres
) -> None:
    approvals.prepare(postgres, TABLE)
    key = tmp_path / "llm.key"
    key.write_text(KEY)
    key.chmod(0o600)
    folder = tmp_path / "server"
    folder.mkdir()
    agent = ApprovingAgent(
        folder, postgres, f"llm: {{ provider: anthropic, model: scripted, base_url: {model.url}, api_key_file: {key} }}\n")
    try:
        token = {"AGENTCTL_TOKEN": agent.tokens["writer"]}
        model.then(
            call("query_database", query=f"DELETE FROM {TABLE} WHERE id = 1", database="stock"), text("It is **done**."))
        terminal = start("--server", agent.url, "-d", "stock", **token, **home)
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("Delete the first\r")
        terminal.wait(f"DELETE FROM {TABLE} WHERE id = 1")
        terminal.wait(ASK)
        terminal.type("yes\r")
        terminal.wait("Approved.")
        terminal.wait("It is")
        terminal.wait("tokens in")
        terminal.prompt("[WRITE-ENABLED]")
        assert rows(postgres, TABLE) == "2two,3three"
        terminal.type("/history\r")
        terminal.wait("Delete the first")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/prompts\r")
        terminal.wait("explore-database")
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type(f"/export {tmp_path}/it.md\r")
        terminal.wait("Written to")
        assert "Delete the first" in (tmp_path / "it.md").read_text()
        terminal.prompt("[WRITE-ENABLED]")
        terminal.type("/quit\r")
        assert terminal.end() == 0
    finally:
        agent.end()
