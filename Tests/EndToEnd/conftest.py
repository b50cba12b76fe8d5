"""What the tests share: one PostgreSQL server for all that leave it as it was, and a configuration folder for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import schemas
from support.agentd import AGENTCTL, AGENTD, write_configuration
from support.database import PrivatePostgres
from support.guarded import GuardedServer
from support.server import HTTPServer
from support.wire import Wire


def pytest_configure() -> None:
    for name, path in (("AGENTD", AGENTD), ("AGENTCTL", AGENTCTL)):
        if not os.access(path, os.X_OK):
            raise pytest.UsageError(f"{name} must name the built program; scripts/end-to-end.sh sets it")


def pytest_report_header() -> str:
    found = schemas.FOLDER if schemas.present() else "not present, messages are held against the order rules only"
    return f"agentd: {AGENTD}\nprotocol schemas: {found}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    server = PrivatePostgres()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PrivatePostgres]:
    """A server that a test may stop and break."""
    server = PrivatePostgres()
    yield server
    server.remove()


@pytest.fixture
def wire(tmp_path: Path, postgres: PrivatePostgres) -> Iterator[Callable[..., Wire]]:
    """Starts agentd over pipes: `wire(limits=…)`. Afterwards every message is held against the schemas."""
    started: list[tuple[Wire, bool]] = []

    def start(
        *options: str, server: PrivatePostgres | None = None, check_client: bool = True, configuration: Path | None = None,
        **settings: Any,
    ) -> Wire:
        folder = tmp_path / f"agentd-{len(started)}"
        folder.mkdir()
        path = configuration or write_configuration(folder, server or postgres, **settings)
        one = Wire(path, *options)
        started.append((one, check_client))
        return one

    yield start
    found: list[str] = []
    for one, check_client in started:
        one.end()
        found += schemas.problems(one.messages, check_client=check_client)
    assert not found, "\n".join(found)


@pytest.fixture(scope="module", params=[(False, False), (False, True), (True, True)], ids=["http", "http-token", "https-token"])
def server(request: Any, tmp_path_factory: Any, postgres: PrivatePostgres) -> Iterator[HTTPServer]:
    """agentd over HTTP, over HTTP with a token, and over HTTPS with a token, each for the tests of one file."""
    folder: Path = tmp_path_factory.mktemp("agentd")
    tls, auth = request.param
    running = HTTPServer(folder, postgres, tls=tls, auth=auth)
    yield running
    assert running.end() == 0, running.log
    assert not running.token or running.token not in "".join(running.log)


@pytest.fixture(scope="module", params=[False, True], ids=["http", "https"])
def guarded(request: Any, tmp_path_factory: Any, postgres: PrivatePostgres) -> Iterator[GuardedServer]:
    """agentd that asks for a token, with tokens of all kinds, for the tests of one file."""
    running = GuardedServer(tmp_path_factory.mktemp("guarded"), postgres, tls=request.param)
    yield running
    assert running.end() == 0, running.log
