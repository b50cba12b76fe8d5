"""One browser and one agentd for all tests of the page. Each test has a browser profile of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from support.browser import PageAgent, Person, chromium, launched
from support.database import PrivatePostgres


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: apt-get install chromium")
        pytest.skip("no Chromium on this machine")
    with launched() as one:
        yield one


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory, postgres: PrivatePostgres) -> Iterator[PageAgent]:
    running = PageAgent(tmp_path_factory.mktemp("page"), postgres)
    yield running
    assert running.end() == 0


@pytest.fixture
def person(browser: Browser, agent: PageAgent) -> Iterator[Callable[..., Person]]:
    """`person()`: somebody with a browser. Afterwards nothing may have run that was shown, and no policy was violated."""
    people: list[Person] = []

    def make(**options: Any) -> Person:
        people.append(Person(browser, options.pop("agent", agent), **options))
        return people[-1]

    yield make
    for one in people:
        one.check()
        one.end()
