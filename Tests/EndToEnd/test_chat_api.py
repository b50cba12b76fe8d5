"""The chat over the API of a real agentd, with a model that follows a script."""

from __future__ import annotations

import contextlib
import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import evidence
from support.database import PrivatePostgres
from support.http_agent import HTTPAgent
from support.scripted_model import KEY, ScriptedModel, Step, call, text

PASSWORD = evidence.secret("rainy-wednesday-lantern")


def configured(folder: Path, model: ScriptedModel) -> str:
    (folder / "model.key").write_text(KEY + "\n")
    (folder / "model.key").chmod(0o600)
    return f"""llm: {{ provider: anthropic, model: scripted, base_url: {model.url}, api_key_file: model.key }}
state: {{ directory: {folder}/state }}
"""


class Turn:
    """The events of a turn while they come."""

    def __init__(
        self, agent: HTTPAgent, body: dict[str, Any], token: str = "writer", last: str | None = None,
        session: dict[str, str] | None = None,
    ) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", agent.port, timeout=60)
        shown = session or {"Authorization": f"Bearer {agent.tokens[token]}"}
        headers = {**shown, "Content-Type": "application/json"}
        if last is not None:
            headers["Last-Event-ID"] = last
        self.connection.request("POST", "/api/v1/chat", json.dumps(body), headers)
        self.response = self.connection.getresponse()

    def __iter__(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        event: dict[str, str] = {}
        for raw in self.response:
            line = raw.decode().rstrip("\n")
            if not line:
                if "data" in event:
                    yield event["id"], event["event"], json.loads(event["data"])
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = value
        self.connection.close()


def names(events: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    return [name for _, name, _ in events]


def test_a_turn_is_streamed_resumed_kept_exported_and_deleted(tmp_path: Path, postgres: PrivatePostgres) -> None:
    script = [call("query_database", query="SELECT count(*) FROM orders"), text("There are **1500** | orders.")]
    with ScriptedModel(script) as model:
        agent = HTTPAgent(tmp_path, postgres, configured(tmp_path, model))
        try:
            events = list(Turn(agent, {"message": "How many orders?"}))
            assert names(events)[0] == "turn" and names(events)[-1] == "done"
            result = next(data for _, name, data in events if name == "result")
            assert result["result"]["rows"] == [["1500"]] and not result["isError"]
            for place, (last, _, _) in enumerate(events):
                assert list(Turn(agent, {}, last=last)) == events[place + 1 :]
            assert Turn(agent, {}, token="reader", last=events[0][0]).response.status == 404
            assert agent.request("GET", "/api/v1/models")[2]["models"][0]["id"] == "scripted"
            identifier = events[0][2]["conversation"]
            path = f"/api/v1/conversations/{identifier}"
            assert agent.request("GET", path)[0] == 404
            assert [message["role"] for message in agent.request("GET", path, token="writer")[2]["messages"]] == [
                "user", "assistant", "user", "assistant",
            ]
            exported = agent.request("GET", path + "/export?format=json", token="writer")[2]
            assert exported["format"] == "postgres-agent/conversation"
            file = tmp_path / "state" / "conversations.sqlite3"
            assert file.stat().st_mode & 0o777 == 0o600
            kept = b"".join(one.read_bytes() for one in file.parent.glob(file.name + "*"))
            assert b"1500** | orders" in kept and KEY.encode() not in kept
            assert agent.request("DELETE", path, token="writer")[0] == 204
            assert agent.request("GET", path, token="writer")[0] == 404
        finally:
            assert agent.end() == 0
        assert not any(b"1500** | orders" in one.read_bytes() for one in file.parent.glob(file.name + "*"))
        assert sqlite3.connect(file).execute("SELECT count(*) FROM message").fetchone() == (0,)


@pytest.mark.parametrize("decision", ["approve", "decline"])
def test_a_write_waits_for_its_answer(tmp_path: Path, postgres: PrivatePostgres, decision: str) -> None:
    table = f"chat_{decision}"
    script = [call("query_database", query=f"CREATE TABLE {table} (day date)", database="stock"), text("Well.")]
    with ScriptedModel(script) as model:
        agent = HTTPAgent(tmp_path, postgres, configured(tmp_path, model))
        try:
            seen = []
            for _, name, data in Turn(agent, {"message": "Make a table"}):
                seen.append(name)
                if name == "approval":
                    href, body = data["approval"]["href"], {"decision": decision}
                    # Who asked may take it back without the scope, and nothing more.
                    assert data["approval"]["mayApprove"] is False
                    assert agent.request("POST", href, {"decision": "approve"}, token="writer")[0] == 403
                    status, _, answer = agent.request("POST", href, body, token="approver")
                    assert status == 200 and answer["decision"] == decision and answer["turn"]
                    assert agent.request("POST", href, body, token="approver")[2]["code"] == "approval-used"
                if name == "approval_answer":
                    assert data["decision"] == decision
            assert seen[-1] == "done" and "result" in seen
            exists = postgres.sql(f"SELECT to_regclass('public.{table}') IS NOT NULL")
            assert exists == ("t" if decision == "approve" else "f")
        finally:
            postgres.sql(f"DROP TABLE IF EXISTS {table}")
            assert agent.end() == 0


class AgentWithUser(HTTPAgent):
    """It has the user `ada` from the start."""

    def _token(self, name: str, scopes: str) -> str:
        if name == "reader":
            self.agentctl("user", "add", "ada", "--scope", "read", "--password-file", "-", stdin=PASSWORD)
        return super()._token(name, scopes)


def test_a_turn_ends_with_the_right_of_who_asked(tmp_path: Path, postgres: PrivatePostgres) -> None:
    held = threading.Event()
    with ScriptedModel([Step(text="first words and then more", calls=[("list_databases", {})], hold=held)] * 2) as model:
        agent = AgentWithUser(tmp_path, postgres, configured(tmp_path, model))
        try:
            status, fields, me = agent.request("POST", "/api/v1/login", {"name": "ada", "password": PASSWORD}, token=None)
            assert status == 200
            session = {"Cookie": fields["set-cookie"].split(";")[0], "X-CSRF-Token": me["csrfToken"]}
            listed = json.loads(agent.agentctl("token", "list", "--json"))
            identifier = next(one["id"] for one in listed if one["note"] == "writer")
            endings: list[tuple[dict[str, str] | None, Callable[[], object]]] = [
                (None, lambda: agent.agentctl("token", "revoke", identifier)),
                (session, lambda: agent.request("POST", "/api/v1/logout", token=None, fields=session)),
            ]
            for number, (shown, end) in enumerate(endings, 1):
                seen = []
                with contextlib.suppress(http.client.IncompleteRead, ConnectionResetError):
                    for _, name, data in Turn(agent, {"message": "Say"}, session=shown):
                        seen.append((name, data))
                        if name == "text" and len(seen) == 2:
                            end()
                assert [name for name, _ in seen if name != "text"] in (["turn"], ["turn", "done"])
                assert "".join(data["text"] for name, data in seen if name == "text") == "first words "
                # The model is not left to go on for nobody, and nothing of what it asks for is run.
                limit = time.monotonic() + 30
                while model.disconnects < number and time.monotonic() < limit:
                    time.sleep(0.02)
                assert model.disconnects == number and len(model.requests) == number
                assert Turn(agent, {"message": "More"}, session=shown).response.status == 401
        finally:
            held.set()
            assert agent.end() == 0


def test_the_end_of_the_server_ends_its_turns(tmp_path: Path, postgres: PrivatePostgres) -> None:
    held = threading.Event()
    with ScriptedModel([text("first words and then nothing more", hold=held)]) as model:
        agent = HTTPAgent(tmp_path, postgres, configured(tmp_path, model))
        try:
            events = iter(Turn(agent, {"message": "Say"}))
            while next(events)[1] != "text":
                pass
            agent.process.terminate()
            assert list(events)[-1][2]["reason"] == "cancelled"
            # A second signal would end it at once.
            agent.process.wait(timeout=30)
        finally:
            held.set()
            assert agent.end() == 0
