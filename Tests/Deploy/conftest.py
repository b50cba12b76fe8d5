"""What the checks of deploy/ share: one agentd over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from checks.server import Server, serves_http


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not serves_http():
        pytest.skip("agentd does not serve HTTP yet")
    one = Server(tmp_path_factory.mktemp("agentd"))
    yield one
    one.end()
