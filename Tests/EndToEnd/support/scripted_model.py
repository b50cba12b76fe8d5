"""A model that follows a script: an HTTP server in the test process which speaks Anthropic's Messages API, streamed.

    with ScriptedModel([call("query_database", query="SELECT 1"), text("It is **1**.")]) as model:
        configuration = f"llm: {{ provider: anthropic, model: scripted, base_url: {model.url}, api_key_file: … }}"

A script is a list of steps, of which each request takes the next one, or a function of the request that returns a step; a step
that is itself a function of the request is called. What is left in `model.steps` was not asked for; `model.requests` holds the
bodies that came, `last_text` and `results` read them.

The wire is the documented one: https://platform.claude.com/docs/build-with-claude/streaming,
https://platform.claude.com/docs/api/messages and https://platform.claude.com/docs/api/models-list.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import evidence

KEY = evidence.secret("sk-ant-test-key-0123456789")


@dataclass
class Step:
    """What the model answers once."""

    text: str = ""
    # Each a name and its arguments.
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    thinking: str = ""
    # By default tool_use when there are calls, else end_turn.
    stop: str | None = None
    # How many characters of text a delta has.
    chunk: int = 12
    # Seconds between two deltas.
    delay: float = 0
    # After the first delta of text nothing comes until this is set.
    hold: threading.Event | None = None
    # An HTTP error instead of an answer: its status, with `error` and `retry_after` (seconds).
    status: int = 200
    error: tuple[str, str] = ("api_error", "Internal server error")
    retry_after: int | None = None
    # The connection is closed after so many deltas.
    breaks_after: int | None = None
    # Tokens; by default the length of what was sent, by four.
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0


Script = Callable[[dict[str, Any]], Step]


def text(words: str, **more: Any) -> Step:
    """An answer in words, which ends the turn."""
    return Step(text=words, **more)


def call(name: str, /, **arguments: Any) -> Step:
    """One call of a tool."""
    return Step(calls=[(name, arguments)])


def calls(*each: tuple[str, dict[str, Any]], **more: Any) -> Step:
    """Several calls at once."""
    return Step(calls=list(each), **more)


def fails(status: int, kind: str = "api_error", message: str = "Internal server error", **more: Any) -> Step:
    """An HTTP error. 429 is `rate_limit_error`, 529 `overloaded_error`, 401 `authentication_error`."""
    return Step(status=status, error=(kind, message), **more)


def last_text(request: dict[str, Any]) -> str:
    """The words of the last message of a request."""
    content = request["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part["type"] == "text")


def results(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of tools in the last message of a request: `tool_use_id`, `text`, `is_error`."""
    content = request["messages"][-1]["content"]
    found = []
    for part in content if isinstance(content, list) else []:
        if part["type"] != "tool_result":
            continue
        words = part.get("content", "")
        if isinstance(words, list):
            words = "".join(piece.get("text", "") for piece in words)
        found.append({"tool_use_id": part["tool_use_id"], "text": words, "is_error": bool(part.get("is_error"))})
    return found


