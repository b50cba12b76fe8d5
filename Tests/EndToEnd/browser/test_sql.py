"""The SQL view in a real browser: what the editor says, runs, asks about and refuses, and that nothing in it ever runs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from support.database import PrivatePostgres
from support.page_wire import Held
from support.panels import BIDI, HOSTILE, HTML, Visit, check_accessibility, check_fits, literal, name

Make = Callable[..., Visit]


def write(page: Page, sql: str) -> None:
    page.get_by_label("SQL editor").fill(sql)


def verdict(page: Page, kind: str) -> None:
    expect(page.locator(f".verdict-{kind}")).to_be_visible()


def test_the_verdict_is_said_while_somebody_types(visit: Make) -> None:
    page = visit().open("sql", "shop")
    page.get_by_label("SQL editor").press_sequentially("SELECT 1")
    verdict(page, "runs")
    write(page, "DELETE FROM orders")
    verdict(page, "refused")
    expect(page.locator(".verdict")).to_contain_text("DELETE changes rows")
    expect(page.locator(".tok-marked")).to_have_text("DELETE")
    page.get_by_role("button", name="Show the place").click()
    assert page.evaluate("getSelection() && document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)") == "DELETE"
    write(page, "SELECT 'öäü 😀', pg_sleep(1), pg_read_file('x')")
    verdict(page, "refused")
    expect(page.locator(".tok-marked")).to_have_text("pg_read_file")
    write(page, "")
    verdict(page, "none")
    page.get_by_label("Database").first.select_option("stock")
    write(page, "DELETE FROM todo WHERE id = 1")
    verdict(page, "asks")
    expect(page.locator(".verdict")).to_contain_text("DELETE")


def test_an_older_verdict_never_stands_beside_a_newer_text(visit: Make) -> None:
    one = visit()
    page = one.open("sql", "shop")
    held = Held(page)
    page.route("**/api/v1/classify", lambda route: held.take(route) if "DELETE" in route.request.post_data else route.continue_())
    write(page, "DELETE FROM orders")
    older = held.one()
    write(page, "SELECT 2")
    verdict(page, "runs")
    older.abort()
    page.wait_for_timeout(300)
    verdict(page, "runs")


def test_rows_appear_and_what_the_server_says_of_a_mistake(visit: Make) -> None:
    page = visit().open("sql", "shop")
    write(page, "SELECT id, value FROM odd.numbers ORDER BY id LIMIT 3")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sql-status")).to_contain_text("3 rows in")
    expect(page.locator(".sql-output")).to_contain_text("9")
    write(page, "SELECT nothing FROM odd.numbers")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sql-output .problem")).to_contain_text('column "nothing" does not exist')
    page.get_by_text("History of this tab").click()
    expect(page.locator(".history li")).to_have_count(2)
    page.locator(".history-entry").nth(1).click()
    expect(page.get_by_label("SQL editor")).to_have_value("SELECT id, value FROM odd.numbers ORDER BY id LIMIT 3")


def test_the_selection_alone_runs(visit: Make) -> None:
    page = visit().open("sql", "shop")
    write(page, "SELECT 41 AS first; SELECT 42 AS second")
    page.evaluate("() => { const area = document.querySelector('textarea'); area.focus(); area.setSelectionRange(20, 39); }")
    expect(page.get_by_role("button", name="Run selection")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sql-output")).to_contain_text("second")
    expect(page.locator(".sql-output")).not_to_contain_text("first")


def test_stop_ends_the_statement_on_the_database(visit: Make, postgres: PrivatePostgres) -> None:
    page = visit().open("sql", "stock")
    write(page, "SELECT count(*) AS slow FROM generate_series(1, 100000) a, generate_series(1, 100000) b")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".sql-status")).to_contain_text("Stopped.")
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS slow%' AND state = 'active' AND pid <> pg_backend_pid()"
    for _ in range(100):
        if postgres.sql(running) == "0":
            break
        page.wait_for_timeout(100)
    assert postgres.sql(running) == "0"
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def test_names_are_completed_with_the_keyboard(visit: Make) -> None:
    page = visit().open("sql", "shop")
    editor = page.get_by_label("SQL editor")
    editor.press_sequentially("SELECT * FROM cust")
    options = page.get_by_role("listbox", name="Names").get_by_role("option")
    expect(options.first).to_contain_text("customers")
    assert editor.get_attribute("aria-activedescendant") is None, "nothing is chosen before somebody chooses"
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(editor).to_have_value("SELECT * FROM customers")
    editor.press_sequentially(" c WHERE c.coun")
    expect(options.first).to_contain_text("country")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Control+ ")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Tab")
    expect(editor).to_have_value("SELECT * FROM customers c WHERE c.country")
    page.keyboard.press("Control+z")
    expect(editor).not_to_have_value("SELECT * FROM customers c WHERE c.country")
    # A line break is a line break as long as nothing is chosen, and Tab leaves the editor when there is no list.
    write(page, "SELECT * FROM cust")
    editor.press("End")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(editor).to_have_value("SELECT * FROM cust\n")
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()


def test_a_name_is_never_put_into_the_middle_of_a_word_that_was_written_on(visit: Make) -> None:
    page = visit().open("sql", "shop")
    editor, options = page.get_by_label("SQL editor"), page.get_by_role("listbox", name="Names").get_by_role("option")
    editor.press_sequentially("SELECT * FROM cust")
    expect(options.first).to_contain_text("customers")
    page.evaluate("import('/assets/catalog.js').then(({ forget }) => forget())")
    held = Held(page, "**/api/v1/schema?**")
    editor.press_sequentially("o")
    newer = held.one()
    page.keyboard.press("Tab")
    expect(editor).to_have_value("SELECT * FROM custo")
    newer.continue_()
    expect(options.first).to_contain_text("customers")
    page.keyboard.press("Tab")
    expect(editor).to_have_value("SELECT * FROM customers")


def test_a_name_that_needs_quotes_gets_them(visit: Make) -> None:
    page = visit().open("sql", "shop")
    editor = page.get_by_label("SQL editor")
    editor.press_sequentially("SELECT * FROM odd.")
    page.keyboard.press("Control+ ")
    option = page.get_by_role("option").filter(has_text="<img")
    expect(option).to_be_visible()
    option.click()
    expect(editor).to_have_value(f"SELECT * FROM odd.{name(HTML)}")
    verdict(page, "runs")


def test_a_plan_is_a_tree_with_shares(visit: Make) -> None:
    page = visit().open("sql", "shop")
    write(page, "SELECT status, count(*) FROM orders JOIN order_items USING (order_id) GROUP BY 1")
    verdict(page, "runs")
    page.get_by_role("button", name="Explain").click()
    plan = page.get_by_role("group", name="Plan of the statement")
    expect(plan).to_contain_text("order_items")
    expect(plan).to_contain_text("% of the total")
    assert plan.locator("li li li").count() > 0
    analyze = page.get_by_label("Run it and measure (ANALYZE)")
    analyze.check()
    page.get_by_role("button", name="Explain").click()
    expect(plan).to_contain_text("execution")
    write(page, "DELETE FROM orders")
    verdict(page, "refused")
    expect(analyze).to_be_disabled()
    expect(analyze).not_to_be_checked()


def test_a_write_is_asked_about_and_runs_when_approved(visit: Make, postgres: PrivatePostgres) -> None:
    postgres.sql("TRUNCATE todo")
    page = visit().open("sql", "stock")
    write(page, "INSERT INTO todo VALUES (1, 'milk')")
    verdict(page, "asks")
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator(".sql-status")).to_contain_text("Nothing was run.")
    assert postgres.sql("SELECT count(*) FROM todo") == "0"
    page.get_by_label("SQL editor").press("Control+Enter")
    dialog.get_by_role("button", name="Execute").click()
    expect(page.locator(".sql-status")).to_contain_text("Done, and committed.")
    assert postgres.sql("SELECT count(*) FROM todo") == "1"


def test_a_dry_run_is_still_chosen_when_the_next_write_is_written(visit: Make) -> None:
    page = visit().open("sql", "stock")
    dry_run = page.get_by_label("Dry run")
    write(page, "DELETE FROM todo")
    verdict(page, "asks")
    dry_run.check()
    write(page, "SELECT 1")
    verdict(page, "runs")
    expect(dry_run).to_be_hidden()
    with page.expect_request("**/api/v1/query") as sent:
        page.keyboard.press("Control+Enter")
    assert sent.value.post_data_json == {"sql": "SELECT 1", "database": "stock"}
    expect(page.locator(".sql-status")).to_contain_text("1 row in")
    write(page, "DELETE FROM todo")
    verdict(page, "asks")
    expect(dry_run).to_be_checked()
    with page.expect_request("**/api/v1/query") as sent:
        page.keyboard.press("Control+Enter")
    assert sent.value.post_data_json["dry_run"]
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()


def test_a_write_whose_outcome_is_lost_is_not_called_declined(visit: Make) -> None:
    page = visit().open("sql", "stock")
    write(page, "INSERT INTO todo VALUES (2, 'bread')")
    verdict(page, "asks")
    page.keyboard.press("Control+Enter")
    page.route("**/api/v1/approvals/*", lambda route: route.abort())
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Execute").click()
    dialog.get_by_role("button", name="Close").click()
    expect(page.locator(".sql-status")).to_contain_text("It is unknown whether the write was committed.")
    page.get_by_text("History of this tab").click()
    expect(page.locator(".history")).to_contain_text("It is unknown whether")
    expect(page.locator(".history")).not_to_contain_text("Nothing was run")


def test_a_question_that_comes_after_the_database_was_changed_is_void(visit: Make, postgres: PrivatePostgres) -> None:
    postgres.sql("TRUNCATE todo")
    page = visit().open("sql", "stock")
    write(page, "INSERT INTO todo VALUES (3, 'salt')")
    verdict(page, "asks")
    held = Held(page, "**/api/v1/query")
    page.keyboard.press("Control+Enter")
    question = held.one()
    page.get_by_label("Database").first.select_option("shop")
    with page.expect_response("**/api/v1/approvals/*") as told:
        question.continue_()
    assert told.value.request.post_data_json == {"decision": "decline"}
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The database was changed")
    expect(dialog.get_by_role("button", name="Execute")).to_be_hidden()
    dialog.get_by_role("button", name="Close").click()
    assert postgres.sql("SELECT count(*) FROM todo") == "0"


def test_a_plan_that_comes_as_text_hides_nothing(visit: Make) -> None:
    page = visit().open("sql", "shop")
    page.route("**/api/v1/query", lambda route: route.fulfill(json={
        "columns": [{"name": "QUERY PLAN", "type": "text"}], "rows": [[f"Filter: (name = '{BIDI}')"]], "rowCount": 1, "truncated": False}))
    write(page, "SELECT 1")
    verdict(page, "runs")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".plan")).to_contain_text("⟨U+202E⟩")
    assert "\u202e" not in page.locator(".plan").inner_text()


def test_the_text_outlives_other_views_but_not_the_tab(visit: Make) -> None:
    page = visit().open("sql", "shop")
    write(page, "SELECT 'draft'")
    page.get_by_role("link", name="Schema").click()
    page.get_by_role("treeitem", name="public").click()
    page.get_by_role("treeitem", name="customers").click()
    page.get_by_role("button", name="Insert name").click()
    expect(page.get_by_label("SQL editor")).to_have_value("SELECT 'draft' customers")
    assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])").find("draft") < 0


def test_nothing_hostile_runs_in_rows_names_errors_or_plans(visit: Make) -> None:
    one = visit()
    page = one.open("sql", "shop")
    for text in HOSTILE:
        table, shown = f"odd.{name(text)}", "U+202E" if text == BIDI else text[:12]
        write(page, f"SELECT {literal(text)} AS {name(text)}, t.* FROM {table} t WHERE {name(text)} = {literal(text)} /* {text} */")
        verdict(page, "runs")
        unseen = page.locator(".verdict").get_by_text("cannot be seen")
        expect(unseen).to_be_visible() if text == BIDI else expect(unseen).to_have_count(0)
        page.get_by_label("SQL editor").press("Control+Enter")
        page.locator(".sql-status").filter(has_text="1 row in").wait_for()
        expect(page.locator(".sql-output")).to_contain_text(shown)
        page.get_by_role("button", name="Explain").click()
        page.get_by_role("group", name="Plan of the statement").wait_for()
        for summary in page.locator(".plan summary").all():
            summary.click()
        expect(page.locator(".plan")).to_contain_text(shown)
        write(page, f"SELECT {literal(text)}::int")
        page.get_by_label("SQL editor").press("Control+Enter")
        expect(page.locator(".problem")).to_contain_text("invalid input syntax")
        one.check()
    page.get_by_text("History of this tab").click()
    expect(page.locator(".history")).to_contain_text("U+202E")
    one.check()
    assert not any("\u202e" in text for text in page.locator(".sql-output, .history").all_inner_texts())


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(dark: bool, visit: Make) -> None:
    page = visit(dark=dark).open("sql", "stock")
    write(page, "SELECT status, count(*) FROM orders GROUP BY 1 -- by status")
    verdict(page, "runs")
    page.keyboard.press("Control+Enter")
    page.locator(".sql-status").filter(has_text="rows in").wait_for()
    check_accessibility(page)
    page.get_by_role("button", name="Explain").click()
    page.locator(".plan").wait_for()
    check_accessibility(page)
    write(page, "DELETE FROM todo")
    verdict(page, "asks")
    page.get_by_label("Database").first.select_option("shop")
    verdict(page, "refused")
    check_accessibility(page)
    page.get_by_label("SQL editor").press("End")
    page.keyboard.type(" cust")
    page.keyboard.press("Control+ ")
    check_accessibility(page)


def test_it_fits_a_small_telephone(visit: Make) -> None:
    page = visit(width=360, height=700).open("sql", "stock")
    write(page, "SELECT repeat('x', 200) AS " + "long" * 15 + ", * FROM order_items LIMIT 5")
    verdict(page, "runs")
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator(".sql-status").filter(has_text="rows in").wait_for()
    check_fits(page)
    page.get_by_role("button", name="Explain").click()
    page.locator(".plan").wait_for()
    check_fits(page)


CORPUS = [
    "SELECT 1", "select 'a''b', E'a\\'b', $$a$b$$, $x$ $$ $x$ from t", "SELECT /* a /* b */ c */ 1 -- x", "SELECT 'a'\n  -- c\n 'b', 2",
    "SELECT 'a' 'b'", "SELECT U&'d\\0061t' UESCAPE '!', U&\"d\\0061\"", "SELECT 0x1F, 1_000, 1e5, .5, 1..2, 1.e3, 1e, 0b101, 0o17, 1_",
    "SELECT a+-1, b@-1, c<-d, x->>'k', y::int, z := 1, a=>b", "SELECT B'101', X'1f'\n'aa', N'x'", "SELECT \"a\"\"b\".\"c d\", öäü, _x$1, $1, $12",
    "SELECT 1; DELETE FROM t; -- x\n;; SELECT 2", "SELECT 'it;s'; SELECT \";\"; SELECT $$;$$ /* ; */; SELECT 3", "SELECT '😀'; SELECT öffnung FROM \"Straße\"; DELETE FROM x",
    "SELECT 'open", "SELECT /* open /* */", "SELECT $a$ open $b$", "SELECT \"open", "SELECT E'open\\'", "SELECT a /*+ x */ - - 1 +/* c */+ 2", "SELECT $1$2, $a", "SELECT e'\\\\' , 'x'",
    "SELECT a--b\r, c", "SELECT x FROM t WHERE a <> ALL('{1}') AND b !~ 'c' ; VACUUM", "-- only", "WITH a AS (INSERT INTO t VALUES (';') RETURNING *) SELECT * FROM a; TABLE b",
]


def test_the_highlighter_reads_as_the_classifier_does(visit: Make) -> None:
    """Each text is cut into statements where the server cuts it, each name that the server mentions begins a token, and what does
    not end is found where the server finds it."""
    page = visit().open("sql", "shop")
    found = page.evaluate(
        """async corpus => {
          const [{ tokens, indexOfByte }, { api }] = await Promise.all([import('/assets/highlight.js'), import('/assets/api.js')]);
          await api.session();
          const differences = [];
          for (const sql of corpus) {
            const answer = await api.post('/classify', { sql }), all = tokens(sql), code = all.filter(token => token.kind !== 'comment');
            const open = all.find(token => token.open);
            const said = answer.reason?.code === 'unterminated' ? indexOfByte(sql, answer.reason.offset) : null;
            if ((open ? open.start : null) !== said) differences.push([sql, 'open', open?.start ?? null, said]);
            if (said !== null || answer.reason?.code === 'invalidToken' || answer.reason?.code === 'invalidEscape') continue;
            const parts = [[]];
            for (const token of code) if (sql.slice(token.start, token.end) === ';') parts.push([]); else parts.at(-1).push(token);
            const mine = parts.filter(part => part.length).map(part => [part[0].start, part.at(-1).end]);
            const theirs = answer.statements.map(one => [indexOfByte(sql, one.start), indexOfByte(sql, one.end)]);
            if (JSON.stringify(mine) !== JSON.stringify(theirs)) differences.push([sql, 'statements', mine, theirs]);
            const lines = sql.split('\\n');
            for (const one of answer.statements) for (const mention of [...one.functions, ...one.relations]) {
              const before = lines.slice(0, mention.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
              const start = before + [...lines[mention.line - 1]].slice(0, mention.column - 1).join('').length;
              if (mention.line && mention.column && !all.some(token => token.start === start)) differences.push([sql, 'mention', mention.name, start]);
            }
          }
          return differences;
        }""", CORPUS)
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)
