"""What the tests of the SQL, schema and administration views share: an agentd with hostile names in its database, a signed-in
browser, and an eye on everything that must not happen in a page."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from support.agentd import AGENTCTL, AGENTD, CLEAN_ENVIRONMENT, write_configuration
from support.database import PrivatePostgres
from support.http_agent import free_port

expect.set_options(timeout=20_000)

PASSWORD = "a long pass phrase for tests"
# What would run, break out or turn the text around if it ever became HTML.
HTML = '<img src=x onerror="window.pwned=1">'
SCRIPT = "</script><script>window.pwned=1</script>"
SVG = '<svg onload="window.pwned=1"><a href="javascript:window.pwned=1">x</a></svg>'
BIDI = "abc\u202egpj.exe\u2066"
HOSTILE = [HTML, SCRIPT, SVG, BIDI, '"\'`${window.pwned=1}{{7*7}}']

# Where the files of the page lie, to try a change of them without a build.
PAGE_FOLDER = os.environ.get("PAGE_FOLDER")
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


def name(text: str) -> str:
    """A name of PostgreSQL, quoted, as long as one may be."""
    return '"' + text.encode()[:60].decode(errors="ignore").replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class PanelAgent:
    """`shop` is read-only; `stock` is the same database, open for writes. Users: anna may do everything, reed only reads."""

    def __init__(self, folder: Path, postgres: PrivatePostgres) -> None:
        self.folder, self.postgres, self.port = folder, postgres, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "superuser.password").write_text(postgres.superuser_password + "\n")
        (folder / "superuser.password").chmod(0o600)
        (folder / "pass").write_text(PASSWORD + "\n")
        (folder / "pass").chmod(0o600)
        extra = f"""  - name: stock
    host: 127.0.0.1
    port: {postgres.port}
    database: shop
    user: postgres
    password_file: superuser.password
    allow_writes: true
http:
  enabled: true
  listen: 127.0.0.1:{self.port}
  auth: {{ token_file: tokens.yaml, user_file: users.yaml, rate_limit: {{ attempts: 100000, window: 1m }} }}
state: {{ directory: state }}
audit: {{ file: audit.log }}
telemetry: {{ metrics_listen: "127.0.0.1:{free_port()}" }}
"""
        self.configuration = write_configuration(folder, postgres, extra=extra)
        self.ctl("user", "add", "anna", *self._scopes("read,write,admin"), "--password-file", str(folder / "pass"))
        self.ctl("user", "add", "reed", *self._scopes("read"), "--password-file", str(folder / "pass"))
        self.log = open(folder / "agentd.log", "wb")
        self.process = subprocess.Popen(
            [AGENTD, "--http", "--config", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, env=CLEAN_ENVIRONMENT,
        )
        self._wait()

    @staticmethod
    def _scopes(scopes: str) -> list[str]:
        return [option for scope in scopes.split(",") for option in ("--scope", scope)]

    def ctl(self, *arguments: str) -> str:
        result = subprocess.run(
            [AGENTCTL, *arguments, "--config", str(self.configuration)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=60, env=CLEAN_ENVIRONMENT,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.folder / "agentd.log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("agentd does not listen")

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def prepare(postgres: PrivatePostgres) -> None:
    """Tables that are named, commented and filled by somebody who means harm."""
    statements = ["CREATE SCHEMA odd", "GRANT USAGE ON SCHEMA odd TO reader", "CREATE TABLE odd.numbers (id int PRIMARY KEY, value int)",
                  "INSERT INTO odd.numbers SELECT n, n * n FROM generate_series(1, 3000) n", "ANALYZE odd.numbers"]
    for index, text in enumerate(HOSTILE):
        table = f"odd.{name(text)}"
        statements += [
            f"CREATE TABLE {table} (id int PRIMARY KEY REFERENCES odd.numbers, {name(text)} text DEFAULT {literal(text)})",
            f"COMMENT ON TABLE {table} IS {literal(text)}", f"COMMENT ON COLUMN {table}.{name(text)} IS {literal(text)}",
            f"CREATE INDEX {name(f'{index} {text}')} ON {table} ({name(text)})", f"INSERT INTO {table} VALUES (1, {literal(text)})",
        ]
    statements += ["GRANT SELECT ON ALL TABLES IN SCHEMA odd TO reader", f"COMMENT ON SCHEMA odd IS {literal(HTML)}",
                   "CREATE TABLE IF NOT EXISTS todo (id int PRIMARY KEY, what text)"]
    postgres.sql("; ".join(statements))


@pytest.fixture(scope="session")
def panel_agent(tmp_path_factory: pytest.TempPathFactory, postgres: PrivatePostgres) -> Iterator[PanelAgent]:
    prepare(postgres)
    agent = PanelAgent(tmp_path_factory.mktemp("panels"), postgres)
    yield agent
    agent.end()


@pytest.fixture(scope="session")
def panel_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A page of its own, signed in, in which nothing may go wrong unseen."""

    def __init__(self, agent: PanelAgent, context: BrowserContext) -> None:
        self.agent, self.context, self.page = agent, context, context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("console", lambda line: self._said(line.type, line.text))
        self.page.on("dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _said(self, kind: str, text: str) -> None:
        # A refusal of the server is an answer; the browser notes it all the same.
        if kind == "error" and "the server responded with a status of" not in text:
            self.problems.append(f"console: {text}")

    def sign_in(self, user: str = "anna") -> None:
        self.page.goto(self.agent.url + "/")
        # By the API: signing in itself has tests of its own.
        status = self.page.evaluate(
            """async ([name, password]) => (await fetch('/api/v1/login', { method: 'POST', headers: { 'Content-Type': 'application/json' },
               body: JSON.stringify({ name, password }) })).status""", [user, PASSWORD])
        assert status == 200

    def open(self, view: str, database: str | None = None) -> Page:
        self.page.goto(f"{self.agent.url}/#/{view}")
        self.page.reload()
        if database:
            self.page.get_by_label("Database").first.select_option(database)
        return self.page

    def verify(self) -> None:
        assert self.page.evaluate("window.pwned") is None
        assert not self.problems, "\n".join(self.problems)


@pytest.fixture
def visit(panel_agent: PanelAgent, panel_browser: Browser) -> Iterator[Callable[..., Visit]]:
    made: list[Visit] = []

    def make(user: str = "anna", *, width: int = 1280, height: int = 860, dark: bool = False, **options: Any) -> Visit:
        context = panel_browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", **options)
        context.set_default_timeout(20_000)
        if PAGE_FOLDER:
            context.route("**/*", from_folder)
        one = Visit(panel_agent, context)
        made.append(one)
        one.sign_in(user)
        return one

    yield make
    for one in made:
        one.verify()
        one.context.close()


def from_folder(route: Route) -> None:
    path = route.request.url.split("/", 3)[3].split("?")[0].split("#")[0]
    file = Path(PAGE_FOLDER or "") / (path.removeprefix("assets/") or "index.html")
    if file.suffix not in TYPES or not file.is_file():
        route.continue_()
    else:
        route.fulfill(body=file.read_bytes(), headers={"Content-Type": TYPES[file.suffix], "Content-Security-Policy": POLICY})


def check_accessibility(page: Page) -> None:
    """axe-core finds nothing of WCAG 2.2 A and AA."""
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
    assert results.violations_count == 0, results.generate_report()


def check_fits(page: Page) -> None:
    """Nothing makes the page wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    wide = page.evaluate("document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth")
    assert wide <= 0, f"the view is {wide} pixels too wide"


__all__ = ["panel_agent", "panel_browser", "visit", "expect"]