class ScriptedModel:
    """The server. `url` is what `llm.base_url` takes."""

    def __init__(self, script: Iterable[Step | Script] | Script, model: str = "scripted", key: str = KEY) -> None:
        self.model = model
        self.key = key
        self.steps: deque[Step | Script] = deque()
        self.follow: Script | None = None
        if callable(script):
            self.follow = script
        else:
            self.steps.extend(script)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        # How many answers the other side did not hear to the end.
        self.disconnects = 0
        self.lock = threading.Lock()
        self.made = 0
        outer = self

        class Handler(_Handler):
            owner = outer

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def __enter__(self) -> ScriptedModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def then(self, *steps: Step | Script) -> None:
        """Adds to the script."""
        with self.lock:
            self.steps.extend(steps)

    def wait(self, count: int, seconds: float = 30) -> dict[str, Any]:
        """Waits until so many requests have come; returns the last of them."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.lock:
                if len(self.requests) >= count:
                    return self.requests[count - 1]
            time.sleep(0.01)
        raise AssertionError(f"{len(self.requests)} of {count} requests came")

    def next(self, request: dict[str, Any]) -> Step:
        with self.lock:
            chosen = self.follow or (self.steps.popleft() if self.steps else None)
        if chosen is None:
            return fails(400, "invalid_request_error", "the script of the test has ended")
        return chosen(request) if callable(chosen) else chosen

    def number(self) -> int:
        with self.lock:
            self.made += 1
            return self.made


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: ScriptedModel

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if not self.may_enter():
            return
        if self.path.split("?")[0].endswith("/models"):
            models = [
                {"type": "model", "id": name, "display_name": name.capitalize(), "created_at": "2026-01-01T00:00:00Z"}
                for name in (self.owner.model, "scripted-small")
            ]
            self.reply(200, {
                "data": models, "has_more": False, "first_id": models[0]["id"], "last_id": models[-1]["id"],
            })
        else:
            self.fail(404, "not_found_error", f"no such path: {self.path}")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
        if not self.may_enter():
            return
        if not self.path.split("?")[0].endswith("/messages"):
            self.fail(404, "not_found_error", f"no such path: {self.path}")
            return
        with self.owner.lock:
            self.owner.requests.append(body)
            self.owner.headers.append({name.lower(): value for name, value in self.headers.items()})
        if problem := unpaired(body):
            self.fail(400, "invalid_request_error", problem)
            return
        step = self.owner.next(body)
        if step.status != 200:
            self.fail(step.status, *step.error, retry_after=step.retry_after)
            return
        try:
            self.stream(body, step)
        except (BrokenPipeError, ConnectionResetError):
            with self.owner.lock:
                self.owner.disconnects += 1
            self.close_connection = True

    def may_enter(self) -> bool:
        if self.headers.get("x-api-key") == self.owner.key:
            return True
        self.fail(401, "authentication_error", "invalid x-api-key")
        return False

    def fail(self, status: int, kind: str, message: str, retry_after: int | None = None) -> None:
        more = {"retry-after": str(retry_after)} if retry_after is not None else {}
        self.reply(status, {"type": "error", "error": {"type": kind, "message": message}}, more)

    def reply(self, status: int, body: dict[str, Any], more: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, body: dict[str, Any], step: Step) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent = len(json.dumps(body)) // 4 if step.input_tokens is None else step.input_tokens
        self.event("message_start", {"message": {
            "id": f"msg_{self.owner.number():024d}", "type": "message", "role": "assistant", "model": body["model"],
            "content": [], "stop_reason": None, "stop_sequence": None,
            "usage": {
                "input_tokens": max(0, sent - step.cached_tokens), "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": step.cached_tokens, "output_tokens": 1,
            },
        }})
        deltas = 0
        for index, (block, pieces) in enumerate(self.blocks(step)):
            self.event("content_block_start", {"index": index, "content_block": block})
            if index == 0:
                self.event("ping", {})
            for piece in pieces:
                self.event("content_block_delta", {"index": index, "delta": piece})
                deltas += 1
                if step.breaks_after == deltas:
                    self.close_connection = True
                    return
                if step.delay:
                    time.sleep(step.delay)
                if step.hold is not None and piece["type"] == "text_delta":
                    self.wait_for(step.hold)
            self.event("content_block_stop", {"index": index})
        said = step.output_tokens
        if said is None:
            said = max(1, (len(step.text) + len(step.thinking) + len(json.dumps(step.calls))) // 4)
        stop = step.stop or ("tool_use" if step.calls else "end_turn")
        self.event("message_delta", {
            "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": said},
        })
        self.event("message_stop", {})
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def wait_for(self, event: threading.Event) -> None:
        # A ping in between finds out that nobody listens any more.
        while not event.wait(0.05):
            self.event("ping", {})

    def blocks(self, step: Step) -> Iterable[tuple[dict[str, Any], list[dict[str, Any]]]]:
        def cut(words: str, size: int) -> list[str]:
            return [words[at : at + size] for at in range(0, len(words), size)]

        if step.thinking:
            pieces = [{"type": "thinking_delta", "thinking": piece} for piece in cut(step.thinking, step.chunk)]
            yield (
                {"type": "thinking", "thinking": "", "signature": ""},
                [*pieces, {"type": "signature_delta", "signature": "c2lnbmF0dXJl"}],
            )
        if step.text:
            yield (
                {"type": "text", "text": ""},
                [{"type": "text_delta", "text": piece} for piece in cut(step.text, step.chunk)],
            )
        for name, arguments in step.calls:
            written = json.dumps(arguments, ensure_ascii=False)
            yield (
                {"type": "tool_use", "id": f"toolu_{self.owner.number():024d}", "name": name, "input": {}},
                [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *cut(written, 24)]],
            )

    def event(self, name: str, data: dict[str, Any]) -> None:
        written = json.dumps({"type": name, **data}, ensure_ascii=False)
        payload = f"event: {name}\ndata: {written}\n\n".encode()
        self.wfile.write(f"{len(payload):x}\r\n".encode() + payload + b"\r\n")
        self.wfile.flush()


def unpaired(body: dict[str, Any]) -> str | None:
    """What the service says of a conversation whose calls and results do not pair; None when all is well."""
    open_calls: list[str] = []
    for index, message in enumerate(body.get("messages", [])):
        content = message["content"] if isinstance(message["content"], list) else []
        answered = [part["tool_use_id"] for part in content if part["type"] == "tool_result"]
        missing = [one for one in open_calls if one not in answered]
        if missing:
            return (
                f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                + ", ".join(missing)
            )
        if strange := [one for one in answered if one not in open_calls]:
            return f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(strange)}"
        open_calls = [part["id"] for part in content if part["type"] == "tool_use"]
    if not body.get("messages") or body["messages"][0]["role"] != "user":
        return "messages: first message must use the \"user\" role"
    if open_calls:
        return "messages: the last `tool_use` has no `tool_result`"
    return None
