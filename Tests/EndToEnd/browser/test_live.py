"""What the tests of the wire show with answers of their own, here with a real agentd: a turn that outlives a reload, earlier messages
that come page by page, and a configuration that is loaded again while the page stands open."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from support import scripted_model
from support.browser import PageAgent, Person

People = Callable[..., Person]
WORDS = "It begins here, goes on while nobody looks, and ends in the page that was loaded again."


def send(page: Page, words: str) -> None:
    page.get_by_label("Message", exact=True).fill(words)
    page.keyboard.press("Enter")


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """What a model waits for in the middle of its answer."""
    event = threading.Event()
    yield event
    event.set()


def test_a_turn_goes_on_in_the_page_that_is_loaded_again(
    person: People, chat_agent: PageAgent, model: scripted_model.ScriptedModel, held: threading.Event
) -> None:
    model.then(scripted_model.call("query_database", query="SELECT 'a cell' AS word"), scripted_model.text(WORDS, chunk=9, hold=held))
    page = person(agent=chat_agent).sign_in("ann")
    send(page, "Tell me")
    article = page.get_by_role("article", name="Agent")
    expect(article).to_contain_text(WORDS[:9])
    page.reload()
    expect(article).to_contain_text(WORDS[:9])
    expect(article.get_by_role("cell", name="a cell")).to_be_visible()
    expect(article).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    held.set()
    expect(article.locator(".markdown")).to_have_text(WORDS)
    expect(article).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.locator(".incomplete")).to_have_count(0)
    # What was kept is the same.
    page.reload()
    expect(article.locator(".markdown")).to_have_text(WORDS)
    expect(page.get_by_role("article")).to_have_count(2)


def test_a_turn_is_stopped_in_the_page_that_is_loaded_again(
    person: People, chat_agent: PageAgent, model: scripted_model.ScriptedModel, held: threading.Event
) -> None:
    model.then(scripted_model.text(WORDS, chunk=9, hold=held))
    page = person(agent=chat_agent).sign_in("ann")
    send(page, "Tell me")
    article = page.get_by_role("article", name="Agent")
    expect(article).to_contain_text(WORDS[:9])
    page.reload()
    expect(article).to_contain_text(WORDS[:9])
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    expect(article.locator(".incomplete-note")).to_contain_text("Stopped. This answer is not complete.")
    # Half a sentence is not kept, and what is kept does not pass for an answer.
    page.reload()
    expect(article).to_contain_text("This answer was not finished.")


def test_earlier_messages_come_page_by_page(person: People, chat_agent: PageAgent, model: scripted_model.ScriptedModel) -> None:
    turns = 5
    model.then(*(scripted_model.text(f"Answer {number}.") for number in range(turns)))
    one = person(agent=chat_agent)
    page = one.sign_in("ann")
    for number in range(turns):
        send(page, f"Question {number}")
        expect(page.get_by_role("article", name="Agent").last).to_contain_text(f"Answer {number}.")
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()

    def short(route: Route) -> None:
        url = route.request.url
        route.continue_(url=f"{url}{'&' if '?' in url else '?'}limit=4")

    page.route("**/conversations/*", short)
    page.reload()
    earlier = page.get_by_role("button", name="Earlier messages")
    seen = [turns * 2]
    for _ in range(turns):
        expect(page.get_by_role("article", name="You").last).to_contain_text(f"Question {turns - 1}")
        seen.append(page.get_by_role("article").count())
        if earlier.count() == 0:
            break
        earlier.click()
        page.wait_for_function("count => document.querySelectorAll('article').length > count", arg=seen[-1])
    assert len(seen) > 3 and seen[1] <= 4 and seen[-1] == turns * 2, seen
    assert page.locator(".bubble").all_inner_texts() == [f"Question {number}" for number in range(turns)]
    assert page.locator(".markdown").all_inner_texts() == [f"Answer {number}." for number in range(turns)]
    expect(page.locator(".incomplete")).to_have_count(0)


def test_the_banner_follows_a_configuration_that_is_loaded_again(person: People, chat_agent: PageAgent) -> None:
    one = person(agent=chat_agent)
    one.page.clock.install()
    page = one.sign_in("ann")
    banner = page.get_by_role("region", name="Writes are on")
    expect(page.get_by_label("Database", exact=True)).to_have_value("shop")
    expect(banner).to_be_hidden()
    before = chat_agent.configuration.read_text()
    first = "  - name: shop\n"
    assert before.count(first) == 1

    def load(text: str, allowed: bool) -> None:
        chat_agent.configuration.write_text(text)
        chat_agent.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            databases = chat_agent.request("GET", "/api/v1/databases", token="writer")[2]["databases"]
            if next(each for each in databases if each["name"] == "shop")["allowWrites"] == allowed:
                break
            time.sleep(0.05)
        # Looked at again when somebody comes back to the page.
        page.clock.fast_forward(10_000)
        page.evaluate("window.dispatchEvent(new Event('focus'))")

    try:
        load(before.replace(first, f"{first}    allow_writes: true\n"), True)
        expect(banner).to_contain_text("“shop” is open for writes")
    finally:
        load(before, False)
    expect(banner).to_be_hidden()
