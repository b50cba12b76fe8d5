"""One browser for all tests of the page, and two servers: one with a language model, one without. Each test has a browser profile of
its own, but where a file shares one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from support.browser import PageAgent, Person, chromium, launched
from support.database import PrivatePostgres
from support.panels import MORE, Visit, prepare
from support.scripted_model import KEY, ScriptedModel

# Long enough for a machine that does much else; a test that passes waits no longer than it has to.
expect.set_options(timeout=30_000)


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


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel([]) as one:
        yield one


@pytest.fixture(scope="session")
def chat_agent(
    tmp_path_factory: pytest.TempPathFactory, postgres: PrivatePostgres, model: ScriptedModel
) -> Iterator[PageAgent]:
    """With a language model that follows a script, and in front of a database in which somebody named and commented things who
    means harm."""
    prepare(postgres)
    folder = tmp_path_factory.mktemp("chat")
    (folder / "model.key").write_text(KEY + "\n")
    (folder / "model.key").chmod(0o600)
    running = PageAgent(
        folder, postgres,
        f"{MORE}llm: {{ provider: anthropic, model: scripted, base_url: \"{model.url}\", api_key_file: model.key }}\n")
    yield running
    assert running.end() == 0


@pytest.fixture(autouse=True)
def no_step_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test did not let the model say is not said to the next one."""
    yield
    if "model" in request.fixturenames:
        request.getfixturevalue("model").steps.clear()


@pytest.fixture
def visit(browser: Browser, chat_agent: PageAgent) -> Iterator[Callable[..., Visit]]:
    """`visit("bob", dark=True)`: somebody who is signed in. Afterwards nothing may have run that was shown."""
    made: list[Visit] = []

    def make(name: str = "root", *, width: int = 1280, height: int = 860, dark: bool = False) -> Visit:
        one = Visit(
            browser, chat_agent, viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
        made.append(one)
        one.know(name)
        return one

    yield make
    for one in made:
        one.check()
        one.end()
