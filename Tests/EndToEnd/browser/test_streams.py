"""An answer over a network that breaks: it goes on where it was, or it says that it is not whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from support.browser import PageAgent, Person
from support.cutting import HEAD, NOTHING, Break, CuttingNetwork
from support.scripted_model import ScriptedModel, text

People = Callable[..., Person]
WORDS = "One and two, then three and four, after which come five and six, and at the very end seven."


@pytest.fixture(scope="module")
def cables(chat_agent: PageAgent) -> Iterator[CuttingNetwork]:
    one = CuttingNetwork(chat_agent.port)
    yield one
    one.close()


@pytest.fixture
def network(cables: CuttingNetwork) -> Iterator[CuttingNetwork]:
    cables.is_gone = False
    cables.streams.clear()
    cables.broken.clear()
    yield cables
    cables.breaks.clear()
    cables.is_gone = False


def asked(person: People, agent: PageAgent, network: CuttingNetwork, model: ScriptedModel, *breaks: Break) -> Page:
    network.breaks.extend(breaks)
    model.then(text(WORDS, chunk=8))
    one = person(agent=agent, url=network.url)
    one.page.clock.install()
    page = one.sign_in("ann")
    page.get_by_label("Message", exact=True).fill("Count")
    page.keyboard.press("Enter")
    return page


def is_whole(page: Page) -> None:
    article = page.get_by_role("article", name="Agent")
    expect(article.locator(".markdown")).to_have_text(WORDS)
    expect(article).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".incomplete")).to_have_count(0)


def test_a_stream_that_is_cut_within_an_event_goes_on_where_it_was(
    person: People, chat_agent: PageAgent, network: CuttingNetwork, model: ScriptedModel
) -> None:
    page = asked(person, chat_agent, network, model, Break(2), Break(0), Break(3))
    is_whole(page)
    # The second one brought no whole event, so that the third goes on after the same.
    assert len(network.broken) == 3 and len(network.streams) == 3
    page.reload()
    is_whole(page)


def test_a_stream_that_falls_silent_is_taken_up_again(
    person: People, chat_agent: PageAgent, network: CuttingNetwork, model: ScriptedModel
) -> None:
    page = asked(person, chat_agent, network, model, Break(2, "silent"))
    article = page.get_by_role("article", name="Agent")
    expect(article).to_contain_text("One and")
    expect(article).to_have_attribute("aria-busy", "true")
    page.clock.fast_forward(50_000)
    is_whole(page)
    assert len(network.streams) == 2


def test_a_network_that_is_gone_is_said_and_nothing_is_shown_as_whole(
    person: People, chat_agent: PageAgent, network: CuttingNetwork, model: ScriptedModel
) -> None:
    page = asked(person, chat_agent, network, model, Break(2, "gone"))
    article = page.get_by_role("article", name="Agent")
    note = page.locator(".incomplete-note")
    for _ in range(40):
        expect(article).to_contain_text("One and")
        # In this order, since the turn may end between the two.
        is_busy = article.get_attribute("aria-busy") == "true"
        if note.count():
            break
        assert is_busy
        page.clock.fast_forward(9_000)
        page.wait_for_timeout(100)
    expect(note).to_contain_text("The connection was cut. This answer is not complete.")
    expect(article).not_to_contain_text("seven")
    network.is_gone = False
    article.get_by_role("button", name="Load the conversation again").click()
    is_whole(page)


def wait_for_end(page: Page) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if page.get_by_role("article", name="Agent").last.get_attribute("aria-busy") is None:
            return
        page.clock.fast_forward(1_000)
        page.wait_for_timeout(100)
    raise AssertionError("the turn goes on for ever")


@pytest.mark.parametrize("after", [NOTHING, HEAD], ids=["before the head", "behind the head"])
def test_an_answer_is_found_again_whose_stream_was_cut_before_its_first_event(
    person: People, chat_agent: PageAgent, network: CuttingNetwork, model: ScriptedModel, after: int
) -> None:
    page = asked(person, chat_agent, network, model, Break(after))
    wait_for_end(page)
    is_whole(page)
    assert network.broken
    network.breaks.clear()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    # The same words again, which do not tell the questions apart; and this one is still being answered when it is found.
    network.breaks.append(Break(after))
    model.then(text("This is the second.", chunk=2, delay=0.2))
    page.get_by_label("Message", exact=True).fill("Count")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="Agent")).to_have_count(2)
    wait_for_end(page)
    expect(page.get_by_role("article", name="Agent").last.locator(".markdown")).to_have_text("This is the second.")
    expect(page.locator(".incomplete")).to_have_count(0)
    expect(page.get_by_role("article", name="You")).to_have_count(2)
    expect(page.get_by_label("Message", exact=True)).to_have_value("")


def test_a_question_of_which_the_server_knows_nothing_is_given_back(
    person: People, chat_agent: PageAgent, network: CuttingNetwork, model: ScriptedModel
) -> None:
    page = asked(person, chat_agent, network, model, Break(NOTHING, "unheard"))
    wait_for_end(page)
    expect(page.locator(".incomplete-note")).to_contain_text("The connection was cut before an answer began.")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Count")
    network.breaks.clear()
    page.get_by_role("article", name="Agent").get_by_role("button", name="Try again").first.click()
    is_whole(page)
    expect(page.get_by_role("article", name="You")).to_have_count(1)
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
