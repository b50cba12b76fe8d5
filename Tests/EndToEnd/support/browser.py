"""The page in Chromium: who uses it, what it must never do, and a few words for what a person does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from . import evidence
from .agentd import AGENTCTL, CLEAN_ENVIRONMENT
from .database import PrivatePostgres
from .http_agent import HTTPAgent

PASSWORD = evidence.secret("a page of ones own, 27 lines")

# Runs before any script of the page: what the browser refused by policy, and what code of an attacker would call.
WATCH = """
window.violations = [];
window.attacked = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(
    `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));
window.alert = window.confirm = window.prompt = window.pwn = text => { window.attacked.push(String(text)); };
"""


def chromium() -> str | None:
    """The path of a Chromium of this machine; CHROMIUM names another."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*options, "--disable-dev-shm-usage", "--disable-gpu"])
        yield browser
        browser.close()


class PageAgent(HTTPAgent):
    """agentd with the people `ann` (may write and approve), `bob` (reads only) and `root` (administers)."""

    people: ClassVar[bytes] = b""

    def __init__(self, folder: Path, postgres: PrivatePostgres, more: str = "") -> None:
        super().__init__(folder, postgres, more)
        self.sessions: dict[str, str] = {}
        users = folder / "users.yaml"
        if PageAgent.people:
            # Slow hashes of passwords are made once.
            users.write_bytes(PageAgent.people)
            users.chmod(0o600)
            return
        self.user("ann", "read", "write", "approve")
        self.user("bob", "read")
        self.user("root", "read", "write", "approve", "admin")
        PageAgent.people = users.read_bytes()

    def session(self, name: str) -> str:
        """The secret of a session of somebody, the same each time, unless a test has ended it."""
        cookie = {"Cookie": f"agent_session={self.sessions.get(name)}"}
        if name not in self.sessions or self.request("GET", "/api/v1/me", token=None, fields=cookie)[0] != 200:
            for _ in range(4):
                status, fields, _ = self.request("POST", "/api/v1/login", {"name": name, "password": PASSWORD}, token=None)
                if status == 200:
                    break
                time.sleep(1)  # the server reads a changed file of users within a second
            assert status == 200
            self.sessions[name] = evidence.secret(fields["set-cookie"].split(";")[0].removeprefix("agent_session="))
        return self.sessions[name]

    def user(self, name: str, *scopes: str) -> None:
        options = [option for scope in scopes for option in ("--scope", scope)]
        result = evidence.program(subprocess.run(
            [AGENTCTL, "user", "add", name, "--config", str(self.configuration), "--password-file", "-", *options],
            input=PASSWORD + "\n", capture_output=True, text=True, timeout=60, env=CLEAN_ENVIRONMENT,
        ))
        assert result.returncode == 0, result.stderr


class Person:
    """Somebody at a browser of their own, who sees the server at `url`."""

    def __init__(self, browser: Browser, agent: PageAgent, url: str | None = None, **options: Any) -> None:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        self.agent = agent
        self.url = url or agent.url
        self.context: BrowserContext = browser.new_context(base_url=self.url, accept_downloads=True, **options)
        self.context.set_default_timeout(30_000)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.url)
        self.context.add_init_script(WATCH)
        self.errors: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.note)
        page.on("dialog", lambda dialog: (self.errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        return page

    def note(self, message: ConsoleMessage) -> None:
        # That an answer was 401 or did not come is no mistake of the page; the browser says it all the same.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.errors.append(f"console: {message.text}")

    def sign_in(self, name: str = "ann", by_form: bool = False) -> Page:
        """By the form, or with a session that the tests share, since a password takes the server a while."""
        page = self.page
        if not by_form:
            self.know(name)
        page.goto("/")
        if by_form:
            page.get_by_label("Name", exact=True).fill(name)
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation", name="Views").wait_for()
        return page

    def know(self, name: str) -> None:
        """Lets the browser have the session of somebody, before it opens a page."""
        self.context.add_cookies([{"name": "agent_session", "value": self.agent.session(name), "url": self.url}])

    def choose(self, database: str, page: Page | None = None) -> None:
        (page or self.page).get_by_label("Database", exact=True).select_option(database)

    def check(self) -> None:
        """Nothing of what the page showed ran, and nothing was refused by its policy."""
        assert not self.errors, self.errors
        for page in self.context.pages:
            if page.url.startswith("http"):
                assert page.evaluate("window.attacked") == []
                assert page.evaluate("window.violations") == []

    def end(self) -> None:
        self.context.close()


def violations_of_accessibility(page: Page, within: str | None = None) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA, a line each; in the whole page, or in the elements that `within` selects."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    results = Axe().run(page, context=within, options=options).response
    return [
        f"{found['id']}: {found['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for found in results["violations"] for node in found["nodes"]
    ]


if __name__ == "__main__":
    print(chromium() or sys.exit("no Chromium"))
