"""The dialog that asks about a write: accepted, declined, closed, expired, asked twice, and hostile."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from support.approvals import fill, prepare, rows
from support.browser import PageAgent, Person, violations_of_accessibility
from support.database import PrivatePostgres

People = Callable[..., Person]
SQL = "DELETE FROM page_writes WHERE id = 1"
ALL, LESS = "1one,2two,3three", "2two,3three"


@pytest.fixture(autouse=True)
def table(postgres: PrivatePostgres) -> None:
    prepare(postgres, "page_writes")


@pytest.fixture(scope="module")
def ann(browser: Browser, agent: PageAgent) -> Iterator[Person]:
    one = Person(browser, agent)
    one.sign_in("ann")
    yield one
    one.end()


@pytest.fixture
def page(ann: Person) -> Iterator[Page]:
    """A page that asks, one question after the other. What is left of one is declined."""
    yield ann.page
    ann.page.unroute_all()
    for _ in range(20):
        if not ann.page.get_by_role("dialog").count():
            break
        ann.page.keyboard.press("Escape")
        ann.page.wait_for_timeout(50)
    ann.check()


def ask(page: Page, sql: str = SQL, **changes: Any) -> Locator:
    """Asks as a view does: the statement is sent, and the dialog shows what the server asks back. `window.decided` is the answer."""
    page.evaluate("""async ([sql, changes]) => {
        const [{ approve }, { api }] = await Promise.all([import('/assets/approval.js'), import('/assets/api.js')]);
        window.decided = undefined;
        window.context ??= new EventTarget();
        try {
            await api.post('/query', { sql, database: 'stock' });
        } catch (problem) {
            window.asked = problem.members.approval;
            if (!window.asked) throw problem;
            approve({ ...window.asked, ...changes }, window.context).then(answer => { window.decided = answer; });
        }
    }""", [sql, changes])
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    return dialog


def decided(page: Page) -> Any:
    # Playwright's own waiting evaluates a text within the page, which the page's policy refuses.
    return page.evaluate("""new Promise(done => {
        const look = () => window.decided === undefined ? setTimeout(look, 30) : done(window.decided);
        look();
    })""")


def test_a_write_is_executed_when_the_person_says_so(page: Page, postgres: PrivatePostgres) -> None:
    dialog = ask(page)
    expect(dialog.get_by_role("region", name="SQL to execute")).to_have_text(SQL)
    expect(dialog).to_contain_text("On the database “stock”")
    expect(dialog.locator(".badge")).to_have_text("DELETE")
    expect(dialog).to_contain_text("about 1")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert violations_of_accessibility(page) == []
    assert rows(postgres, "page_writes") == ALL
    dialog.get_by_role("button", name="Execute").click()
    assert decided(page)["committed"] is True
    assert rows(postgres, "page_writes") == LESS


@pytest.mark.parametrize("way", ["button", "escape", "enter"])
def test_a_write_that_is_cancelled_does_not_run(page: Page, postgres: PrivatePostgres, way: str) -> None:
    dialog = ask(page)
    if way == "button":
        dialog.get_by_role("button", name="Cancel").click()
    else:
        page.keyboard.press({"escape": "Escape", "enter": "Enter"}[way])
    assert decided(page)["decision"] == "decline"
    expect(dialog).to_have_count(0)
    assert rows(postgres, "page_writes") == ALL


def test_enter_does_not_execute_and_space_does(page: Page, postgres: PrivatePostgres) -> None:
    dialog = ask(page)
    execute = dialog.get_by_role("button", name="Execute")
    expect(execute).to_be_enabled()
    page.keyboard.press("Tab")
    expect(execute).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    assert rows(postgres, "page_writes") == ALL
    page.keyboard.press("Space")
    assert decided(page)["committed"] is True


def test_a_script_cannot_press_the_button(page: Page, postgres: PrivatePostgres) -> None:
    dialog = ask(page)
    expect(dialog.get_by_role("button", name="Execute")).to_be_enabled()
    page.evaluate("document.querySelector('dialog .danger').click()")
    page.wait_for_timeout(300)
    assert rows(postgres, "page_writes") == ALL
    expect(dialog).to_be_visible()


def test_long_sql_never_pushes_the_buttons_out_of_sight(page: Page) -> None:
    dialog = ask(page, "\n".join(f"UPDATE page_writes SET name = 'a rather long name of line {line}' WHERE id = {line};" for line in range(150)))
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 560})
        for name in ("Cancel", "Execute"):
            expect(dialog.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
        assert dialog.locator(".approval-sql").evaluate("text => text.scrollHeight > text.clientHeight")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert violations_of_accessibility(page, "dialog") == []
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.fixture(scope="module")
def hasty_agent(tmp_path_factory: pytest.TempPathFactory, postgres: PrivatePostgres) -> Iterator[PageAgent]:
    running = PageAgent(tmp_path_factory.mktemp("hasty"), postgres, "approval_lifetime: 4s\n")
    yield running
    assert running.end() == 0


def test_a_question_that_nobody_answers_ends_here_and_on_the_server(
    person: People, hasty_agent: PageAgent, postgres: PrivatePostgres
) -> None:
    page = person(agent=hasty_agent).sign_in("ann")
    dialog = ask(page)
    expect(dialog).to_contain_text("This question has expired. Nothing was run.")
    expect(dialog.get_by_role("button", name="Execute")).to_be_hidden()
    dialog.get_by_role("button", name="Close").click()
    assert decided(page) is None
    late = "href => import('/assets/api.js').then(({ api }) => api.post(href, { decision: 'approve' })).catch(problem => problem.code)"
    assert page.evaluate(late, page.evaluate("window.asked.href")) == "approval-expired"
    assert rows(postgres, "page_writes") == ALL


def test_a_browser_whose_clock_is_behind_is_told_by_the_server(
    person: People, hasty_agent: PageAgent, postgres: PrivatePostgres
) -> None:
    one = person(agent=hasty_agent)
    one.page.clock.install(time=time.time() - 3600)
    page = one.sign_in("ann")
    dialog = ask(page)
    expect(dialog).to_contain_text(re.compile("Expires in (60:0|59:)"))
    end = page.evaluate("Date.parse(window.asked.expires)") / 1000
    while time.time() < end + 1:
        page.wait_for_timeout(100)
    dialog.get_by_role("button", name="Execute").click()
    expect(dialog).to_contain_text("It was not executed")
    dialog.get_by_role("button", name="Close").click()
    assert decided(page)["decision"] == "refused"
    assert rows(postgres, "page_writes") == ALL


def test_another_database_withdraws_the_question(page: Page, postgres: PrivatePostgres) -> None:
    dialog = ask(page)
    with page.expect_response("**/api/v1/approvals/*") as told:
        page.evaluate("window.context.dispatchEvent(new Event('database'))")
    assert told.value.status == 200 and told.value.request.post_data_json == {"decision": "decline"}
    expect(dialog).to_contain_text("The database was changed")
    expect(dialog.get_by_role("button", name="Execute")).to_be_hidden()
    page.keyboard.press("Escape")
    assert decided(page) is None
    assert rows(postgres, "page_writes") == ALL


def test_a_second_question_of_the_same_tab_withdraws_the_first(page: Page) -> None:
    ask(page)
    page.evaluate("import('/assets/approval.js').then(({ approve }) => { approve({ ...window.asked, id: 'other' }, window.context); })")
    first = page.locator("dialog").first
    expect(first).to_contain_text("Another write is asked about now")
    expect(first.locator(".danger")).to_be_hidden()


def test_a_second_tab_withdraws_the_question_of_the_first(person: People, postgres: PrivatePostgres) -> None:
    one = person()
    first = one.sign_in("ann")
    second = one.tab()
    second.goto("/")
    second.get_by_role("navigation", name="Views").wait_for()
    first_dialog = ask(first)
    second_dialog = ask(second, SQL.replace("1", "3"))
    expect(first_dialog).to_contain_text("Another tab asks about a write now")
    expect(first_dialog.get_by_role("button", name="Execute")).to_be_hidden()
    second_dialog.get_by_role("button", name="Execute").click()
    decided(second)
    assert rows(postgres, "page_writes") == "1one,2two"


def test_a_question_that_was_answered_elsewhere_says_so(page: Page, agent: PageAgent, postgres: PrivatePostgres) -> None:
    dialog = ask(page)
    status, _, _ = agent.request("POST", page.evaluate("window.asked.href"), {"decision": "decline"}, token="approver")
    assert status == 200
    dialog.get_by_role("button", name="Execute").click()
    expect(dialog).to_contain_text("answered elsewhere, or is gone")
    assert rows(postgres, "page_writes") == ALL


LOST: dict[str, Callable[[Route], None]] = {
    "no answer": lambda route: route.abort(),
    "a proxy's page": lambda route: route.fulfill(status=504, content_type="text/html", body="<h1>Gateway Time-out</h1>"),
    "half an answer": lambda route: route.fulfill(content_type="application/json", body='{"decision": "appr'),
    "the server's word": lambda route: route.fulfill(status=502, json={"code": "outcome-unknown", "detail": "It is unknown."}),
}


@pytest.mark.parametrize("way", LOST)
def test_a_write_whose_outcome_is_lost_is_not_said_to_have_not_run(page: Page, way: str) -> None:
    dialog = ask(page)
    page.route("**/api/v1/approvals/*", LOST[way])
    dialog.get_by_role("button", name="Execute").click()
    expect(dialog).to_contain_text("It is unknown whether the write was committed.")
    expect(dialog).not_to_contain_text("not executed")
    dialog.get_by_role("button", name="Close").click()
    answer = decided(page)
    assert answer["decision"] == "unknown" and "unknown whether" in answer["detail"]


def test_the_server_s_word_that_nothing_ran_is_passed_on(page: Page) -> None:
    dialog = ask(page)
    page.route("**/api/v1/approvals/*", lambda route: route.fulfill(status=503, json={"code": "pool-full", "detail": "No connection is free."}))
    dialog.get_by_role("button", name="Execute").click()
    expect(dialog).to_contain_text("It was not executed: No connection is free.")
    dialog.get_by_role("button", name="Close").click()
    assert decided(page)["decision"] == "refused"


def test_escape_twice_does_not_lose_the_answer(page: Page, postgres: PrivatePostgres) -> None:
    dialog = ask(page)
    held: list[Route] = []
    page.route("**/api/v1/approvals/*", lambda route: held.append(route))
    dialog.get_by_role("button", name="Execute").click()
    expect(dialog.get_by_role("button", name="Executing…")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Escape")
        page.wait_for_timeout(100)
    expect(dialog).to_be_visible()
    assert page.evaluate("window.decided === undefined") and len(held) == 1
    held[0].continue_()
    assert decided(page)["committed"] is True
    expect(dialog).to_have_count(0)
    assert rows(postgres, "page_writes") == LESS


def test_a_write_is_executed_only_when_its_end_was_in_sight(page: Page) -> None:
    dialog = ask(page, "\n".join(f"UPDATE page_writes SET name = 'line {line}' WHERE id = {line};" for line in range(150)))
    execute = dialog.get_by_role("button", name="Execute")
    expect(dialog).to_contain_text("Read the SQL to its end")
    expect(execute).to_be_disabled()
    dialog.locator(".approval-sql").evaluate("text => { text.scrollTop = text.scrollHeight; }")
    expect(execute).to_be_enabled()
    expect(dialog).not_to_contain_text("Read the SQL to its end")
    assert violations_of_accessibility(page) == []
    page.keyboard.press("Escape")


def test_nothing_is_laid_over_the_question_or_pushed_out_of_its_sight(page: Page, postgres: PrivatePostgres) -> None:
    dialog = ask(page, f"DELETE FROM page_writes WHERE id = 1{chr(10) * 300}OR true")
    execute = dialog.get_by_role("button", name="Execute")
    expect(dialog).to_contain_text("Read the SQL to its end")
    expect(execute).to_be_disabled()
    # The strongest that anything within the page could do, if it could put elements there.
    page.evaluate("""() => {
        const cover = Object.assign(document.createElement('div'), { textContent: 'Nothing to see here', className: 'cover' });
        for (const [name, value] of Object.entries({ position: 'fixed', inset: '0', 'z-index': '2147483647', background: 'white' })) cover.style.setProperty(name, value);
        document.body.append(cover);
    }""")
    for part in (dialog.locator(".approval-sql"), dialog.get_by_role("button", name="Cancel"), execute):
        assert part.evaluate("""part => {
            const box = part.getBoundingClientRect();
            return part.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2));
        }""")
    dialog.locator(".approval-sql").press("End")
    expect(execute).to_be_enabled()
    expect(dialog.locator(".approval-sql")).to_contain_text("OR true")
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('.cover').remove()")
    assert rows(postgres, "page_writes") == ALL


def test_the_question_of_one_person_is_nothing_to_another(person: People, postgres: PrivatePostgres) -> None:
    page = person().sign_in("ann")
    ask(page)
    other = person().sign_in("root")
    code = other.evaluate(
        "href => import('/assets/api.js').then(({ api }) => api.post(href, { decision: 'approve' })).catch(problem => problem.code)",
        page.evaluate("window.asked.href"))
    assert code == "approval-not-found"
    assert rows(postgres, "page_writes") == ALL
    page.keyboard.press("Escape")


def test_hostile_sql_is_shown_as_what_it_is(page: Page) -> None:
    attack = "<img src=x onerror=pwn(1)>\u202e"
    dialog = ask(page, f"UPDATE page_writes SET name = '{attack}'", warnings=[attack], kinds=[attack], database=attack)
    text = dialog.inner_text()
    assert "\u202e" not in text and text.count("⟨U+202E⟩") >= 4
    assert dialog.locator("img").count() == 0
    page.keyboard.press("Escape")


def test_a_write_on_a_page_of_another_site_gets_nowhere(person: People, agent: PageAgent, postgres: PrivatePostgres) -> None:
    one = person()
    one.sign_in("ann")
    stranger = one.tab()
    stranger.route("http://evil.example/**", lambda route: route.fulfill(content_type="text/html", body="<!doctype html><p>evil"))
    stranger.goto("http://evil.example/")
    outcome = stranger.evaluate("""async url => {
        const send = async options => fetch(url + '/api/v1/query', { method: 'POST', credentials: 'include', body: '{"sql": "SELECT 1"}', ...options })
            .then(answer => answer.type === 'opaque' ? 'opaque' : String(answer.status), () => 'blocked');
        const frame = document.createElement('iframe');
        frame.src = url + '/';
        document.body.append(frame);
        await new Promise(done => { frame.onload = done; setTimeout(done, 3000); });
        let framed;
        try { framed = frame.contentDocument === null || frame.contentDocument.body.childElementCount === 0; } catch { framed = true; }
        return [await send({ headers: { 'Content-Type': 'application/json' } }), await send({ mode: 'no-cors' }), framed];
    }""", agent.url)
    assert outcome[0] == "blocked" and outcome[1] in ("opaque", "blocked")
    assert all("Views" not in frame.content() for frame in stranger.frames)
    stranger.close()
    # What the browser says of it are refusals of the other site's requests.
    assert one.errors and all("CORS" in error or "frame" in error for error in one.errors), one.errors
    one.errors.clear()
    fill(postgres, "page_writes")
