#!/usr/bin/env python3
"""Makes the pictures of the page in Documentation/images: a real agentd and PostgreSQL, the words of the model from this script.

    python=$(scripts/venv.sh screenshots playwright==1.55.0 axe-playwright-python==0.1.8 pillow==13.0.0 | tail -n 1)
    AGENTD=… AGENTCTL=… "$python" scripts/screenshots.py [folder]

Into another folder go all of them, not only those that the documentation shows. Look at each picture before it is committed.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

VIEWS = (
    "sign-in", "chat", "result", "approval", "welcome", "sql", "plan", "refused", "schema", "table", "tokens", "users", "sessions", "checkup",
    "audit", "metrics",
)
KINDS: dict[str, dict[str, Any]] = {"": {}, "-dark": {"color_scheme": "dark"}, "-phone": {"viewport": {"width": 360, "height": 720}}}
SHOWN = {
    "sign-in", "chat", "chat-dark", "chat-phone", "result", "result-phone", "approval", "approval-phone", "sql", "plan", "plan-dark", "refused",
    "schema", "schema-dark", "table", "tokens", "users", "checkup", "audit", "metrics",
}
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

from PIL import Image  # noqa: E402
from playwright.sync_api import Page  # noqa: E402
from support.browser import PageAgent, Person, launched  # noqa: E402
from support.database import PrivatePostgres  # noqa: E402
from support.panels import MORE  # noqa: E402
from support.page_wire import BEGIN, DONE, Wire, conversation, events, text  # noqa: E402

SQL = "SELECT month, revenue, orders\nFROM revenue_by_month\nORDER BY month DESC\nLIMIT 6"
WORDS = """Revenue held **steady** over the last six months:

- the best month stands at the top of the table,
- orders and revenue move together, so prices did not change much.

