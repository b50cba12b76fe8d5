"""Tables, files and charts of results."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import PageAgent, Person, violations_of_accessibility

People = Callable[..., Person]


@pytest.fixture(scope="module")
def reader(browser: Browser, agent: PageAgent) -> Iterator[Person]:
    one = Person(browser, agent)
    one.sign_in("ann")
    yield one
    one.end()


@pytest.fixture
def page(reader: Person) -> Iterator[Page]:
    """A page in which tables are shown, one after the other."""
    yield reader.page
    reader.check()
    reader.page.evaluate("for (const dialog of document.querySelectorAll('dialog')) dialog.close()")


def show(page: Page, result: dict[str, Any], more: str = "null") -> None:
    """Puts a table into the page as a view does."""
    result = {"rowCount": len(result["rows"]), "truncated": False, "nextOffset": None, "warnings": [], "elapsedMs": 1, "database": "shop", **result}
    page.evaluate(f"""async result => {{
        const {{ resultTable }} = await import('/assets/table.js');
        document.querySelector('.log, main').replaceChildren(resultTable(result, {{ more: {more} }}));
    }}""", result)
    page.locator(".result").wait_for()


def query(page: Page, sql: str) -> None:
    """The same, of what the server answers."""
    page.evaluate("""async sql => {
        const [{ resultTable }, { api }] = await Promise.all([import('/assets/table.js'), import('/assets/api.js')]);
        const more = offset => api.post('/query', { sql, offset });
        document.querySelector('.log, main').replaceChildren(resultTable(await api.post('/query', { sql }), { more }));
    }""", sql)
    page.locator(".result").wait_for()


def columns(**types: str) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in types.items()]


def column(page: Page, at: int) -> list[str]:
    return page.locator(f".result tbody tr:not(.gap) td:nth-child({at})").all_inner_texts()


def test_ten_thousand_rows_are_few_elements_and_scroll(page: Page) -> None:
    show(page, {"columns": columns(id="bigint", name="text"), "rows": [[str(number), f"row {number}"] for number in range(10000)]})
    assert page.locator(".result tr").count() < 120
    expect(page.get_by_text("10,000 rows")).to_be_visible()
    region = page.get_by_role("region", name="Result")
    # At each place: how many rows there are, and how much of what is in sight is not drawn.
    seen = region.evaluate("""async region => {
        const seen = [];
        for (let at = 0; at <= 40; at += 1) {
            region.scrollTop = region.scrollHeight * at / 40;
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            const rows = [...region.querySelectorAll('tbody tr:not(.gap)')].map(row => row.getBoundingClientRect());
            const box = region.getBoundingClientRect();
            seen.push([document.querySelectorAll('*').length, Math.min(...rows.map(row => row.top)) - box.top, box.bottom - Math.max(...rows.map(row => row.bottom))]);
        }
        return seen;
    }""")
    expect(page.get_by_text("row 9999", exact=True)).to_be_visible()
    assert max(count for count, _, _ in seen) < 800
    assert max(above for _, above, _ in seen) <= 40 and max(below for _, _, below in seen) <= 40, "what is in sight is drawn"
    assert page.locator("tbody tr").last.get_attribute("aria-rowindex") in ("10001", None)
    region.focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("row 0", exact=True)).to_be_visible()


def test_kinds_are_aligned_and_null_is_no_text(page: Page) -> None:
    query(page, "SELECT 1::bigint AS n, 'NULL'::text AS word, NULL::text AS nothing, '' AS empty, true AS yes")
    cells = page.locator("tr:not(.gap) > td")
    assert cells.nth(0).evaluate("cell => getComputedStyle(cell).textAlign") == "right"
    assert cells.nth(1).evaluate("cell => getComputedStyle(cell).textAlign") in ("left", "start")
    expect(cells.nth(1).locator(".null")).to_have_count(0)
    expect(cells.nth(2).locator(".null")).to_have_text("NULL")
    expect(cells.nth(3)).to_have_text("")


@pytest.mark.parametrize(("kind", "values", "ordered"), [
    ("bigint", ["9", "10", "-3", "9223372036854775807", "9223372036854775806"], ["-3", "9", "10", "9223372036854775806", "9223372036854775807"]),
    ("numeric", ["1.10", "NaN", "1.9", "-0.5", "100000000000000000000.2", "100000000000000000000.1"],
     ["-0.5", "1.10", "1.9", "100000000000000000000.1", "100000000000000000000.2", "NaN"]),
    ("integer", [10, 9, 100, -1], ["-1", "9", "10", "100"]),
    ("timestamp with time zone", ["2024-01-01 00:30:00+02", "2023-12-31 23:00:00+00", "0044-03-15 12:00:00+00 BC", "infinity"],
     ["0044-03-15 12:00:00+00 BC", "2024-01-01 00:30:00+02", "2023-12-31 23:00:00+00", "infinity"]),
    ("date", ["2024-02-01", "2023-12-31", "10000-01-01"], ["2023-12-31", "2024-02-01", "10000-01-01"]),
    ("interval", ["1 day", "23:00:00", "1 mon", "-1 days"], ["-1 days", "23:00:00", "1 day", "1 mon"]),
    ("text", ["b", "a", "C"], ["a", "b", "C"]),
    ("boolean", [True, False], ["false", "true"]),
])
def test_columns_are_sorted_as_what_they_hold(page: Page, kind: str, values: list[Any], ordered: list[str]) -> None:
    show(page, {"columns": columns(v=kind), "rows": [[None], *[[value] for value in values]]})
    page.get_by_role("button", name="v", exact=True).click()
    assert column(page, 1) == [*ordered, "NULL"]
    expect(page.get_by_role("columnheader")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="v", exact=True).click()
    assert column(page, 1) == ["NULL", *reversed(ordered)]
    page.get_by_role("button", name="v", exact=True).click()
    assert column(page, 1)[0] == "NULL"


FORMULAS = ["=1+1", "+1 234", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "=HYPERLINK(\"http://evil.example\")", "＝1"]


def test_files_hold_no_formulas(page: Page) -> None:
    rows = [[text, "-12.5"] for text in FORMULAS] + [["plain", None], ["a,\"b\"\nc", "3"]]
    show(page, {"columns": columns(**{"=cmd": "text", "n": "numeric"}), "rows": rows})
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV").click()
    text = found.value.path().read_bytes().decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read[0] == ["'=cmd", "n"]
    assert [row[0] for row in read[1:len(FORMULAS) + 1]] == ["'" + one for one in FORMULAS]
    assert {row[1] for row in read[1:len(FORMULAS) + 1]} == {"-12.5"}
    assert read[-2:] == [["plain", ""], ["a,\"b\"\nc", "3"]]
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("Copied", exact=True)).to_have_count(1)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert list(csv.reader(io.StringIO(copied, newline=""), delimiter="\t"))[1][0] == "'=1+1"


def test_json_keeps_every_value(page: Page) -> None:
    query(page, "SELECT 9223372036854775807 AS big, 1.10 AS exact, '{\"n\": 12345678901234567890123}'::jsonb AS doc, NULL AS nothing")
    with page.expect_download() as found:
        page.get_by_role("button", name="JSON").click()
    text = found.value.path().read_text()
    assert json.loads(text)["rows"] == [["9223372036854775807", "1.10", {"n": 12345678901234567890123}, None]]


def test_a_long_value_opens(page: Page) -> None:
    query(page, "SELECT repeat('word ', 2000) || 'end' AS long")
    page.get_by_title("Show the whole value").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("word end")
    assert violations_of_accessibility(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_more_rows_are_fetched(page: Page) -> None:
    query(page, "SELECT n FROM generate_series(1, 1500) AS n ORDER BY n")
    expect(page.get_by_text("1,000 rows, and there are more")).to_be_visible()
    page.get_by_role("button", name="More rows").click()
    expect(page.get_by_text("1,500 rows", exact=True).first).to_be_visible()
    expect(page.get_by_role("button", name="More rows")).to_be_hidden()


@pytest.mark.parametrize(("names", "rows", "kind", "mark"), [
    ({"city": "text", "n": "integer"}, [["A", 3], ["B", 5], ["C", -1]], "bar", "rect.bar-mark"),
    ({"day": "date", "n": "numeric"}, [["2024-01-01", "1.5"], ["2024-01-02", "2"], ["2024-02-01", "0"]], "line", "path.line-mark"),
    ({"a": "double precision", "b": "bigint"}, [[1.5, "10"], [2.5, "20"], [3, "15"]], "scatter", "circle.point-mark"),
])
def test_a_chart_is_drawn_beside_the_table(page: Page, names: dict[str, str], rows: list[Any], kind: str, mark: str) -> None:
    show(page, {"columns": columns(**names), "rows": rows})
    page.get_by_role("button", name="Chart").click()
    drawing = page.get_by_role("img")
    expect(drawing).to_have_attribute("aria-label", f"{kind.capitalize()} chart of {list(names)[1]} by {list(names)[0]}")
    assert drawing.locator(mark).count() == (1 if kind == "line" else 3)
    expect(page.get_by_role("table")).to_be_visible()
    page.get_by_label("Chart", exact=True).select_option("line")
    expect(drawing.locator("path.line-mark")).to_have_count(1)


def test_rows_and_names_of_columns_never_run(page: Page) -> None:
    attack = "<img src=x onerror=pwn(1)><script>pwn(2)</script>\u202ecod.exe\u200b\x07"
    show(page, {
        "columns": [{"name": attack, "type": attack}, {"name": attack, "type": "integer"}], "command": attack,
        "rows": [[attack, 1], [attack + "x" * 400, 2], [{"a": attack}, 3]], "warnings": [attack], "database": attack,
    })
    page.get_by_role("button", name="Chart").click()
    page.get_by_role("img").wait_for()
    page.get_by_title("Show the whole value").first.click()
    shown = page.locator("body").inner_text()
    assert "\u202e" not in shown and "⟨U+202E⟩" in shown and "⟨U+200B⟩" in shown and "⟨U+0007⟩" in shown
    assert page.locator(":is(dialog, .result) :is(img, script)").count() == 0


# Of each text of a drawing: how large it is on the screen, and its box; and the box of the drawing.
TEXTS = """svg => {
    const box = one => { const { left, top, right, bottom } = one.getBoundingClientRect(); return [left, top, right, bottom]; };
    const texts = [...svg.querySelectorAll('text')].map(text => [parseFloat(getComputedStyle(text).fontSize) * svg.getScreenCTM().a, box(text)]);
    return [texts, box(svg), box(svg.parentElement)];
}"""


def check_texts_of_chart(page: Page) -> None:
    texts, drawing, place = page.get_by_role("img").evaluate(TEXTS)
    assert len(texts) >= 6 and drawing[2] - drawing[0] >= place[2] - place[0] - 1
    assert all(11 <= size <= 14 for size, _ in texts), texts
    for index, (_, a) in enumerate(texts):
        assert a[0] >= drawing[0] - 1 and a[2] <= drawing[2] + 1 and a[3] <= drawing[3] + 1, "a text is cut off"
        for _, b in texts[index + 1:]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] + 3 or b[3] <= a[1] + 3, "two texts lie on each other"


def test_a_result_fits_a_phone(person: People) -> None:
    page = person(viewport={"width": 360, "height": 740}).sign_in("ann")
    query(page, "SELECT *, repeat('wide ', 20) AS words FROM revenue_by_month")
    page.get_by_role("button", name="Chart").click()
    page.get_by_role("img").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('main').scrollWidth <= innerWidth")
    assert page.locator(".result-scroll").evaluate("box => box.scrollWidth > box.clientWidth + 100"), "the table scrolls in its own box"
    for kind in ("line", "bar", "scatter"):
        page.get_by_label("Chart", exact=True).select_option(kind)
        check_texts_of_chart(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations_of_accessibility(page) == []


@pytest.mark.parametrize("rows", [
    [[f"a rather long name, the {number}th of many", str(10 ** (number % 9))] for number in range(40)],
    [["short", "-1234567.125"], ["other", "0.0001"]],
], ids=["many", "few"])
def test_a_chart_is_drawn_anew_for_another_width(page: Page, rows: list[Any]) -> None:
    show(page, {"columns": columns(name="text", value="numeric"), "rows": rows})
    page.get_by_role("button", name="Chart").click()
    page.get_by_role("img").wait_for()
    try:
        for width in (1280, 768, 360):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            check_texts_of_chart(page)
    finally:
        page.set_viewport_size({"width": 1280, "height": 800})


def test_the_heading_of_numbers_stands_over_them(page: Page) -> None:
    show(page, {"columns": columns(n="integer", word="text"), "rows": [[1, "a"], [12345678, "b"]]})

    def gaps() -> list[float]:
        return page.evaluate("""() => [1, 2].map(at => {
            const [head, cell] = [`th:nth-child(${at}) .name`, `tbody tr:not(.gap) td:nth-child(${at})`].map(selector => {
                const range = document.createRange();
                range.selectNodeContents(document.querySelector(`.result ${selector}`).firstChild);
                return range.getBoundingClientRect();
            });
            return at === 1 ? head.right - cell.right : head.left - cell.left;
        })""")

    assert all(abs(gap) <= 1 for gap in gaps()), gaps()
    page.get_by_role("button", name="n", exact=True).click()
    expect(page.get_by_role("columnheader").first).to_have_attribute("aria-sort", "ascending")
    assert abs(gaps()[0]) <= 1, "the mark of sorting stands beside it"
