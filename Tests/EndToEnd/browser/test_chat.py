"""The chat with a real agentd, a real database, and a model that follows a script."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from support import scripted_model
from support.approvals import prepare, rows
from support.browser import PageAgent, Person
from support.database import PrivatePostgres

People = Callable[..., Person]


def send(page: Page, words: str) -> None:
    page.get_by_label("Message", exact=True).fill(words)
    page.keyboard.press("Enter")


def test_a_question_is_answered_with_rows_and_kept(person: People, chat_agent: PageAgent, model: scripted_model.ScriptedModel) -> None:
    model.then(scripted_model.call("query_database", query="SELECT 'a cell' AS word, 42 AS n"), scripted_model.text("It is **42**."))
    page = person(agent=chat_agent).sign_in("ann")
    send(page, "What is the number?")
    article = page.get_by_role("article", name="Agent")
    expect(article.locator("strong")).to_have_text("42")
    expect(article.get_by_role("cell", name="a cell")).to_be_visible()
    article.get_by_text("Ran SQL").click()
    expect(article.get_by_text("SELECT 'a cell' AS word, 42 AS n").last).to_be_visible()
    expect(page.locator(".conversations [aria-current]")).to_be_visible()
    page.reload()
    expect(page.get_by_role("article", name="Agent").locator("strong")).to_have_text("42")
    expect(page.get_by_role("cell", name="a cell")).to_be_visible()
    assert scripted_model.KEY not in page.content()


@pytest.mark.parametrize(("button", "left", "said"), [
    ("Execute", "2two,3three", "You approved this write."), ("Cancel", "1one,2two,3three", "You declined this write."),
])
def test_a_write_of_the_model_waits_for_the_person(
    person: People, chat_agent: PageAgent, model: scripted_model.ScriptedModel, postgres: PrivatePostgres, button: str, left: str, said: str
) -> None:
    prepare(postgres, "writes_of_chat")
    model.then(
        scripted_model.call("query_database", query="DELETE FROM writes_of_chat WHERE id = 1", database="stock"), scripted_model.text("So it is."))
    one = person(agent=chat_agent)
    page = one.sign_in("ann")
    one.choose("stock")
    send(page, "Delete the first")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("DELETE FROM writes_of_chat WHERE id = 1")
    assert rows(postgres, "writes_of_chat") == "1one,2two,3three"
    dialog.get_by_role("button", name=button).click()
    expect(page.get_by_role("article", name="Agent")).to_contain_text("So it is.")
    expect(page.get_by_role("article", name="Agent")).to_contain_text(said)
    assert rows(postgres, "writes_of_chat") == left
    # What was declined has neither run nor failed, which what was kept says too.
    badge = re.compile("^(declined)$" if button == "Cancel" else r"^\d+(\.\d+)? m?s$")
    expect(page.locator(".call .badge")).to_have_text(badge)
    page.reload()
    expect(page.get_by_role("article", name="Agent")).to_contain_text(said)
    expect(page.locator(".call .badge")).to_have_text(badge)


def test_an_answer_is_stopped_and_says_so(person: People, chat_agent: PageAgent, model: scripted_model.ScriptedModel) -> None:
    held = threading.Event()
    model.then(scripted_model.text("The beginning and the end of it.", hold=held))
    page = person(agent=chat_agent).sign_in("ann")
    send(page, "Begin")
    expect(page.get_by_role("article", name="Agent")).to_contain_text("The beginnin")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("article", name="Agent")).to_contain_text("Stopped. This answer is not complete.")
    held.set()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def test_a_question_is_edited_in_its_place(person: People, chat_agent: PageAgent, model: scripted_model.ScriptedModel) -> None:
    model.then(scripted_model.text("One."), scripted_model.text("Two."))
    page = person(agent=chat_agent).sign_in("ann")
    send(page, "First words")
    expect(page.get_by_role("article", name="Agent")).to_contain_text("One.")
    page.get_by_role("article", name="You").hover()
    page.get_by_role("button", name="Edit and resend").click()
    page.locator(".edit-form textarea").fill("Other words")
    page.get_by_role("button", name="Resend").click()
    expect(page.get_by_role("article", name="Agent")).to_contain_text("Two.")
    page.reload()
    expect(page.get_by_role("article", name="You")).to_have_count(1)
    expect(page.get_by_role("article", name="You")).to_contain_text("Other words")