Ask me for single products with `GROUP BY product` if you want to know why."""
TITLES = ["Revenue of the last six months", "Customers without orders", "Slowest queries this week", "Stock below ten"]


def answer(agent: PageAgent) -> str:
    _, _, columns = agent.request("POST", "/api/v1/query", {"sql": "SELECT * FROM revenue_by_month LIMIT 1"})
    names = [column["name"] for column in columns["columns"]]
    sql = f"SELECT {', '.join(names)}\nFROM revenue_by_month\nORDER BY {names[0]} DESC\nLIMIT 6"
    status, _, result = agent.request("POST", "/api/v1/query", {"sql": sql})
    assert status == 200, result
    call = {"id": "k1", "name": "query_database", "arguments": {"query": sql}, "sql": sql, "database": "shop"}
    done = {"call": "k1", "isError": False, "text": "", "elapsedMs": result["elapsedMs"], "result": result}
    usage: dict[str, Any] = {"inputTokens": 2184, "outputTokens": 143, "cachedInputTokens": 0, "steps": 2}
    return events(BEGIN, *text("I look at the revenue by month."), ("tool_call", call), ("result", done), *text(WORDS), ("usage", usage), DONE)


def chat(person: Person, agent: PageAgent) -> Page:
    kept = [conversation(f"c{number}", title) for number, title in enumerate(TITLES, 1)]
    Wire(person.page, answer(agent), conversations=kept)
    page = person.sign_in("ann")
    page.get_by_label("Message", exact=True).fill("How was our revenue in the last six months?")
    page.keyboard.press("Enter")
    page.get_by_text("2,184 tokens").wait_for()
    return page


def approval(page: Page) -> None:
    page.evaluate("""async () => {
        const [{ approve }, { api }] = await Promise.all([import('/assets/approval.js'), import('/assets/api.js')]);
        const sql = "UPDATE products SET price = price * 1.05;\\nUPDATE stock SET reorder_at = 20 WHERE quantity < 5";
        await api.post('/query', { sql, database: 'stock' }).catch(problem => { window.answer = approve(problem.members.approval, null); });
    }""")
    page.get_by_role("dialog").get_by_role("button", name="Execute").wait_for()
    page.wait_for_timeout(800)


def panels(person: Person, shot: Shots, name: str) -> None:
    """The views of SQL, the schema and administration."""
    page = person.sign_in("root")
    page.goto("/#/sql")
    editor = page.get_by_label("SQL editor")
    editor.fill("-- What each state of an order is worth\nSELECT o.status, count(*) AS items, sum(i.quantity * i.unit_price) AS worth\n"
                "FROM orders o JOIN order_items i USING (order_id)\nWHERE o.placed_at >= '2020-01-01'\nGROUP BY o.status ORDER BY worth DESC")
    page.locator(".verdict-runs").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator(".sql-status").filter(has_text="rows in").wait_for()
    shot(page, f"sql{name}")
    page.get_by_label("ANALYZE").check()
    page.get_by_role("button", name="Explain").click()
    page.locator(".plan").wait_for()
    shot(page, f"plan{name}")
    if f"refused{name}" in shot.wanted:
        refused(page, shot, name)
    page.get_by_role("link", name="Schema").click()
    page.get_by_role("treeitem", name="public").click()
    page.get_by_role("img", name="Tables of public").wait_for()
    shot(page, f"schema{name}")
    if f"table{name}" in shot.wanted:
        administration(page, shot, name)
    person.end()


def refused(page: Page, shot: Shots, name: str) -> None:
    # Without the plan of another statement below it.
    page.reload()
    editor = page.get_by_label("SQL editor")
    editor.fill("DELETE FROM orders WHERE status = 'cancelled'")
    page.locator(".verdict-refused").wait_for()
    shot(page, f"refused{name}")


def administration(page: Page, shot: Shots, name: str) -> None:
    page.get_by_role("treeitem", name="orders,").click()
    page.get_by_role("heading", name="public.orders").wait_for()
    shot(page, f"table{name}")
    page.get_by_role("link", name="Admin").click()
    for tab, wanted in {"Tokens": "tokens", "Users": "users", "Sessions": "sessions", "Checkup": "checkup", "Audit log": "audit", "Metrics": "metrics"}.items():
        page.get_by_role("tab", name=tab).click()
        page.get_by_text("Loading…").wait_for(state="detached")
        shot(page, f"{wanted}{name}")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    postgres = PrivatePostgres()
    try:
        with tempfile.TemporaryDirectory() as place, launched() as browser:
            agent = PageAgent(Path(place), postgres, MORE)
            try:
                make(folder, browser, agent)
            finally:
                agent.end()
    finally:
        postgres.remove()


class Shots:
    """Takes the pictures that are wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        every = {f"{name}{kind}" for name in VIEWS for kind in KINDS}
        self.wanted = SHOWN if folder == ROOT / "Documentation" / "images" else every

    def __call__(self, page: Page, name: str) -> None:
        if name not in self.wanted:
            return
        page.wait_for_timeout(300)
        # 256 colours are enough for what has so few, and make a third of the size.
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        picture = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        picture.save(self.folder / f"{name}.png", optimize=True)


def make(folder: Path, browser: Any, agent: PageAgent) -> None:
    shot = Shots(folder)
    for name, options in KINDS.items():
        one = Person(browser, agent, **{"viewport": {"width": 1200, "height": 760}, **options})
        one.context.set_default_timeout(60_000)
        one.page.goto("/")
        one.page.get_by_role("heading", name="Sign in").wait_for()
        shot(one.page, f"sign-in{name}")
        page = chat(one, agent)
        page.get_by_text("Ran SQL").click()
        page.locator(".chat-stage").evaluate("stage => { stage.scrollTop = 0; }")
        shot(page, f"chat{name}")
        if f"result{name}" in shot.wanted:
            page.get_by_role("button", name="Chart").click()
            page.get_by_role("img").wait_for()
            page.get_by_role("img").scroll_into_view_if_needed()
            shot(page, f"result{name}")
        if f"approval{name}" in shot.wanted:
            one.choose("stock")
            approval(page)
            shot(page, f"approval{name}")
            page.keyboard.press("Escape")
            page.get_by_role("dialog").wait_for(state="detached")
        if f"welcome{name}" in shot.wanted:
            page.evaluate("location.hash = '#/chat'")
            page.get_by_role("heading", name="What would you like").wait_for()
            shot(page, f"welcome{name}")
        one.end()
        if f"plan{name}" in shot.wanted:
            person = Person(browser, agent, **{"viewport": {"width": 1200, "height": 760}, **options})
            person.context.set_default_timeout(60_000)
            panels(person, shot, name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Documentation" / "images")
