"""What the tests of the SQL, schema and administration views share: names and comments of somebody who means harm, and what each
view has to keep to."""

from __future__ import annotations

from playwright.sync_api import Page

from .browser import Person, violations_of_accessibility
from .database import PrivatePostgres

# What would run, break out or turn the text around if it ever became HTML. `pwn` tells the watch of every test.
HTML = '<img src=x onerror="pwn(1)">'
BIDI = "abc\u202egpj.exe\u2066"
HOSTILE = [
    HTML, "</script><script>pwn(1)</script>", '<svg onload="pwn(1)"><a href="javascript:pwn(1)">x</a></svg>', BIDI,
    "\"'`${pwn(1)}{{7*7}}",
]

# An audit log, for the view that shows it.
MORE = "audit: { file: audit.log }\nstate: { directory: state }\n"


def name(text: str) -> str:
    """A name of PostgreSQL, quoted, as long as one may be."""
    return '"' + text.encode()[:60].decode(errors="ignore").replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def prepare(postgres: PrivatePostgres) -> None:
    """A schema `odd` in which everything is hostile, and a table `todo` to write to."""
    statements = [
        "CREATE SCHEMA odd", "GRANT USAGE ON SCHEMA odd TO reader", "CREATE TABLE odd.numbers (id int PRIMARY KEY, value int)",
        "INSERT INTO odd.numbers SELECT n, n * n FROM generate_series(1, 3000) n", "ANALYZE odd.numbers",
    ]
    for index, text in enumerate(HOSTILE):
        table = f"odd.{name(text)}"
        statements += [
            f"CREATE TABLE {table} (id int PRIMARY KEY REFERENCES odd.numbers, {name(text)} text DEFAULT {literal(text)})",
            f"COMMENT ON TABLE {table} IS {literal(text)}", f"COMMENT ON COLUMN {table}.{name(text)} IS {literal(text)}",
            f"CREATE INDEX {name(f'{index} {text}')} ON {table} ({name(text)})",
            f"INSERT INTO {table} VALUES (1, {literal(text)})",
        ]
    statements += [
        "GRANT SELECT ON ALL TABLES IN SCHEMA odd TO reader", f"COMMENT ON SCHEMA odd IS {literal(HTML)}",
        "CREATE TABLE todo (id int PRIMARY KEY, what text)",
    ]
    postgres.sql("; ".join(statements))


class Visit(Person):
    """Somebody who is signed in and opens a view."""

    def open(self, view: str, database: str | None = None) -> Page:
        self.page.goto(f"/#/{view}")
        self.page.get_by_role("navigation", name="Views").wait_for()
        if database:
            self.choose(database)
        return self.page


def check_accessibility(page: Page, within: str | None = None) -> None:
    found = violations_of_accessibility(page, within)
    assert not found, "\n".join(found)


def check_fits(page: Page) -> None:
    """Nothing makes the page wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    wide = page.evaluate("document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth")
    assert wide <= 0, f"the view is {wide} pixels too wide"
