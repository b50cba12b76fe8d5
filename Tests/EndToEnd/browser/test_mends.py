"""What once went wrong in the page: focus, a stale banner, somebody else in another tab, and turns that outlive a reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from support.browser import PASSWORD, Person, violations_of_accessibility
from support.page_wire import BEGIN, DONE, Wire, conversation, events, text
from support.panels import Visit

People = Callable[..., Person]
FETCH = "path => import('/assets/api.js').then(({ api }) => api.get(path)).then(JSON.stringify, problem => problem.code)"
SIGN_IN = "([name, password]) => import('/assets/api.js').then(({ api }) => api.signIn(name, password)).then(() => {})"
APPROVAL = {
    "id": "a1", "sql": "DELETE FROM t", "database": "shop", "kinds": ["DELETE"], "statements": 1, "warnings": [], "estimatedRows": 1,
    "expires": "2126-01-01T00:00:00Z",
}


def message(index: int, role: str, words: str) -> dict[str, Any]:
    return {"index": index, "role": role, "created": "", "parts": [{"type": "text", "text": words}]}


def test_a_tree_that_is_drawn_again_keeps_its_elements_and_the_focus(visit: Callable[..., Visit]) -> None:
    page = visit().open("schema", "shop")
    page.get_by_role("treeitem", name="public").click()
    page.get_by_role("img", name="Tables of public").wait_for()
    # At once, since a slow machine would let a letter count as the first of another name.
    page.evaluate("for (const key of 'cust') document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))")
    focused = page.get_by_role("treeitem", name="customers")
    expect(focused).to_be_focused()
    page.evaluate("window.held = document.activeElement; window.lost = 0; held.addEventListener('blur', () => window.lost++)")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="country")).to_be_visible()
    assert page.evaluate("document.activeElement === window.held && window.lost === 0")
    # Folding what holds the focus moves it to what is left.
    page.keyboard.press("ArrowRight")
    page.get_by_role("treeitem", name="public").locator(".tree-twist").first.evaluate("one => one.click()")
    expect(page.get_by_role("treeitem", name="public")).to_be_focused()


def test_a_tree_that_is_read_anew_in_another_order_keeps_the_focus(visit: Callable[..., Visit]) -> None:
    page = visit().open("schema", "shop")
    page.get_by_role("treeitem", name="public").click()
    page.get_by_role("img", name="Tables of public").wait_for()
    focused = page.get_by_role("treeitem", name="customers")
    focused.evaluate("one => one.focus()")
    page.keyboard.press("ArrowRight")
    column = page.get_by_role("treeitem", name="country")
    expect(column).to_be_visible()
    # Each time something else is above it, and nothing of the tree may fold or let the focus go for that.
    page.evaluate("""window.lost = 0; document.querySelector('[role=tree]').addEventListener('focusout', event => {
        if (!event.relatedTarget) queueMicrotask(() => { if (document.activeElement === document.body) window.lost++; });
    })""")

    def turned(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        route.fulfill(response=answer, json={**told, "relations": told["relations"][::-1]})

    def one_more(route: Route) -> None:
        answer = route.fetch()
        known = answer.json()["databases"]
        route.fulfill(response=answer, json={"databases": [{**known[0], "name": "another"}, *known]})

    page.route("**/api/v1/schema?database=shop", turned)
    names = "[...document.querySelectorAll('[aria-level=\"3\"] .tree-name')].map(one => one.textContent)"
    before = page.evaluate(names)
    with page.expect_response("**/api/v1/schema?database=shop"):
        page.get_by_role("button", name="Refresh").evaluate("button => button.click()")
    page.wait_for_function(f"names => {names}.join() !== names", arg=",".join(before))
    expect(focused).to_be_focused()
    expect(column).to_be_visible()
    page.route("**/api/v1/databases", one_more)
    page.clock.install()
    page.clock.fast_forward(60_000)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("treeitem", name="another")).to_be_visible()
    expect(focused).to_be_focused()
    expect(column).to_be_visible()
    assert page.evaluate("window.lost") == 0


def test_the_banner_is_what_the_server_says_now(person: People) -> None:
    one = person()
    page = one.sign_in("ann")
    banner = page.get_by_role("region", name="Writes are on")
    expect(banner).to_be_hidden()

    def opened(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={"databases": [{**each, "allowWrites": True, "mayWrite": True} for each in answer.json()["databases"]]})

    page.route("**/api/v1/databases", opened)
    page.clock.install()
    page.clock.fast_forward(60_000)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(banner).to_contain_text("“shop” is open for writes")
    expect(page.get_by_label("Database", exact=True).locator("option").first).to_contain_text("writes on")
    page.unroute("**/api/v1/databases")
    page.clock.fast_forward(60_000)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(banner).to_be_hidden()


def test_a_turn_tells_that_its_database_was_opened_for_writes(person: People) -> None:
    one = person()
    Wire(one.page, events((BEGIN[0], {**BEGIN[1], "allowWrites": True}), *text("Done."), DONE))
    page = one.sign_in("ann")
    page.get_by_label("Message", exact=True).fill("How much?")
    with page.expect_request("**/api/v1/databases"):
        page.keyboard.press("Enter")


def test_what_somebody_else_may_see_is_not_shown_to_who_was_here_before(person: People) -> None:
    one = person()
    page = one.sign_in("ann")
    other = one.tab()
    other.goto("/")
    other.evaluate(SIGN_IN, ["bob", PASSWORD])
    # That ended the session that the tests share.
    one.agent.sessions.pop("ann")
    assert page.evaluate(FETCH, "/databases") == "csrf"
    dialog = page.get_by_role("dialog", name="Sign in")
    expect(dialog).to_be_visible()
    assert violations_of_accessibility(page) == []
    # The same person again, in the other tab: the first one just goes on.
    other.evaluate(SIGN_IN, ["ann", PASSWORD])
    assert "shop" in page.evaluate(FETCH, "/databases")


def test_a_turn_that_runs_is_followed_after_a_reload(person: People) -> None:
    running = {"id": "t1", "index": 2, "from": "t1.0", "last": "t1.5"}
    asked = ("approval", {"call": "k1", "approval": APPROVAL})
    answered = ("approval_answer", {"call": "k1", "id": "a1", "decision": "decline"})
    call = ("tool_call", {"id": "k1", "name": "query_database", "arguments": {}, "sql": "DELETE FROM t", "database": "shop"})
    one = person()
    kept = conversation("c1", "Kept", message(0, "user", "First"), message(1, "assistant", "One."), message(2, "user", "How much?"), message(3, "assistant", "Half"))
    kept["turn"] = running
    begin = (BEGIN[0], {**BEGIN[1], "index": 2})
    wire = Wire(one.page, events(begin, call, asked, answered, *text("First half, second half."), DONE), conversations=[kept])
    page = one.sign_in("ann")
    page.goto("/#/chat/c1")
    article = page.get_by_role("article", name="Agent").last
    expect(article.locator(".markdown")).to_have_text("First half, second half.")
    expect(page.get_by_role("article", name="You")).to_have_count(2)
    expect(page.get_by_role("article", name="Agent")).to_have_count(2)
    assert wire.requests[0][0] == {} and wire.requests[0][1]["last-event-id"] == "t1.0"
    # A question that was answered before is not asked again.
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(article).to_contain_text("You declined this write")


def test_a_question_that_nobody_answered_is_asked_after_a_reload(person: People) -> None:
    one = person()
    kept = conversation("c1", "Kept", message(0, "user", "Delete it"))
    kept["turn"] = {"id": "t1", "index": 0, "from": "t1.0", "last": "t1.2"}
    one.page.route("**/api/v1/approvals/*", lambda route: route.fulfill(json={"decision": "decline", "turn": "t1"}))
    Wire(one.page, events(BEGIN, ("approval", {"call": "k1", "approval": APPROVAL}), *text("Declined."), DONE), conversations=[kept])
    page = one.sign_in("ann")
    page.goto("/#/chat/c1")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("DELETE FROM t")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)


def test_two_tabs_do_not_take_a_turn_from_each_other_for_ever(person: People) -> None:
    one = person()
    piece = [events(BEGIN, *text("So far")[:1]), events(text("so far")[0], first=3), events(text("and on")[0], first=4)]
    wire = Wire(one.page, *piece, events(DONE, first=5))
    page = one.sign_in("ann")
    page.get_by_label("Message", exact=True).fill("How much?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="Agent")).to_contain_text("goes on in another tab")
    assert len(wire.requests) == 3


def test_earlier_messages_come_when_they_are_asked_for(person: People) -> None:
    one = person()
    late = {**conversation("c1", "Long", *[message(at, "user" if at % 2 == 0 else "assistant", f"late {at}") for at in range(40, 60)]), "next": 40}
    early = {**late, "messages": [message(at, "user" if at % 2 == 0 else "assistant", f"early {at}") for at in range(20)], "next": None}
    wire = Wire(one.page, conversations=[late])
    one.page.route("**/api/v1/conversations/c1?before=40", lambda route: route.fulfill(json=early))
    page = one.sign_in("ann")
    page.goto("/#/chat/c1")
    expect(page.get_by_text("late 59")).to_be_visible()
    button = page.get_by_role("button", name="Earlier messages")
    button.scroll_into_view_if_needed()
    seen = page.get_by_text("late 40").evaluate("one => one.getBoundingClientRect().top")
    button.click()
    expect(page.get_by_text("early 0", exact=True)).to_have_count(1)
    expect(page.get_by_role("article")).to_have_count(40)
    expect(page.get_by_role("button", name="Earlier messages")).to_have_count(0)
    assert abs(page.get_by_text("late 40").evaluate("one => one.getBoundingClientRect().top") - seen) < 60
    assert page.locator(".incomplete").count() == 0 and wire.calls


@pytest.mark.parametrize("view", ["sql", "admin"])
def test_the_end_of_a_session_loses_nothing_that_was_written(visit: Callable[..., Visit], view: str) -> None:
    one = visit()
    page = one.open(view, "shop")
    if view == "sql":
        page.get_by_label("SQL editor").fill("SELECT 42")
        one.context.clear_cookies()
        page.keyboard.press("Control+Enter")
    else:
        page.get_by_text("New token").first.click()
        page.get_by_label("Note", exact=True).fill("a long note")
        one.context.clear_cookies()
        page.get_by_role("button", name="Create").click()
    dialog = page.get_by_role("dialog", name="Sign in")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    if view == "sql":
        expect(page.get_by_label("SQL editor")).to_have_value("SELECT 42")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".sql-status")).to_contain_text("1 row in")
    else:
        expect(page.get_by_label("Note", exact=True)).to_have_value("a long note")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_label("New token", exact=True)).to_be_visible()
