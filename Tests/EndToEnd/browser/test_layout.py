"""What holds for every view: nothing jumps, nothing is cut off on paper, everything fits a telephone, each dialog is accessible."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from support.panels import Visit, check_accessibility, check_fits
from support.scripted_model import ScriptedModel, call, text

Make = Callable[..., Visit]
ANSWER = "# What there is\n\nA **paragraph** of some length, so that it fills more than one line of what is shown here.\n\n" + "".join(
    f"- point {number} of the list\n" for number in range(12)) + "\n| a | b |\n|---|--:|\n| one | 1 |\n\n```sql\nSELECT 1\n```\n\nThe end."
TABS = ("Tokens", "Users", "Sessions", "Checkup", "Audit log", "Metrics")

# Shifts that follow at once on what a person did are none (https://web.dev/articles/cls); the views are opened by their address,
# so that all of them count.
SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) {
        window.shifts.push([one.value, one.sources.map(source => source.node?.nodeName + '.' + source.node?.className).join(' ')]);
    }
}).observe({ type: 'layout-shift', buffered: true });
"""


def ask(page: Page, model: ScriptedModel, *steps: object) -> None:
    model.then(*steps)  # type: ignore[arg-type]
    page.get_by_label("Message", exact=True).fill("What is there?")
    page.get_by_label("Message", exact=True).press("Enter")


def settled(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    # The state of the load comes once; what comes afterwards is over where nothing is busy any more.
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def views(page: Page) -> list[tuple[str, Callable[[], None]]]:
    """Each view, and how it is opened and filled."""
    def at(address: str) -> None:
        page.evaluate("address => { location.hash = address; }", address)

    def sql() -> None:
        at("#/sql")
        page.get_by_label("SQL editor").fill("SELECT o.*, repeat('wide ', 40) AS words FROM orders o LIMIT 40")
        page.locator(".verdict-runs").wait_for()
        page.get_by_label("SQL editor").press("Control+Enter")
        page.locator(".sql-status").filter(has_text="40 rows in").wait_for()

    def plan() -> None:
        page.get_by_role("button", name="Explain").focus()
        page.keyboard.press("Enter")
        page.get_by_role("group", name="Plan of the statement").wait_for()

    def picture() -> None:
        at("#/schema")
        page.get_by_role("treeitem", name="public").focus()
        page.keyboard.press("Enter")
        page.get_by_role("img", name="Tables of public").wait_for()

    def table() -> None:
        page.get_by_role("treeitem", name="orders,").focus()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="public.orders").wait_for()

    def tab(name: str) -> Callable[[], None]:
        def show() -> None:
            at("#/admin")
            page.get_by_role("tab", name=name).evaluate("tab => tab.click()")
            page.get_by_role("tabpanel", name=name).wait_for()
        return show

    return [("sql", sql), ("plan", plan), ("picture", picture), ("table", table), *((name, tab(name)) for name in TABS)]


def test_nothing_jumps(visit: Make, model: ScriptedModel) -> None:
    one = visit()
    one.context.add_init_script(SHIFTS)
    page = one.open("chat", "shop")
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    found: dict[str, float] = {}
    told: list[object] = []

    def note(name: str) -> None:
        settled(page)
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        shifts = page.evaluate("window.shifts.splice(0)")
        found[name] = sum(value for value, _ in shifts)
        told.extend([name, *shift] for shift in shifts)

    note("welcome")
    ask(page, model, text(ANSWER, chunk=7, delay=0.004))
    expect(page.get_by_role("article", name="Agent")).to_contain_text("The end.")
    note("answer")
    ask(page, model, call("query_database", query="SELECT * FROM orders LIMIT 30"), text("Thirty."))
    expect(page.get_by_role("article", name="Agent").last).to_contain_text("Thirty.")
    note("rows")
    page.reload()
    expect(page.get_by_role("article", name="Agent").last).to_contain_text("Thirty.")
    note("kept conversation")
    for name, show in views(page):
        show()
        note(name)
    assert max(found.values()) < 0.1, (found, told)


def test_everything_fits_a_small_telephone(visit: Make, model: ScriptedModel) -> None:
    page = visit(width=360, height=700).open("chat", "stock")
    check_fits(page)
    ask(page, model, call("query_database", query="SELECT o.*, repeat('x', 300) AS long FROM orders o LIMIT 5"), text(
        ANSWER + "\n\n" + "unbroken" * 60 + "\n\n```\n" + "code " * 80 + "\n```\n\n| " + " | ".join("column" for _ in range(30)) + " |\n|" + "---|" * 30))
    expect(page.get_by_role("article", name="Agent")).to_contain_text("unbroken")
    settled(page)
    page.locator(".call summary").click()
    check_fits(page)
    page.get_by_role("button", name="Conversations").click()
    check_fits(page)
    page.keyboard.press("Escape")
    for _, show in views(page):
        show()
        settled(page)
        check_fits(page)


