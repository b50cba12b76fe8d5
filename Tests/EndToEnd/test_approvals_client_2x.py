"""Approvals of writes with the official Python client 2.x: the newest revision pinned, probed for, and the older handshake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from support import approvals, schemas
from support.agentd import CLEAN_ENVIRONMENT, recorded_command
from support.approvals import ROWS, fill, rows
from support.database import PrivatePostgres
from support.session import plain
from support.surface import text

pytest.importorskip("mcp_types", reason="client 2.x only")

from mcp import Client, MCPError, StdioServerParameters  # noqa: E402
from mcp_types import ElicitResult  # noqa: E402

pytestmark = pytest.mark.anyio
MODES = ["2026-07-28", "auto", "legacy"]
TABLE = "approved_2x"


class Person:
    """Answers as told, and keeps the questions."""

    def __init__(self) -> None:
        self.action = "decline"
        self.seen: list[dict[str, Any]] = []

    async def answer(self, _context: Any, params: Any) -> ElicitResult:
        self.seen.append(plain(params))
        return ElicitResult(action=self.action, content={} if self.action == "accept" else None)


@pytest.fixture
def connect(tmp_path: Path, postgres: PrivatePostgres):
    approvals.prepare(postgres, TABLE)
    logs: list[Path] = []

    @asynccontextmanager
    async def open_session(
        mode: str, person: Person | None, **settings: Any
    ) -> AsyncIterator[tuple[Client, Callable[..., Any]]]:
        folder = tmp_path / f"agentd-{len(logs)}"
        folder.mkdir()
        logs.append(folder / "messages.jsonl")
        command = recorded_command(approvals.configuration(folder, postgres, **settings), logs[-1])
        server = StdioServerParameters(command=command[0], args=command[1:], env=CLEAN_ENVIRONMENT)
        callback = person.answer if person else None
        async with Client(
            server, mode=mode, cache=None, read_timeout_seconds=60, elicitation_callback=callback
        ) as client:
            async def call(arguments: dict[str, Any], action: str = "decline", **more: Any) -> dict[str, Any]:
                if person:
                    person.action = action
                return plain(await client.call_tool("query_database", arguments, **more))

            yield client, call

    yield open_session
    for log in logs:
        messages = schemas.read_log(log)
        assert messages, "the conversation was recorded"
        found = schemas.problems(messages)
        assert not found, "\n".join(found)


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_accepts_declines_and_cancels(connect: Any, postgres: PrivatePostgres, mode: str) -> None:
    person = Person()
    async with connect(mode, person) as (client, call):
        approvals.check_annotations([plain(tool) for tool in (await client.list_tools()).tools], writing=True)
        await approvals.check_answers(call, postgres, TABLE, person.seen)


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_cannot_ask_is_told_how_to_go_on(connect: Any, postgres: PrivatePostgres, mode: str) -> None:
    async with connect(mode, None) as (_client, call):
        refused = await call({"query": f"DELETE FROM {TABLE}"})
        assert refused["isError"]
        for way in ("elicitation", "agentctl query", "write_confirmation: client"):
            assert way in text(refused)
        assert rows(postgres, TABLE) == ROWS
    async with connect(mode, None, confirmation="client") as (_client, call):
        done = await call({"query": f"DELETE FROM {TABLE} WHERE id = 1"})
        assert not done.get("isError"), text(done)
        assert rows(postgres, TABLE) == "2two,3three"
    fill(postgres, TABLE)


async def asked(client: Client, arguments: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    """The first round, by hand: the state and the key of the question."""
    result = await client.session.call_tool("query_database", arguments, allow_input_required=True, **more)
    result = plain(result)
    assert result["resultType"] == "input_required", result
    assert result["requestState"] and TABLE not in result["requestState"]
    return result["requestState"], next(iter(result["inputRequests"]))


def accept(key: str) -> dict[str, Any]:
    return {key: ElicitResult(action="accept", content={})}


async def expect_invalid(awaitable: Any) -> None:
    with pytest.raises(MCPError) as caught:
        await awaitable
    assert caught.value.error.code == -32602, caught.value


async def test_a_state_that_was_changed_or_used_is_refused(connect: Any, postgres: PrivatePostgres) -> None:
    async with connect("2026-07-28", Person()) as (client, call):
        write = {"query": f"DELETE FROM {TABLE} WHERE id = 1"}
        state, key = await asked(client, write)
        middle = len(state) // 2
        for bad in (
            state + "-TAMPERED", state[:-1], "", "v1.x.y", state[:middle] + ("A" if state[middle] != "A" else "B") + state[middle + 1:],
        ):
            await expect_invalid(call(write, input_responses=accept(key), request_state=bad))
        assert rows(postgres, TABLE) == ROWS

        done = await call(write, input_responses=accept(key), request_state=state)
        assert not done.get("isError"), text(done)
        assert rows(postgres, TABLE) == "2two,3three"
        fill(postgres, TABLE)
        await expect_invalid(call(write, input_responses=accept(key), request_state=state))
        assert rows(postgres, TABLE) == ROWS

        # Who declined once cannot be overruled by a second answer.
        state, key = await asked(client, write)
        declined = await call(write, input_responses={key: ElicitResult(action="decline")}, request_state=state)
        assert declined["isError"]
        await expect_invalid(call(write, input_responses=accept(key), request_state=state))
        assert rows(postgres, TABLE) == ROWS


async def test_an_approval_of_something_else_asks_again(connect: Any, postgres: PrivatePostgres) -> None:
    person = Person()
    async with connect("2026-07-28", person) as (client, _call):
        write = {"query": f"DELETE FROM {TABLE} WHERE id = 1"}
        state, key = await asked(client, write)
        for other in (
            {"query": f"DELETE FROM {TABLE}"}, {"query": write["query"] + " "}, {**write, "database": "other"},
            {**write, "dry_run": True},
        ):
            again, _key = await asked(client, other, input_responses=accept(key), request_state=state)
            assert again != state
        # No answer is no approval either.
        await asked(client, write, request_state=state)
        await asked(client, write, input_responses={"other": ElicitResult(action="accept", content={})}, request_state=state)
        assert rows(postgres, TABLE) == ROWS


async def test_two_processes_that_share_the_state_use_an_approval_once(
    connect: Any, postgres: PrivatePostgres, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    approvals.make_secret(secret)
    shared = {"state": tmp_path / "state", "secret": secret}
    write = {"query": f"UPDATE {TABLE} SET name = name || '!' WHERE id = 1"}
    async with connect("2026-07-28", Person(), **shared) as (one, call_one):
        async with connect("2026-07-28", Person(), **shared) as (_two, call_two):
            # Asked by one process, answered by the other: they share the keys.
            state, key = await asked(one, write)
            done = await call_two(write, input_responses=accept(key), request_state=state)
            assert not done.get("isError"), text(done)
            await expect_invalid(call_one(write, input_responses=accept(key), request_state=state))
            assert rows(postgres, TABLE) == "1one!,2two,3three"

            for attempt in range(3):
                fill(postgres, TABLE)
                state, key = await asked(one, write)
                outcomes: list[str] = []

                async def use(call: Any) -> None:
                    try:
                        result = await call(write, input_responses=accept(key), request_state=state)
                        outcomes.append("failed" if result.get("isError") else "done")
                    except MCPError as error:
                        outcomes.append(str(error.error.code))

                async with anyio.create_task_group() as group:
                    for call in (call_one, call_two, call_one, call_two):
                        group.start_soon(use, call)
                assert sorted(outcomes) == ["-32602"] * 3 + ["done"], (attempt, outcomes)
                assert rows(postgres, TABLE) == "1one!,2two,3three"
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


async def test_without_a_shared_state_another_process_takes_no_approval(
    connect: Any, postgres: PrivatePostgres, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    approvals.make_secret(secret)
    write = {"query": f"DELETE FROM {TABLE}"}
    async with connect("2026-07-28", Person(), secret=secret) as (one, _call):
        async with connect("2026-07-28", Person(), secret=secret) as (_two, call_two):
            state, key = await asked(one, write)
            await expect_invalid(call_two(write, input_responses=accept(key), request_state=state))
            assert rows(postgres, TABLE) == ROWS
