"""From signing in to a write that has run, or has not, without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from support import scripted_model
from support.approvals import prepare, rows
from support.browser import PASSWORD, PageAgent, Person
from support.database import PrivatePostgres

People = Callable[..., Person]
ALL = "1one,2two,3three"
# Longer than its box, so that it has to be read to its end.
SQL = "\n".join(["DELETE FROM writes_by_keys", *(f"-- for the {number}th reason" for number in range(1, 80)), "WHERE id = 1"])


def reach(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Presses a key until something has the focus, which has to be seen."""
    for _ in range(40):
        if wanted.count() and wanted.evaluate("element => element === document.activeElement"):
            expect(wanted).to_be_in_viewport()
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} cannot be reached with {key}")


@pytest.mark.parametrize(("answer", "left", "said"), [
    ("execute", "2two,3three", "You approved this write."), ("escape", ALL, "You declined this write."),
    ("cancel", ALL, "You declined this write."),
])
def test_a_write_is_asked_for_read_and_answered_with_keys_alone(
    person: People, chat_agent: PageAgent, model: scripted_model.ScriptedModel, postgres: PrivatePostgres,
    answer: str, left: str, said: str,
) -> None:
    prepare(postgres, "writes_by_keys")
    model.then(scripted_model.call("query_database", query=SQL, database="stock"), scripted_model.text("That is all."))
    page = person(agent=chat_agent).page
    page.goto("/")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    message = page.get_by_label("Message", exact=True)
    expect(message).to_be_focused()
    reach(page, page.get_by_label("Database", exact=True), "Shift+Tab")
    page.keyboard.type("stock")
    expect(page.get_by_role("region", name="Writes are on")).to_be_visible()
    reach(page, message)
    page.keyboard.type("Delete the first")
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    if answer == "execute":
        sql, execute = dialog.get_by_role("region", name="SQL to execute"), dialog.get_by_role("button", name="Execute")
        expect(dialog).to_contain_text("Read the SQL to its end")
        reach(page, sql)
        page.keyboard.press("End")
        expect(execute).to_be_enabled()
        assert rows(postgres, "writes_by_keys") == ALL
        reach(page, execute)
        page.keyboard.press("Space")
    else:
        page.keyboard.press({"escape": "Escape", "cancel": "Space"}[answer])
    article = page.get_by_role("article", name="Agent")
    expect(article).to_contain_text("That is all.")
    expect(article).to_contain_text(said)
    assert rows(postgres, "writes_by_keys") == left

    # What was answered is in reach, too: the folded call opens, and the next question can be written.
    summary = article.locator("summary")
    reach(page, summary)
    page.keyboard.press("Enter")
    expect(article.locator(".call-body pre").first).to_be_visible()
    reach(page, message)


def test_sql_runs_and_a_result_is_sorted_and_opened_with_keys_alone(person: People, chat_agent: PageAgent) -> None:
    page = person(agent=chat_agent).sign_in("ann")
    reach(page, page.get_by_role("link", name="SQL", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    editor = page.get_by_label("SQL editor")
    editor.wait_for()
    reach(page, editor)
    page.keyboard.type("SELECT n, repeat('long ', 90) AS words FROM generate_series(1, 3) n")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    page.get_by_role("table").wait_for()
    reach(page, page.get_by_role("button", name="n", exact=True))
    for _ in range(2):
        page.keyboard.press("Enter")
    expect(page.locator("tbody tr:not(.gap) td").first).to_have_text("3")
    reach(page, page.get_by_title("Show the whole value").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("long long")
    page.keyboard.press("Escape")
    expect(page.get_by_title("Show the whole value").first).to_be_focused()
