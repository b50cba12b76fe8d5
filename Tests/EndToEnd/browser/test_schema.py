"""The schema browser in a real browser: the tree, the picture, search, insertion, and hostile names and comments."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from support.database import PrivatePostgres
from support.page_wire import Held
from support.panels import BIDI, HOSTILE, HTML, Visit, check_accessibility, check_fits, name

Make = Callable[..., Visit]


def test_the_tree_opens_by_keyboard_alone(visit: Make) -> None:
    page = visit().open("schema", "shop")
    items = page.get_by_role("treeitem")
    expect(page.get_by_role("treeitem", name="public")).to_be_visible()
    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.keyboard.press("p")
    expect(page.get_by_role("treeitem", name="public")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="public")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="categories")).to_be_focused()
    # Other tests of this server may have made a table that begins with the letter, too.
    for _ in range(page.locator("[role=treeitem][aria-label^='c'][aria-level='3']").count() - 1):
        page.keyboard.press("c")
        if page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("customers"):
            break
    expect(page.get_by_role("treeitem", name="customers")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="public.customers")).to_be_visible()
    expect(page.get_by_role("treeitem", name="customers")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="country")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="customer_id")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name="customers")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("End")
    expect(items.last).to_be_focused()
    page.keyboard.press("Home")
    expect(items.first).to_be_focused()
    assert page.locator("[role=treeitem][tabindex='0']").count() == 1


def test_a_table_is_told_with_all_that_belongs_to_it(visit: Make) -> None:
    page = visit().open("schema", "shop")
    page.get_by_role("treeitem", name="public").click()
    page.get_by_role("treeitem", name="orders,").click()
    detail = page.locator(".schema-detail")
    for text in ("about 1,500 rows", "kB", "One row for each order", "customer_id", "order_status", "identity, always", "orders_placed_at",
                 "CREATE INDEX orders_customer", "Referenced by", "order_items", "primary key"):
        expect(detail).to_contain_text(text)
    detail.get_by_role("button", name="customers", exact=True).click()
    expect(page.get_by_role("heading", name="public.customers")).to_be_visible()
    page.get_by_role("treeitem", name="order_totals").click()
    expect(page.get_by_role("heading", name="Definition")).to_be_visible()


def test_search_finds_tables_columns_and_comments(visit: Make) -> None:
    page = visit().open("schema", "shop")
    search = page.get_by_role("searchbox")
    search.fill("unit_price")
    expect(page.get_by_role("treeitem", name="unit_price").first).to_be_visible()
    expect(page.get_by_role("treeitem", name="public.order_items")).to_be_visible()
    search.fill("not to be trusted")
    expect(page.get_by_role("treeitem", name="public.reviews")).to_be_visible()
    search.fill("no such thing")
    expect(page.get_by_text("0 matches")).to_be_visible()
    search.fill("")
    expect(page.get_by_role("treeitem", name="public").first).to_be_visible()


def test_a_search_and_what_is_chosen_do_not_end_each_other(visit: Make) -> None:
    page = visit().open("schema", "shop")
    search = page.get_by_role("searchbox")
    columns = Held(page, "**/api/v1/schema?database=shop&schema=public&details=true")
    search.fill("product")
    page.get_by_role("treeitem", name="public.products").click()
    expect(page.get_by_role("heading", name="public.products")).to_be_visible()
    columns.one().continue_()
    expect(page.get_by_role("treeitem", name="product_id").first).to_be_visible()
    # The other way round: something is looked for before what was chosen has come.
    search.fill("customers")
    table = Held(page, "**/api/v1/schema?database=shop&schema=public&table=customers")
    page.get_by_role("treeitem", name="public.customers").click()
    chosen = table.one()
    search.fill("no such thing")
    expect(page.get_by_text("0 matches")).to_be_visible()
    chosen.continue_()
    expect(page.get_by_role("heading", name="public.customers")).to_be_visible()


def test_names_are_inserted_into_the_editor(visit: Make) -> None:
    page = visit().open("schema", "shop")
    page.get_by_role("treeitem", name="public").click()
    page.get_by_role("treeitem", name="orders,").click()
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_label("SQL editor")).to_have_value("orders")
    page.go_back()
    page.get_by_role("treeitem", name="customers,").click()
    page.get_by_role("button", name="Insert SELECT").click()
    expect(page.get_by_label("SQL editor")).to_have_value(re.compile("^orders\n\nSELECT customer_id, .*\nFROM customers\nLIMIT 100$"))


def test_the_picture_has_each_table_and_each_foreign_key(visit: Make) -> None:
    page = visit().open("schema", "shop")
    page.get_by_role("treeitem", name="public").click()
    picture = page.get_by_role("img", name="Tables of public")
    expect(picture).to_be_visible()
    assert picture.locator(".er-table").count() >= 9 and picture.locator(".er-link").count() == 8
    boxes = picture.evaluate("svg => [...svg.querySelectorAll('.er-table .er-box')].map(box => { const r = box.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })")
    for index, a in enumerate(boxes):
        for b in boxes[index + 1:]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], "two boxes lie on each other"
    page.get_by_text("The same as a list").click()
    expect(page.locator(".er-list")).to_contain_text("orders refers to customers (customer_id → customer_id)")
    page.locator(".er-list").get_by_role("button", name="reviews").click()
    expect(page.get_by_role("heading", name="public.reviews")).to_be_visible()


def test_sixty_tables_are_still_a_picture(visit: Make, postgres: PrivatePostgres) -> None:
    columns = ", ".join(f"c{n} text" for n in range(8))
    postgres.sql("CREATE SCHEMA IF NOT EXISTS wide; GRANT USAGE ON SCHEMA wide TO reader; " + "; ".join(
        f"CREATE TABLE IF NOT EXISTS wide.t{n} (id int PRIMARY KEY, {columns}"
        + (f", a int REFERENCES wide.t{n // 2}, b int REFERENCES wide.t{1 + n * 7 % (n - 1)}" if n > 1 else "") + ")" for n in range(1, 61)))
    postgres.sql("ALTER TABLE wide.t1 ADD COLUMN IF NOT EXISTS loop int REFERENCES wide.t60" )
    page = visit().open("schema", "shop")
    page.get_by_role("treeitem", name="wide").click()
    picture = page.get_by_role("img", name="Tables of wide")
    expect(picture).to_be_visible()
    assert picture.locator(".er-table").count() == 60
    expect(page.get_by_label("Keys only")).to_be_checked()
    page.get_by_role("button", name="Whole picture").click()
    inside = page.evaluate("document.querySelector('.er-frame').scrollWidth <= document.querySelector('.er-frame').clientWidth")
    assert inside


def test_nothing_hostile_runs_in_names_and_comments(visit: Make) -> None:
    one = visit()
    page = one.open("schema", "shop")
    page.get_by_role("treeitem", name="odd").click()
    page.get_by_text("The same as a list").click()
    for text in HOSTILE:
        shown = "U+202E" if text == BIDI else text[:14]
        row = page.get_by_role("treeitem").filter(has_text=shown).filter(has_not_text="public").last
        row.locator(".tree-name").first.click()
        expect(page.locator(".schema-detail h2")).to_contain_text(shown)
        expect(page.locator(".schema-detail .comment")).to_contain_text(shown)
        one.check()
    assert "\u202e" not in page.locator("main").inner_text()
    page.get_by_role("searchbox").fill(HTML)
    expect(page.locator(".tree-row").first).to_contain_text("odd.<img")
    page.get_by_role("treeitem").first.locator(".tree-insert").first.click(force=True)
    expect(page.get_by_label("SQL editor")).to_have_value(f"odd.{name(HTML)}")


def test_a_reader_sees_what_it_may(visit: Make) -> None:
    page = visit("bob").open("schema")
    expect(page.get_by_role("treeitem", name="public")).to_be_visible()
    expect(page.get_by_role("link", name="Admin")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(dark: bool, visit: Make) -> None:
    page = visit(dark=dark).open("schema", "shop")
    page.get_by_role("treeitem", name="public").click()
    page.get_by_role("img", name="Tables of public").wait_for()
    check_accessibility(page)
    page.get_by_role("treeitem", name="orders,").click()
    page.get_by_role("heading", name="public.orders").wait_for()
    check_accessibility(page)


def test_it_fits_a_small_telephone(visit: Make) -> None:
    page = visit(width=360, height=700).open("schema", "shop")
    page.get_by_role("treeitem", name="odd").click()
    page.get_by_role("img", name="Tables of odd").wait_for()
    check_fits(page)
    page.get_by_role("treeitem").filter(has_text="<svg").last.click()
    page.locator(".comment").wait_for()
    check_fits(page)
