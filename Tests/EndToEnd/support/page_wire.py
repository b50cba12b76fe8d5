"""The wire of a turn, answered within the browser: for what a real server does not do on demand, as a stream that breaks off."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route

from .browser import Person

Event = tuple[str, dict[str, Any]]
BEGIN: Event = ("turn", {
    "conversation": "c1", "turn": "t1", "title": "A title", "index": 0, "database": "shop", "allowWrites": False,
    "provider": "anthropic", "model": "scripted",
})
DONE: Event = ("done", {"reason": "answered", "index": 1})


def events(*several: Event, first: int = 1) -> str:
    return "".join(
        f"id: t1.{number}\nevent: {name}\ndata: {json.dumps(data)}\n\n" for number, (name, data) in enumerate(several, first))


def text(words: str, chunk: int = 9) -> list[Event]:
    return [("text", {"text": words[at:at + chunk]}) for at in range(0, len(words), chunk)]


class Wire:
    """What `/models`, `/conversations` and `/chat` answer. `answers` are the streams, one for each request; what is not a text is
    called with the route."""

    def __init__(self, page: Page, *answers: str | Callable[[Route], None], conversations: list[dict[str, Any]] | None = None) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.calls: list[tuple[str, str]] = []
        self.conversations = conversations or []
        page.route("**/api/v1/models", lambda route: route.fulfill(json={
            "provider": "anthropic", "model": "scripted", "models": [{"id": "scripted", "name": "Scripted"}, {"id": "small", "name": "Small"}],
        }))
        page.route("**/api/v1/conversations**", self.list)
        page.route("**/api/v1/conversations/**", self.one)
        page.route("**/api/v1/chat", self.chat)
        page.route("**/api/v1/chat/*", lambda route: (self.note(route), route.fulfill(status=204)))

    def note(self, route: Route) -> None:
        self.calls.append((route.request.method, route.request.url.split("/api/v1")[1]))

    def list(self, route: Route) -> None:
        self.note(route)
        route.fulfill(json={"conversations": [{k: v for k, v in one.items() if k != "messages"} for one in self.conversations], "next": None})

    def one(self, route: Route) -> None:
        self.note(route)
        name = route.request.url.split("/conversations/")[1].split("/")[0]
        found = next((one for one in self.conversations if one["id"] == name), None)
        if "/export" in route.request.url:
            route.fulfill(body="# A title\n", content_type="text/markdown")
        elif found is None:
            route.fulfill(status=404, json={"code": "not-found", "detail": "There is no such conversation."})
        elif route.request.method == "DELETE":
            self.conversations.remove(found)
            route.fulfill(status=204)
        elif route.request.method == "PATCH":
            found["title"] = route.request.post_data_json["title"]
            route.fulfill(json=found)
        else:
            route.fulfill(json=found)

    def chat(self, route: Route) -> None:
        self.requests.append((route.request.post_data_json, route.request.headers))
        answer = self.answers.pop(0)
        if callable(answer):
            answer(route)
        else:
            route.fulfill(body=answer, content_type="text/event-stream")


class Held:
    """Requests that wait until the test answers them."""

    def __init__(self, page: Page, url: str | None = None) -> None:
        self.page = page
        self.routes: list[Route] = []
        if url:
            page.route(url, self.take)

    def take(self, route: Route) -> None:
        self.routes.append(route)

    def one(self) -> Route:
        """The next of them, as soon as it is there."""
        deadline = time.monotonic() + 30
        while not self.routes:
            assert time.monotonic() < deadline, "nothing was asked for"
            self.page.wait_for_timeout(20)
        return self.routes.pop(0)


def conversation(name: str, title: str, *messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": name, "title": title, "database": "shop", "created": "2026-11-20T10:00:00Z", "updated": "2026-11-20T10:00:00Z",
        "messages": list(messages),
    }


def opened(person: Callable[..., Person], *answers: object, **more: object) -> tuple[Person, Page, Wire]:
    """Somebody in the chat, whose wire is as `Wire` says."""
    one = person()
    wire = Wire(one.page, *answers, **more)  # type: ignore[arg-type]
    page = one.sign_in("ann")
    page.get_by_label("Message", exact=True).wait_for()
    return one, page, wire


def send(page: Page, words: str = "How much?") -> None:
    page.get_by_label("Message", exact=True).fill(words)
    page.keyboard.press("Enter")
