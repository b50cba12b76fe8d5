"""The chat, where the stream of a turn is what the test says: what is shown of it, and what becomes of one that breaks off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect
from support.browser import Person, violations_of_accessibility
from support.page_wire import BEGIN, DONE, Held, conversation, events, opened, send, text

People = Callable[..., Person]

RESULT = {
    "columns": [{"name": "month", "type": "text"}, {"name": "revenue", "type": "numeric"}],
    "rows": [["January", "120.50"], ["February", "99.00"], ["March", None]], "rowCount": 3, "truncated": False, "nextOffset": None,
    "warnings": [], "elapsedMs": 3.5, "database": "shop", "command": "SELECT",
}
SQL = "SELECT month, revenue FROM revenue_by_month"
CALL = [
    ("tool_call", {"id": "k1", "name": "query_database", "arguments": {"query": SQL}, "sql": SQL, "database": "shop"}),
    ("result", {"call": "k1", "isError": False, "text": "month\trevenue", "elapsedMs": 12, "result": RESULT}),
]


def test_an_answer_with_its_sql_table_and_usage(person: People) -> None:
    usage = ("usage", {"inputTokens": 1200, "outputTokens": 34, "cachedInputTokens": 0, "steps": 2})
    answer = events(BEGIN, ("thinking", {"text": "Let me see."}), *CALL, *text("The **best** month was `January`."), usage, DONE)
    _, page, wire = opened(person, answer)
    send(page, "Which month was best?")
    article = page.get_by_role("article", name="Agent")
    expect(article.locator("strong")).to_have_text("best")
    expect(article.locator(".markdown code")).to_have_text("January")
    expect(page.get_by_text("1,200 tokens in, 34 out, 2 steps")).to_be_visible()
    sql = article.get_by_text(SQL).last
    expect(sql).to_be_hidden()
    expect(article.locator(".badge")).to_have_text("12 ms")
    article.get_by_text("Ran SQL").click()
    expect(sql).to_be_visible()
    expect(article.get_by_role("cell", name="NULL")).to_be_visible()
    assert wire.requests[0][0] == {"message": "Which month was best?", "database": "shop", "model": "scripted"}
    assert page.url.endswith("#/chat/c1")
    assert violations_of_accessibility(page) == []
    article.get_by_role("button", name="Copy the answer").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "The **best** month was `January`."


def test_a_stream_that_is_cut_goes_on_where_it_was(person: People) -> None:
    whole = [BEGIN, *text("First half, second half."), DONE]
    _, page, wire = opened(person, events(*whole[:3]), events(*whole[2:], first=3))
    send(page)
    expect(page.get_by_role("article", name="Agent").locator(".markdown")).to_have_text("First half, second half.")
    assert wire.requests[1][0] == {} and wire.requests[1][1]["last-event-id"] == "t1.3"
    expect(page.locator(".incomplete")).to_have_count(0)


def test_half_an_answer_is_never_shown_as_whole(person: People) -> None:
    gone: Callable[[Route], None] = lambda route: route.fulfill(status=404, json={"code": "not-found", "detail": "No such turn."})
    _, page, _ = opened(person, events(BEGIN, *text("Half of it")), gone)
    send(page)
    article = page.get_by_role("article", name="Agent")
    expect(article).to_contain_text("Half of it")
    expect(article).to_contain_text("What is shown is not complete.")
    expect(article.get_by_role("button", name="Load the conversation again")).to_be_visible()


REASONS = {
    "cancelled": "Stopped. This answer is not complete.", "max_tokens": "longest answer. This answer is not complete.",
    "step_limit": "limit of steps", "failed": "The answer failed.", "unheard_of": "The answer failed.",
}


def test_an_answer_that_did_not_end_well_says_so(person: People) -> None:
    _, page, _ = opened(person, *(events(BEGIN, *text("Half"), ("done", {"reason": reason, "index": 1})) for reason in REASONS))
    for words in REASONS.values():
        page.evaluate("location.hash = '#/chat'")
        expect(page.get_by_role("article")).to_have_count(0)
        send(page)
        expect(page.get_by_role("article", name="Agent")).to_contain_text(words)


def test_a_server_that_cannot_be_reached_gives_the_words_back(person: People) -> None:
    _, page, _ = opened(person, lambda route: route.abort())
    page.route("**/api/v1/conversations?limit=1", lambda route: route.abort())
    page.clock.install()
    send(page, "Do not lose me")
    expect(page.get_by_role("article", name="Agent")).to_contain_text("Reconnecting")
    for _ in range(12):
        page.clock.fast_forward(9_000)
        page.wait_for_timeout(50)
    expect(page.get_by_role("article", name="Agent")).to_contain_text("cannot be reached")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Do not lose me")


def test_a_failed_answer_is_tried_again_in_its_place(person: People) -> None:
    failed = events(BEGIN, ("error", {"code": "overloaded", "message": "The service is overloaded."}), ("done", {"reason": "failed", "index": 0}))
    _, page, wire = opened(person, failed, events(BEGIN, *text("Better now."), DONE))
    send(page)
    article = page.get_by_role("article", name="Agent")
    expect(article).to_contain_text("The service is overloaded.")
    article.get_by_role("button", name="Try again").first.click()
    expect(article).to_contain_text("Better now.")
    expect(page.get_by_role("article", name="You")).to_have_count(1)
    assert wire.requests[1][0]["replacing_from"] == 0 and wire.requests[1][0]["conversation"] == "c1"


def test_a_question_is_edited_and_sent_again(person: People) -> None:
    _, page, wire = opened(person, events(BEGIN, *text("One."), DONE), events(BEGIN, *text("Two."), DONE))
    send(page, "First words")
    expect(page.get_by_role("article", name="Agent")).to_contain_text("One.")
    page.get_by_role("article", name="You").hover()
    page.get_by_role("button", name="Edit and resend").click()
    page.locator(".edit-form textarea").fill("Other words")
    page.get_by_role("button", name="Resend").click()
    expect(page.get_by_role("article", name="Agent")).to_contain_text("Two.")
    expect(page.get_by_role("article", name="You")).to_have_text("Other words")
    assert wire.requests[1][0]["replacing_from"] == 0 and wire.requests[1][0]["message"] == "Other words"


def test_a_turn_is_stopped(person: People) -> None:
    held: list[Route] = []
    _, page, wire = opened(person, events(BEGIN, *text("On my way")), held.append)
    send(page)
    expect(page.get_by_role("article", name="Agent")).to_contain_text("On my way")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("article", name="Agent")).to_contain_text("Stopped. This answer is not complete.")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    assert ("DELETE", "/chat/t1") in wire.calls


def test_a_question_of_a_turn_whose_database_was_left_is_void(person: People) -> None:
    one, page, wire = opened(person)
    held = Held(page)
    wire.answers.append(held.take)
    page.route("**/api/v1/approvals/*", lambda route: route.fulfill(json={"decision": "decline", "turn": "t1"}))
    send(page)
    question = held.one()
    one.choose("stock")
    approval = {"id": "a1", "sql": "DELETE FROM t", "database": "shop", "kinds": ["DELETE"], "statements": 1, "expires": "2126-01-01T00:00:00Z"}
    with page.expect_request("**/api/v1/approvals/a1") as told:
        question.fulfill(body=events(BEGIN, CALL[0], ("approval", {"call": "k1", "approval": approval}), DONE), content_type="text/event-stream")
    assert told.value.post_data_json == {"decision": "decline"}
    expect(page.get_by_role("dialog")).to_contain_text("The database was changed")
    expect(page.locator(".call .badge")).to_have_text("no result")


def test_conversations_are_listed_searched_renamed_exported_and_deleted(person: People) -> None:
    kept = [
        conversation("c1", "Revenue of June", {"index": 0, "role": "user", "created": "", "parts": [{"type": "text", "text": "How much?"}]},
                     {"index": 1, "role": "assistant", "created": "", "parts": [{"type": "tool_call", "id": "k", "name": "query_database", "arguments": {"query": SQL}}]},
                     {"index": 2, "role": "user", "created": "", "parts": [{"type": "tool_result", "call": "k", "name": "query_database", "text": "x", "isError": False, "elapsedMs": 5, "result": RESULT}]},
                     {"index": 3, "role": "assistant", "created": "", "parts": [{"type": "text", "text": "A *lot*."}]}),
        conversation("c2", "Customers"),
    ]
    _, page, wire = opened(person, conversations=kept)
    page.get_by_role("link", name="Revenue of June").click()
    article = page.get_by_role("article", name="Agent")
    expect(article).to_have_count(1)
    expect(article.locator("em")).to_have_text("lot")
    expect(article.get_by_role("cell", name="January")).to_be_visible()
    with page.expect_request(lambda request: "search=rev" in request.url):
        page.get_by_label("Search conversations").fill("rev")
    page.get_by_label("Search conversations").fill("")
    page.get_by_label("Actions for “Customers”").click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("New title").fill("Our customers")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Our customers")).to_be_visible()
    page.get_by_label("Actions for “Our customers”").click()
    with page.expect_download() as found:
        page.get_by_role("button", name="Export as Markdown").click()
    assert found.value.suggested_filename == "Our-customers.md"
    page.get_by_label("Actions for “Our customers”").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Our customers")).to_have_count(0)
    assert ("DELETE", "/conversations/c2") in wire.calls


@pytest.mark.parametrize("parts", [
    [], [{"type": "tool_call", "id": "k", "name": "query_database", "arguments": {"query": SQL}}],
], ids=["nothing", "a call"])
def test_a_kept_answer_that_was_not_finished_says_so(person: People, parts: list[dict[str, object]]) -> None:
    messages = [{"index": 0, "role": "user", "created": "", "parts": [{"type": "text", "text": "How much?"}]}]
    if parts:
        messages.append({"index": 1, "role": "assistant", "created": "", "parts": parts})
    _, page, _ = opened(person, conversations=[conversation("c1", "Kept", *messages)])
    page.get_by_role("link", name="Kept").click()
    expect(page.get_by_role("article", name="Agent")).to_contain_text("This answer was not finished.")


def test_a_draft_outlives_the_page(person: People) -> None:
    _, page, _ = opened(person)
    page.get_by_label("Message", exact=True).fill("not sent yet")
    page.reload()
    expect(page.get_by_label("Message", exact=True)).to_have_value("not sent yet")


def test_without_a_provider_the_page_says_how_to_add_one(person: People) -> None:
    page = person().sign_in("ann")
    expect(page.get_by_role("heading", name="No language model is set up")).to_be_visible()
    expect(page.get_by_text("api_key_file").first).to_be_visible()
    expect(page.get_by_role("link", name="Open the SQL view")).to_be_visible()
    assert violations_of_accessibility(page) == []


ATTACKS = [
    "<img src=x onerror=pwn(1)>", "<script>pwn(1)</script>", "<svg/onload=pwn(1)>", "[click](javascript:pwn(1))",
    "[click](  JaVaScRiPt:pwn(1))", "[a](data:text/html,<script>pwn(1)</script>)", "![x](https://evil.example/pixel.png)",
    "<a href='javascript:pwn(1)'>x</a>", "```html\n<script>pwn(1)</script>\n```", "| <b>a</b> | b |\n|---|---|\n| <img src=x onerror=pwn(1)> | [x](vbscript:pwn(1)) |",
    "<iframe srcdoc='<script>parent.pwn(1)</script>'></iframe>", "[x](//evil.example)", "[a](https://a.example\"onmouseover=pwn(1))",
    "<https://a.example/<script>pwn(1)</script>>", "\u202egnirts\u202c", "**" * 3000, "[" * 3000, "> " * 500 + "deep", "`" * 2001,
    "<base href=https://evil.example>", "<form action=https://evil.example><button>x", "&lt;img src=x onerror=pwn(1)&gt;", "<style>*{display:none}</style>",
]


def test_what_a_model_writes_never_runs(person: People) -> None:
    requests: list[str] = []
    one, page, wire = opened(person, conversations=[conversation(f"k{number}", attack[:120]) for number, attack in enumerate(ATTACKS)])
    page.on("request", lambda request: requests.append(request.url))
    for attack in ATTACKS:
        call = [
            ("tool_call", {"id": "k1", "name": attack[:60], "arguments": {attack[:50]: attack[:500]}, "sql": attack[:500], "database": attack[:40]}),
            ("result", {"call": "k1", "isError": True, "text": attack[:900], "elapsedMs": 1}),
        ]
        begin = (BEGIN[0], {**BEGIN[1], "title": attack[:80]})
        wire.answers.append(events(
            begin, *call, *text(attack, 700), ("error", {"code": "x", "message": attack[:300]}), ("done", {"reason": "failed", "index": 1})))
        page.evaluate("location.hash = '#/chat'")
        expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
        send(page, attack[:2000])
        expect(page.locator(".incomplete-note")).to_be_visible()
        page.locator(".call summary").click()
        targets = page.locator("main a[href]").evaluate_all("links => links.map(link => [link.getAttribute('href'), link.rel])")
        for target, relation in targets:
            assert target.startswith(("https://", "http://", "#/")), target
            assert target.startswith("#/") or "noopener" in relation, target
        assert page.locator("main :is(img, script, iframe, style, base, object, embed)").count() == 0, attack
        assert all(url.startswith((one.agent.url, "blob:")) for url in requests), requests
        assert "\u202e" not in page.locator("body").inner_text()
        assert page.locator(".message").first.is_visible()
        one.check()


def test_a_long_answer_is_drawn_in_linear_time(person: People) -> None:
    page = person().sign_in("ann")
    spaces = " " * 200_000
    pieces = ("*a_", "[x](", "`", "**", "~~", "](", "> ", "- a\n", "|a|\n|-|\n", "# x\n", "http://", "\\", " ", "\t", "\u2028", "# ", "#\u2028a ")
    whole = (f"# {spaces}a\u2028b", f"# a{spaces}b", "# " + "#" * 200_000 + "a", f"|a|\n{spaces}x", f"|a|\n|{spaces}-{spaces}x", f"-{spaces}- -{spaces}x", f"-{spaces}x")
    for text in (*(piece * 20000 for piece in pieces), *whole):
        milliseconds = page.evaluate(
            "async text => { const { markdown } = await import('/assets/markdown.js'); const begun = performance.now();"
            " markdown(text); return performance.now() - begun; }", text)
        assert milliseconds < 15000, text[:20]


def test_a_link_shows_its_host_and_hides_no_other(person: People) -> None:
    page = person().sign_in("ann")
    host = "a.very-long-name." * 8 + "example"
    links = page.evaluate(
        "async text => { const { markdown } = await import('/assets/markdown.js');"
        " return [...markdown(text).querySelectorAll('a')].map(link => [link.href, link.parentNode.textContent]); }",
        f"https://bank.example@evil.example/ [a](https://bank.example:x@evil.example/)\n\n[b](https://{host}/{'path' * 30})")
    assert len(links) == 1 and links[0][0].startswith(f"https://{host}/path")
    assert f"(https://{host}/…)" in links[0][1]


def test_marks_on_a_letter_do_not_cover_what_is_around_it(person: People) -> None:
    page = person().sign_in("ann")
    shown = page.evaluate("text => import('/assets/dom.js').then(({ visible }) => visible(text))", "e" + "\u0301" * 6 + " \u2800\U0001d173 1\ufe0f\u20e3")
    assert shown == "e" + "\u0301" * 4 + "⟨U+0301⟩⟨U+0301⟩ ⟨U+2800⟩⟨U+1D173⟩ 1\ufe0f\u20e3"


def test_what_is_streamed_is_what_stands_in_the_end(person: People) -> None:
    page = person().sign_in("ann")
    words = "# T\n\nOne *two* **three**\n\n- a\n- b\n  - c\n\n1. x\n2. y\n\n```sql\nSELECT 1;\n\nSELECT 2;\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n> q\n\nlast https://a.example/x.\n"
    same = page.evaluate("""async words => {
        const { markdown, MarkdownView } = await import('/assets/markdown.js');
        const whole = markdown(words).textContent;
        const place = document.createElement('div');
        const view = new MarkdownView(place);
        for (const character of words) { view.append(character); view.draw(); }
        return [whole, place.textContent, place.querySelectorAll('li').length, place.querySelectorAll('td').length, place.querySelector('a').href];
    }""", words)
    assert same[0] == same[1] and same[2:] == [5, 2, "https://a.example/x"]


def test_a_call_stays_within_the_width_after_another_view_brought_its_styles(person: People) -> None:
    _, page, _ = opened(person, events(BEGIN, *CALL, *text("Done."), DONE))
    page.set_viewport_size({"width": 360, "height": 720})
    page.evaluate("location.hash = '#/sql'")
    page.get_by_label("SQL editor").wait_for()
    page.evaluate("location.hash = '#/chat'")
    send(page)
    article = page.get_by_role("article", name="Agent")
    expect(article.locator(".markdown")).to_have_text("Done.")
    badge, frame = article.locator(".call .badge").bounding_box(), article.locator(".call details").bounding_box()
    assert badge and frame and badge["x"] + badge["width"] <= frame["x"] + frame["width"]


def test_a_question_that_the_browser_itself_sent_twice_is_followed_where_it_runs(person: People) -> None:
    kept = conversation("c1", "Kept")
    kept["messages"] = []
    busy: Callable[[Route], None] = lambda route: route.fulfill(status=409, json={"code": "turn-running", "detail": "It is being answered."})
    _, page, wire = opened(person, busy, events(BEGIN, *text("Once."), DONE), conversations=[kept])
    with page.expect_response("**/conversations/c1"):
        page.evaluate("location.hash = '#/chat/c1'")
    question = {"index": 0, "role": "user", "created": "2026-01-01T00:00:00Z", "parts": [{"type": "text", "text": "How much?"}]}
    kept |= {"messages": [question], "turn": {"id": "t1", "index": 0, "from": "t1.0", "last": "t1.2"}}
    send(page)
    article = page.get_by_role("article", name="Agent")
    expect(article.locator(".markdown")).to_have_text("Once.")
    expect(page.locator(".incomplete")).to_have_count(0)
    assert wire.requests[1][0] == {} and wire.requests[1][1]["last-event-id"] == "t1.0"
