"""Signing in, the views, the banner of writes, and the end of a session."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from support.browser import PASSWORD, PageAgent, Person, violations_of_accessibility

People = Callable[..., Person]


def test_a_person_signs_in_and_out(person: People) -> None:
    page = person().sign_in("ann", by_form=True)
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    page.get_by_title("Account").click()
    expect(page.get_by_text("Signed in as ann")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_console_stays_clean_where_nobody_is_signed_in(person: People) -> None:
    one = person()
    page, said = one.page, []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    # Nor is a session that is over an error.
    one.context.add_cookies([{"name": "agent_session", "value": "over", "url": one.url}])
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert said == [] and one.context.cookies() == []


def test_a_server_that_is_gone_is_said_and_asked_again(person: People) -> None:
    one = person()
    one.know("ann")
    page = one.page
    page.route("**/api/v1/**", lambda route: route.abort())
    page.goto("/")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    page.unroute("**/api/v1/**")
    page.route("**/api/v1/databases", lambda route: route.fulfill(status=500, json={"code": "internal-error", "detail": "It broke."}))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("It broke.")
    page.unroute("**/api/v1/databases")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()


def test_who_may_use_no_database_is_told_so_in_every_view(person: People) -> None:
    one = person()
    one.page.route("**/api/v1/databases", lambda route: route.fulfill(json={"databases": []}))
    page = one.sign_in("root")
    said = "You may use no database. Ask the operator for access."
    expect(page.get_by_text("No database", exact=True)).to_be_visible()
    expect(page.locator(".welcome")).to_contain_text(said)
    page.get_by_role("link", name="SQL", exact=True).click()
    page.get_by_label("SQL editor").fill("SELECT 1")
    expect(page.locator(".verdict")).to_contain_text(said)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sql-status")).to_contain_text(said)
    page.get_by_role("link", name="Schema").click()
    expect(page.locator(".schema-detail")).to_contain_text(said)
    page.get_by_role("link", name="Admin").click()
    page.get_by_text("New token").click()
    expect(page.get_by_label("admin", exact=True)).to_be_enabled()


def test_long_names_of_databases_fit_and_models_that_cannot_be_had_are_asked_for_again(person: People) -> None:
    one = person(viewport={"width": 768, "height": 740})
    page = one.page
    known = {"name": "a_database_with_a_long_name_that_nobody_ever_wants_to_type_now", "allowWrites": True, "mayWrite": True}
    page.route("**/api/v1/databases", lambda route: route.fulfill(json={"databases": [known, {**known, "name": "shop"}]}))
    page.route("**/api/v1/models", lambda route: route.fulfill(status=503, json={"code": "busy", "detail": "Too much at once."}))
    one.sign_in("root")
    expect(page.locator(".no-provider")).to_have_text("Too much at once.Try again")
    for width, least in ((768, 150), (360, 180)):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.get_by_label("Database", exact=True).bounding_box()["width"] >= least
        assert page.evaluate("[document.documentElement, document.querySelector('.chat-stage')].every(one => one.scrollWidth <= one.clientWidth)"), width
    page.unroute("**/api/v1/models")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="No language model is set up").or_(page.get_by_label("Message", exact=True))).to_be_visible()


def test_a_wrong_password_is_said_and_a_right_one_helps(person: People) -> None:
    page = person().page
    page.goto("/")
    page.get_by_label("Name", exact=True).fill("ann")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()


def test_a_token_signs_in_and_is_kept_nowhere(person: People, agent: PageAgent) -> None:
    one = person()
    page = one.page
    page.goto("/")
    page.get_by_text("Token", exact=True).click()
    page.get_by_label("Access token").fill("pga_unknown")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("unknown, expired or revoked")
    page.get_by_label("Access token").fill(agent.tokens["reader"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Views").wait_for()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
    assert agent.tokens["reader"] not in kept and not one.context.cookies()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_banner_stands_as_long_as_the_database_is_open_for_writes(person: People) -> None:
    one = person()
    page = one.sign_in("ann")
    banner = page.get_by_role("region", name="Writes are on")
    expect(banner).to_be_hidden()
    one.choose("stock")
    expect(banner).to_contain_text("“stock” is open for writes. Each one is shown to you")
    red, green, blue = page.evaluate(
        "getComputedStyle(document.querySelector('.banner')).backgroundColor.match(/\\d+/g).map(Number)")
    assert red > 200 and green > 180 and blue < 200, "yellow"
    page.reload()
    expect(banner).to_be_visible()
    one.choose("shop")
    expect(banner).to_be_hidden()


def test_who_may_only_read_is_told_so_in_the_banner(person: People) -> None:
    one = person()
    page = one.sign_in("bob")
    one.choose("stock")
    expect(page.get_by_role("region", name="Writes are on")).to_contain_text("You may only read")


def test_the_view_of_administration_is_for_administrators(person: People) -> None:
    page = person().sign_in("ann")
    expect(page.get_by_role("link", name="Admin")).to_have_count(0)
    page.evaluate("location.hash = '#/admin'")
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    other = person().sign_in("root")
    expect(other.get_by_role("link", name="Admin")).to_be_visible()


def test_the_end_of_a_session_keeps_what_is_shown(person: People) -> None:
    one = person()
    page = one.sign_in("ann")
    one.choose("stock")
    one.context.clear_cookies()
    page.evaluate("import('/assets/api.js').then(({ api }) => api.get('/databases').catch(() => {}))")
    dialog = page.get_by_role("dialog", name="Sign in")
    expect(dialog).to_contain_text("Your session has ended")
    for _ in range(3):
        page.keyboard.press("Escape")
        page.wait_for_timeout(100)
    expect(dialog).to_be_visible()
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("Database", exact=True)).to_have_value("stock")
    assert page.evaluate("import('/assets/api.js').then(({ api }) => api.post('/classify', { sql: 'SELECT 1' }))")["readOnly"]


def test_a_sign_in_that_could_not_be_loaded_is_tried_again(person: People) -> None:
    one = person()
    page = one.sign_in("ann")
    one.context.clear_cookies()
    page.route("**/assets/signin.js", lambda route: route.abort())
    refused = "import('/assets/api.js').then(({ api }) => api.get('/databases').catch(() => {}))"
    page.evaluate(refused)
    expect(page.locator(".toasts")).to_contain_text("could not be loaded")
    page.unroute("**/assets/signin.js")
    page.evaluate(refused)
    expect(page.get_by_role("dialog", name="Sign in")).to_contain_text("Your session has ended")


CLASSIFY = "import('/assets/api.js').then(({ api }) => api.post('/classify', { sql: 'SELECT 1' })).catch(problem => problem.code)"
SIGN_IN = "([name, password]) => import('/assets/api.js').then(({ api }) => api.signIn(name, password)).then(() => {})"


def test_another_tab_signs_in_anew(person: People) -> None:
    one = person()
    page = one.sign_in("ann", by_form=True)
    other = one.tab()
    other.goto("/")
    other.get_by_role("navigation", name="Views").wait_for()
    other.evaluate(SIGN_IN, ["ann", PASSWORD])
    assert page.evaluate(CLASSIFY)["readOnly"]
    other.evaluate(SIGN_IN, ["bob", PASSWORD])
    assert page.evaluate(CLASSIFY) == "csrf", "nothing is sent as somebody else"
    expect(page.get_by_role("dialog", name="Sign in")).to_contain_text("Your session has ended")


def test_nothing_of_one_person_is_left_to_the_next(person: People) -> None:
    one = person()
    page = one.sign_in("ann")
    page.goto("/#/sql")
    page.get_by_label("SQL editor").fill("SELECT 'of ann'")
    one.context.clear_cookies()
    page.evaluate("import('/assets/api.js').then(({ api }) => api.get('/databases').catch(() => {}))")
    dialog = page.get_by_role("dialog", name="Sign in")
    dialog.get_by_label("Name", exact=True).fill("root")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Admin")).to_be_visible()
    expect(page.get_by_label("SQL editor")).to_have_value("")


def test_a_session_that_does_not_end_is_said_to_go_on(person: People) -> None:
    page = person().sign_in("ann")
    page.route("**/api/v1/logout", lambda route: route.fulfill(status=503, json={"code": "accounts-unavailable", "detail": "Try again."}))
    page.get_by_title("Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are still signed in")).to_be_visible()
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    assert page.evaluate(CLASSIFY)["readOnly"]


def test_the_first_load_is_small(person: People) -> None:
    one = person()
    page = one.sign_in("ann")
    answers: list[tuple[str, int]] = []
    # Nothing of the load before counts.
    page.goto("about:blank")
    page.on("requestfinished", lambda request: answers.append((request.url, len(request.response().body()))))
    page.goto("/")
    page.get_by_role("heading", name="What would you like to know?").wait_for()
    page.wait_for_load_state("networkidle")
    assert len(answers) <= 12, answers
    assert sum(size for _, size in answers) < 150_000, answers


def test_the_shell_fits_and_is_accessible(person: People) -> None:
    one = person()
    page = one.page

    def check() -> None:
        for width in (1280, 768, 360):
            page.set_viewport_size({"width": width, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
            # What differs by the width is where things stand; what differs by the scheme is their colours.
            for scheme in ("dark", "light") if width == 360 else ("light",):
                page.emulate_media(color_scheme=scheme)
                assert violations_of_accessibility(page) == [], (width, scheme)

    page.goto("/")
    page.get_by_role("heading", name="Sign in").wait_for()
    check()
    one.sign_in("ann")
    one.choose("stock")
    page.get_by_role("heading", name="What would you like to know?").wait_for()
    check()


def test_the_keyboard_alone_reaches_everything(person: People) -> None:
    page = person().page
    page.goto("/")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Views").wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
