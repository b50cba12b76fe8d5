"""Administration in a real browser: who may come in, the checkup, the audit log and the metrics."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from support.browser import PASSWORD, PageAgent
from support.page_wire import Held
from support.panels import BIDI, HOSTILE, HTML, Visit, check_accessibility, check_fits

Make = Callable[..., Visit]
TABS = ("Tokens", "Users", "Sessions", "Checkup", "Audit log", "Metrics")


def test_a_token_is_made_shown_once_and_revoked(visit: Make) -> None:
    page = visit().open("admin")
    page.get_by_text("New token").click()
    page.get_by_label("Note", exact=True).fill("for the report")
    page.get_by_label("Expires").select_option("7d")
    page.get_by_role("button", name="Create").click()
    secret = page.get_by_label("New token", exact=True)
    expect(secret).to_have_value(re.compile(r"^pga_[\w-]{43}_\w+$"))
    token = secret.input_value()
    assert page.evaluate("async token => (await fetch('/api/v1/me', { credentials: 'omit', headers: { Authorization: `Bearer ${token}` } })).status", token) == 200
    page.get_by_role("button", name="I have kept it").click()
    expect(secret).to_have_count(0)
    assert token not in page.content()
    page.get_by_role("button", name=re.compile("^Revoke.*for the report")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="for the report")
    expect(row).to_contain_text("active")
    page.get_by_role("button", name=re.compile("^Revoke.*for the report")).click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    assert page.evaluate("async token => (await fetch('/api/v1/me', { credentials: 'omit', headers: { Authorization: `Bearer ${token}` } })).status", token) == 401


def test_a_user_is_added_disabled_and_deleted(visit: Make) -> None:
    page = visit().open("admin")
    page.get_by_role("tab", name="Users").click()
    page.get_by_text("New user").click()
    page.get_by_label("Name", exact=True).fill("temp")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".problem")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD + " temp")
    page.get_by_role("button", name="Add").click()
    row = page.get_by_role("row").filter(has_text="temp")
    expect(row).to_contain_text("enabled")
    page.get_by_role("button", name="Disable: temp").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("disabled")
    page.get_by_role("button", name="Enable: temp").click()
    expect(row).to_contain_text("enabled")
    page.get_by_role("button", name="Delete: temp").click()
    page.keyboard.press("Escape")
    expect(row).to_have_count(1)
    page.get_by_role("button", name="Delete: temp").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Delete: root").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".problem")).to_contain_text("Another administrator")


@pytest.mark.parametrize("works", [True, False], ids=["a secret", "a failure"])
def test_what_comes_of_a_new_token_is_shown_to_whoever_has_gone_elsewhere(visit: Make, works: bool) -> None:
    page = visit().open("admin")
    page.get_by_text("New token").click()
    held = Held(page, "**/api/v1/admin/tokens")
    page.get_by_role("button", name="Create").click()
    token = held.one()
    page.get_by_role("tab", name="Users").click()
    expect(page.get_by_role("row").filter(has_text="ann")).to_have_count(1)
    if not works:
        token.fulfill(status=500, json={"code": "internal-error", "detail": "It broke."})
        expect(page.locator(".toasts")).to_contain_text("It broke.")
        return
    token.continue_()
    dialog = page.get_by_role("dialog", name="New token")
    secret = dialog.get_by_label("New token", exact=True)
    expect(secret).to_have_value(re.compile(r"^pga_[\w-]{43}_\w+$"))
    expect(secret).to_be_focused()
    check_accessibility(page)
    for _ in range(2):
        page.keyboard.press("Escape")
    expect(secret).to_be_visible()
    dialog.get_by_role("button", name="I have kept it").click()
    expect(dialog).to_have_count(0)
    assert "pga_" not in page.content()


def test_a_secret_stays_until_it_is_put_away(visit: Make) -> None:
    page = visit().open("admin")
    for number in (1, 2):
        page.get_by_text("New token").first.click()
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_label("New token", exact=True)).to_have_count(number)
    page.get_by_role("button", name="I have kept it").first.click()
    expect(page.get_by_label("New token", exact=True)).to_have_count(1)


@pytest.mark.parametrize(("tab", "form", "field", "act", "done"), [
    ("Tokens", "New token", "Note", "Revoke", "revoked"), ("Users", "New user", "Name", "Disable", "disabled"),
])
def test_what_is_written_in_a_form_outlives_what_is_done_in_the_list(visit: Make, tab: str, form: str, field: str, act: str, done: str) -> None:
    page = visit().open("admin")
    page.get_by_role("tab", name=tab).click()
    page.get_by_text(form, exact=True).first.click()
    page.get_by_label(field, exact=True).fill("to-be-ended")
    if tab == "Users":
        page.get_by_label("Password", exact=True).fill(PASSWORD + " ended")
    page.get_by_role("button", name=re.compile("^(Create|Add)$")).click()
    row = page.get_by_role("row").filter(has_text="to-be-ended")
    expect(row).to_have_count(1)
    expect(page.get_by_label(field, exact=True)).to_be_hidden()
    page.get_by_text(form, exact=True).first.click()
    page.get_by_label(field, exact=True).fill("half a word")
    row.get_by_role("button", name=re.compile(f"^{act}")).click()
    page.get_by_role("dialog").get_by_role("button", name=act).click()
    expect(row).to_contain_text(done)
    expect(page.get_by_label(field, exact=True)).to_have_value("half a word")


@pytest.mark.parametrize(("tab", "form"), [("Tokens", "New token"), ("Users", "New user")])
def test_admin_is_not_offered_together_with_databases(visit: Make, tab: str, form: str) -> None:
    page = visit().open("admin")
    page.get_by_role("tab", name=tab).click()
    page.get_by_text(form, exact=True).first.click()
    admin, shop = page.get_by_label("admin", exact=True), page.get_by_label("shop", exact=True)
    shop.check()
    expect(admin).to_be_disabled()
    expect(page.locator(".rights")).to_contain_text("“admin” is for the whole server")
    shop.uncheck()
    admin.check()
    expect(shop).to_be_disabled()
    expect(page.locator(".rights")).to_contain_text("all databases are meant")
    admin.uncheck()
    expect(shop).to_be_enabled()


def test_the_fields_of_the_audit_log_stand_in_line(visit: Make) -> None:
    page = visit().open("admin")
    page.get_by_role("tab", name="Audit log").click()
    expect(page.locator(".filter label")).to_have_count(4)
    tops = page.locator(".filter label").evaluate_all("labels => labels.map(label => label.getBoundingClientRect().top)")
    assert len(tops) == 4 and max(tops) - min(tops) < 0.5, tops


def test_an_older_filter_of_the_audit_log_does_not_come_over_a_newer_one(visit: Make) -> None:
    page = visit().open("admin")
    page.get_by_role("tab", name="Audit log").click()
    held = Held(page, "**/api/v1/admin/audit?**")
    for words in ("older", "newer"):
        page.get_by_label("Text").fill(words)
        page.get_by_role("button", name="Show", exact=True).click()
    older, newer = held.one(), held.one()
    for route, words in ((newer, "newer"), (older, "older")):
        with page.expect_response(route.request.url):
            route.fulfill(json={"records": [{"time": "2026-01-01T00:00:00Z", "event": f"the {words} line"}], "cut": False})
    expect(page.get_by_role("cell", name="the newer line")).to_be_visible()
    expect(page.get_by_role("cell", name="the older line")).to_have_count(0)


def test_a_session_is_ended(visit: Make, chat_agent: PageAgent) -> None:
    other = visit("bob")
    other.open("sql")
    page = visit().open("admin")
    page.get_by_role("tab", name="Sessions").click()
    page.get_by_role("button", name="End: bob").first.click()
    page.get_by_role("dialog").get_by_role("button", name="End").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    assert other.page.evaluate("async () => (await fetch('/api/v1/me')).status") == 401
    chat_agent.sessions.pop("bob")


def test_the_tabs_work_by_keyboard(visit: Make) -> None:
    page = visit().open("admin")
    page.get_by_role("tab", name="Metrics").wait_for()
    page.get_by_role("tab", name="Tokens").focus()
    for tab in (*TABS[1:], TABS[0]):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name=tab)).to_be_focused()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()


def test_checkup_audit_and_metrics_are_told(visit: Make) -> None:
    page = visit().open("sql", "shop")
    page.get_by_label("SQL editor").fill("SELECT 1 AS seen_in_audit")
    page.keyboard.press("Control+Enter")
    page.locator(".sql-status").filter(has_text="1 row in").wait_for()
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("tab", name="Checkup").click()
    expect(page.locator(".finding").first).to_be_visible()
    expect(page.get_by_role("tabpanel")).to_contain_text(re.compile(r"\d+ pass"))
    page.get_by_role("tab", name="Audit log").click()
    page.get_by_label("Text").fill("seen_in_audit")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_text("Details", exact=True).last.click()
    expect(page.get_by_role("tabpanel")).to_contain_text("SELECT 1 AS seen_in_audit")
    page.get_by_role("tab", name="Metrics").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("/api/v1/query")


def test_without_metrics_the_panel_is_not_offered(visit: Make) -> None:
    one = visit()
    one.page.route("**/api/v1/admin/metrics", lambda route: route.fulfill(status=404, json={"code": "no-metrics", "title": "none"}))
    page = one.open("admin")
    expect(page.get_by_role("tab", name="Tokens")).to_be_visible()
    expect(page.get_by_role("tab", name="Metrics")).to_be_hidden()


def test_whoever_is_no_administrator_sees_nothing_of_it(visit: Make) -> None:
    page = visit("bob").open("admin")
    expect(page.get_by_role("tab")).to_have_count(0)
    assert page.evaluate("async () => (await fetch('/api/v1/admin/tokens')).status") == 403


def test_nothing_hostile_runs_in_notes_names_and_audit_lines(visit: Make) -> None:
    one = visit()
    page = one.open("sql", "shop")
    for text in HOSTILE:
        page.get_by_label("SQL editor").fill(f"SELECT 1 /* {text.replace('*/', '')} */ AS \"{text.replace(chr(34), '')}\"")
        page.keyboard.press("Control+Enter")
        page.locator(".sql-status").filter(has_text="1 row in").wait_for()
    page.get_by_role("link", name="Admin").click()
    for text in HOSTILE:
        page.get_by_text("New token").first.click()
        page.get_by_label("Note", exact=True).fill(text)
        page.get_by_label("Owner").fill("x")
        page.get_by_role("button", name="Create").click()
        done = page.get_by_role("button", name="I have kept it").or_(page.locator(".problem")).first
        expect(done).to_be_visible()
        if page.get_by_role("button", name="I have kept it").count():
            page.get_by_role("button", name="I have kept it").click()
        else:
            page.get_by_role("tab", name="Tokens").click()
        page.get_by_role("button", name="I have kept it").wait_for(state="detached")
    expect(page.get_by_role("tabpanel")).to_contain_text("<img src=x")
    page.get_by_role("button", name=re.compile("^Revoke.*<img")).first.click()
    expect(page.get_by_role("dialog")).to_contain_text(HTML)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Audit log").click()
    page.get_by_text("Details", exact=True).nth(1).wait_for()
    for summary in page.get_by_text("Details", exact=True).all()[1:]:
        summary.click()
    assert BIDI[:4] not in page.locator("main").inner_text()
    one.check()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(dark: bool, visit: Make) -> None:
    page = visit(dark=dark).open("admin")
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text("Loading…")).to_have_count(0)
        for summary in page.locator(".admin-form > summary").all():
            summary.click()
        check_accessibility(page)


def test_it_fits_a_small_telephone(visit: Make) -> None:
    page = visit(width=360, height=700).open("admin")
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text("Loading…")).to_have_count(0)
        check_fits(page)