CUT = """() => {
    const cut = [];
    for (const element of document.querySelectorAll('main, main *')) {
        const style = getComputedStyle(element), box = element.getBoundingClientRect();
        if (!box.width || !box.height || style.visibility === 'hidden' || element.closest('svg, .visually-hidden, textarea, select, input')) continue;
        if (style.overflowY !== 'visible' && element.scrollHeight > element.clientHeight + 2) cut.push(['below', element.tagName, element.className]);
        if (style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 2) cut.push(['right', element.tagName, element.className]);
    }
    return cut;
}"""


def test_on_paper_nothing_is_cut_off_and_what_is_only_for_the_screen_is_gone(visit: Make, model: ScriptedModel) -> None:
    page = visit().open("chat", "shop")
    sql = "SELECT order_id, status FROM orders -- " + "a long remark " * 20 + "\nORDER BY order_id LIMIT 150"
    ask(page, model, call("query_database", query=sql), text(ANSWER * 3))
    expect(page.get_by_role("article", name="Agent").last).to_contain_text("The end.")
    settled(page)
    page.locator(".call summary").click()
    page.emulate_media(media="print")
    for gone in (page.get_by_role("navigation", name="Views"), page.locator(".composer"), page.locator(".sidebar"), page.locator(".message-actions").first):
        expect(gone).to_be_hidden()
    expect(page.locator(".call-body pre").first).to_be_visible()
    assert page.evaluate(CUT) == []
    # Paper has pages; what lies in a box of its own height is cut to one.
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert pages >= 3, pages
    page.emulate_media(media="screen")
    page.evaluate("location.hash = '#/sql'")
    page.get_by_label("SQL editor").fill(sql)
    page.get_by_label("SQL editor").press("Control+Enter")
    page.locator(".sql-status").filter(has_text="150 rows in").wait_for()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Views")).to_be_hidden()
    assert page.evaluate(CUT) == []


def test_a_table_is_printed_with_all_its_rows(visit: Make) -> None:
    page = visit().open("sql", "shop")
    page.get_by_label("SQL editor").fill("SELECT order_id, status FROM orders ORDER BY order_id LIMIT 150")
    page.get_by_label("SQL editor").press("Control+Enter")
    page.locator(".sql-status").filter(has_text="150 rows in").wait_for()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".result tbody tr:not(.gap)")).to_have_count(150)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".result tbody tr:not(.gap)")).not_to_have_count(150)


def test_each_dialog_and_menu_is_accessible(visit: Make, model: ScriptedModel) -> None:
    one = visit("root")
    page = one.open("chat", "stock")
    dialog = page.get_by_role("dialog")

    def check(within: str = "dialog") -> None:
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            check_accessibility(page, within)

    ask(page, model, call("query_database", query="DELETE FROM todo WHERE id = 99", database="stock"), text("Nothing to do."))
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    expect(dialog.get_by_role("button", name="Execute")).to_be_enabled()
    check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("article", name="Agent")).to_contain_text("Nothing to do.")
    menu = page.get_by_label(re.compile("^Actions for")).first
    for name in ("Rename", "Delete"):
        menu.click()
        if name == "Rename":
            expect(page.get_by_role("button", name="Export as Markdown")).to_be_visible()
            check(".item-menu[open] .popover")
        page.get_by_role("button", name=name, exact=True).click()
        dialog.wait_for()
        check()
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
    page.evaluate("location.hash = '#/sql'")
    page.get_by_label("SQL editor").fill("SELECT repeat('long ', 100) AS words")
    page.get_by_label("SQL editor").press("Control+Enter")
    page.get_by_title("Show the whole value").click()
    check()
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#/admin'")
    page.get_by_role("tab", name="Sessions").click()
    page.get_by_role("button", name=re.compile("^End:")).first.click()
    dialog.wait_for()
    check()
    page.keyboard.press("Escape")
    one.context.clear_cookies()
    page.get_by_role("tab", name="Users").click()
    dialog.get_by_label("Password", exact=True).wait_for()
    check()


def test_nothing_moves_for_who_wants_no_motion(visit: Make) -> None:
    page = visit().open("sql", "shop")
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("document.body.append(Object.assign(document.createElement('span'), { className: 'spinner' }))")
    moving = page.evaluate("""() => [...document.querySelectorAll('*')].filter(one => {
        const style = getComputedStyle(one);
        return parseFloat(style.animationDuration) > 0.001 || (parseFloat(style.transitionDuration) > 0.001 && style.transitionProperty !== 'none');
    }).map(one => one.className)""")
    assert moving == []
