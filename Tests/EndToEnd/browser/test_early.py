"""Whoever is faster than the page: what is written and sent before all has come that it takes is not lost, and goes where it was meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from support.browser import Person
from support.page_wire import BEGIN, DONE, Held, Wire, conversation, events, opened, send, text

People = Callable[..., Person]
ANSWER = events(BEGIN, *text("Here."), DONE)
STOPPED = ("done", {"reason": "cancelled", "index": 1})


def field(page: Page) -> Locator:
    return page.get_by_label("Message", exact=True)


def kept(name: str = "c1", words: str = "What was before") -> dict[str, Any]:
    """A conversation of one question and its answer."""
    return conversation(name, "Kept", *(
        {"index": index, "role": role, "created": "", "parts": [{"type": "text", "text": said}]}
        for index, (role, said) in enumerate((("user", words), ("assistant", "The answer of before.")))))


@pytest.mark.parametrize("typed_on", [False, True], ids=["sent", "typed on"])
def test_words_that_are_sent_before_the_models_are_known_are_not_lost(person: People, typed_on: bool) -> None:
    one = person()
    wire = Wire(one.page, ANSWER)
    held = Held(one.page, "**/api/v1/models")
    page = one.sign_in("ann")
    models = held.one()
    send(page)
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("How much?")
    if typed_on:
        field(page).press_sequentially(" And")
    # The handler of the wire, which was there before, answers.
    models.fallback()
    if typed_on:
        expect(page.get_by_label("Model", exact=True)).to_be_visible()
        expect(field(page)).to_have_value("How much? And")
        assert not wire.requests
        page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="Agent")).to_contain_text("Here.")
    expect(field(page)).to_have_value("")
    assert [body["message"] for body, _ in wire.requests] == ["How much? And" if typed_on else "How much?"]


def test_words_that_cannot_be_sent_since_the_page_is_not_whole_stay(person: People) -> None:
    _, page, wire = opened(person, ANSWER)
    page.route("**/assets/transcript.js", lambda route: route.abort())
    send(page)
    expect(page.locator(".toasts")).to_contain_text("was not sent")
    expect(field(page)).to_have_value("How much?")
    page.unroute("**/assets/transcript.js")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="Agent")).to_contain_text("Here.")
    assert len(wire.requests) == 1


@pytest.mark.parametrize("list_is", ["late", "failed"])
def test_an_older_conversation_does_not_pass_for_the_answer_to_the_same_words(person: People, list_is: str) -> None:
    one = person()
    wire = Wire(one.page, lambda route: route.abort(), conversations=[kept("c0", "How much?")])
    held = Held(one.page, "**/api/v1/conversations?limit=30")
    page = one.sign_in("ann")
    first = held.one()
    page.unroute("**/api/v1/conversations?limit=30")
    send(page)
    page.wait_for_timeout(300)
    first.fallback() if list_is == "late" else first.abort()
    expect(page.locator(".incomplete-note")).to_contain_text("The connection was cut before an answer began.")
    expect(page.get_by_text("The answer of before.")).to_have_count(0)
    expect(field(page)).to_have_value("How much?")
    assert len(wire.requests) == 1


def test_words_that_are_sent_before_their_conversation_has_come_stand_below_it(person: People) -> None:
    _, page, wire = opened(person, events((BEGIN[0], {**BEGIN[1], "index": 2}), *text("Here."), DONE), conversations=[kept()])
    held = Held(page, "**/api/v1/conversations/c1")
    page.evaluate("location.hash = '#/chat/c1'")
    expect(page.get_by_text("Loading…")).to_be_visible()
    send(page)
    held.one().fallback()
    expect(page.get_by_role("article", name="Agent").locator(".markdown")).to_have_text(["The answer of before.", "Here."])
    expect(page.get_by_role("article", name="You")).to_have_text(["What was before", "How much?"])
    expect(page.get_by_text("Loading…")).to_have_count(0)
    assert [body["conversation"] for body, _ in wire.requests] == ["c1"]


def test_words_that_are_sent_do_not_go_to_another_conversation_that_was_opened_since(person: People) -> None:
    _, page, wire = opened(person, ANSWER, conversations=[kept()])
    held = Held(page, "**/assets/transcript.js")
    send(page)
    page.evaluate("location.hash = '#/chat/c1'")
    held.one().continue_()
    expect(page.get_by_role("article", name="Agent")).to_contain_text("The answer of before.")
    expect(field(page)).to_have_value("")
    expect(page.get_by_role("article", name="You")).to_have_count(1)
    page.evaluate("location.hash = '#/chat'")
    expect(field(page)).to_have_value("How much?")
    assert not wire.requests


@pytest.mark.parametrize("leaves", [False, True], ids=["stays", "has gone elsewhere"])
def test_what_is_written_while_a_turn_begins_belongs_to_its_conversation(person: People, leaves: bool) -> None:
    _, page, wire = opened(person, conversations=[kept("c2")])
    held = Held(page)
    wire.answers.append(held.take)
    send(page)
    question = held.one()
    field(page).press_sequentially("And then")
    if leaves:
        page.evaluate("location.hash = '#/chat/c2'")
        expect(page.get_by_text("The answer of before.")).to_be_visible()
    wire.conversations.insert(0, kept("c1"))
    with page.expect_request("**/api/v1/conversations?limit=30"):
        question.fulfill(body=ANSWER, content_type="text/event-stream")
    page.evaluate("location.hash = '#/chat'")
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    expect(field(page)).to_have_value("")
    page.evaluate("location.hash = '#/chat/c1'")
    expect(field(page)).to_have_value("And then")


def test_a_database_that_is_chosen_while_a_conversation_comes_stays_chosen(person: People) -> None:
    one, page, _ = opened(person, conversations=[kept()])
    held = Held(page, "**/api/v1/conversations/c1")
    page.evaluate("location.hash = '#/chat/c1'")
    conversation_of_shop = held.one()
    one.choose("stock")
    conversation_of_shop.fallback()
    expect(page.get_by_text("The answer of before.")).to_be_visible()
    expect(page.get_by_label("Database", exact=True)).to_have_value("stock")


def test_models_that_come_take_the_focus_from_nothing(person: People) -> None:
    one = person()
    Wire(one.page)
    held = Held(one.page, "**/api/v1/models")
    page = one.sign_in("ann")
    models = held.one()
    search = page.get_by_label("Search conversations")
    search.press_sequentially("rev")
    models.fallback()
    expect(page.get_by_label("Model", exact=True)).to_be_visible()
    expect(search).to_be_focused()


@pytest.mark.parametrize("how", ["begins late", "was cut", "begins when nobody waits any more"])
def test_a_turn_that_is_stopped_before_it_has_begun_is_stopped_at_the_server(person: People, how: str) -> None:
    _, page, wire = opened(person)
    held = Held(page)
    wire.answers += [held.take, events(STOPPED, first=2)]
    send(page)
    question = held.one()
    article = page.get_by_role("article", name="Agent")
    if how == "was cut":
        wire.conversations.append(kept("c1", "How much?") | {"turn": {"id": "t1", "index": 0, "from": "t1.0", "last": "t1.0"}})
        question.abort()
        expect(article).to_contain_text("Reconnecting")
    page.get_by_role("button", name="Stop").click()
    expect(article).to_contain_text("Stopped.", timeout=1_000)
    if how == "begins late":
        question.fulfill(body=events(BEGIN), content_type="text/event-stream")
    expect(article.locator(".incomplete-note")).to_contain_text("Stopped. This answer is not complete.", timeout=8_000)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    if how == "begins when nobody waits any more":
        assert ("DELETE", "/chat/t1") not in wire.calls
        with page.expect_request("**/api/v1/chat/t1"):
            question.fulfill(body=events(BEGIN), content_type="text/event-stream")
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
        return
    assert ("DELETE", "/chat/t1") in wire.calls


def test_more_conversations_are_more_of_those_that_are_shown(person: People) -> None:
    one, asked = person(), []

    def answer(route: Route) -> None:
        asked.append(route.request.url.split("?")[1])
        route.fulfill(json={"conversations": [{"id": f"c{len(asked)}", "title": f"Title {len(asked)}"}], "next": "here"})

    Wire(one.page)
    one.page.route("**/api/v1/conversations?**", answer)
    page = one.sign_in("ann")
    expect(page.get_by_role("link", name="Title 1")).to_be_visible()
    # At once, before what is written is looked for.
    page.evaluate("document.querySelector('.sidebar input').value = 'rev'")
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("link", name="Title 2")).to_be_visible()
    assert asked[-1] == "limit=30&before=here"
