"""A server that speaks the wire of `POST /api/v1/chat` from a script, to be cut where a test wants it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import evidence

TOKEN = evidence.secret("pga_test-token")

Event = tuple[str, dict[str, Any]]


class ScriptedAgent:
    """`events` are those of every turn; the stream breaks behind those whose numbers are in `cuts`, once each. An approval is
    waited for, and answered with `approval_answer`. `words` is what names, titles, prompts, exports and what is wrong with SQL are;
    `problem` is why there is no list of models. MCP has prompts alone."""

    def __init__(
        self, events: list[Event], cuts: set[int] | None = None, resumes: bool = True, words: str = "One",
        problem: str | None = None,
    ) -> None:
        self.words = words
        self.problem = problem
        self.events = events
        self.cuts = set(cuts or ())
        self.resumes = resumes
        self.asked: list[tuple[dict[str, Any], str | None]] = []
        self.decisions: list[str] = []
        self.stopped: list[str] = []
        self.decided = threading.Event()
        self.gone = threading.Event()
        outer = self

        class Handler(_Handler):
            owner = outer

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> ScriptedAgent:
        return self

    def __exit__(self, *_: object) -> None:
        self.gone.set()
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: ScriptedAgent

    def log_message(self, *_: object) -> None:
        pass

    def reply(self, status: int, body: dict[str, Any] | None, raw: bytes | None = None) -> None:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def may_enter(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self.reply(401, {"code": "unauthenticated", "status": 401, "detail": "No such token."})
        return False

    def do_GET(self) -> None:
        if not self.may_enter():
            return
        path = self.path.split("?")[0]
        if path == "/api/v1/databases":
            self.reply(200, {"databases": [
                {"name": "far", "default": True, "allowWrites": True, "mayWrite": True, "rowLimit": 10, "available": True,
                 "version": self.owner.words},
            ]})
        elif path == "/api/v1/models":
            models = [{"id": "one", "name": "One"}, {"id": self.owner.words, "name": "Other"}]
            answer: dict[str, Any] = {"provider": "scripted", "model": "one", "models": models}
            if self.owner.problem is not None:
                answer |= {"models": [], "problem": self.owner.problem}
            self.reply(200, answer)
        elif path == "/api/v1/conversations":
            self.reply(200, {"conversations": [
                {"id": "c1", "title": self.owner.words, "updated": self.owner.words, "messages": 2},
            ]})
        elif path == "/api/v1/conversations/c1":
            words = self.owner.words
            call = {"type": "tool_call", "id": "k", "name": words, "arguments": {"query": words}}
            result = {"type": "tool_result", "call": "k", "text": words, "isError": False}
            self.reply(200, {
                "id": "c1", "title": words, "database": "far", "created": words, "updated": words, "next": None, "messages": [
                    {"index": index, "role": role, "created": words, "parts": [part]}
                    for index, (role, part) in enumerate((
                        ("user", {"type": "text", "text": words}), ("assistant", call), ("user", result),
                        ("assistant", {"type": "text", "text": words}),
                    ))
                ]})
        elif path == "/api/v1/conversations/c1/export":
            self.reply(200, None, self.owner.words.encode())
        else:
            self.reply(404, {"code": "not-found", "status": 404, "detail": "Nothing here."})

    def do_DELETE(self) -> None:
        if not self.may_enter():
            return
        if self.path == "/mcp":
            self.reply(405, None)
        else:
            self.owner.stopped.append(self.path)
            self.owner.gone.set()
            self.reply(204, None)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
        if not self.may_enter():
            return
        if self.path.startswith("/api/v1/approvals/"):
            self.owner.decisions.append(body["decision"])
            self.owner.decided.set()
            self.reply(200, {"decision": body["decision"], "turn": "t1"})
            return
        if self.path == "/mcp":
            self.mcp(body)
            return
        if self.path == "/api/v1/query":
            self.reply(400, {"code": "invalid-request", "status": 400, "detail": self.owner.words})
            return
        last = self.headers.get("Last-Event-ID")
        self.owner.asked.append((body, last))
        if last is not None and not self.owner.resumes:
            self.reply(404, {"code": "turn-not-found", "status": 404, "detail": "There is no such turn."})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        first = 0 if last is None else int(last.split(".")[1])
        try:
            self.stream(first)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def mcp(self, message: dict[str, Any]) -> None:
        words = self.owner.words
        prompt = {"name": words, "description": words, "arguments": [{"name": words, "description": words}]}
        answers: dict[str, dict[str, Any]] = {
            "initialize": {
                "protocolVersion": "2025-11-25", "capabilities": {"prompts": {}},
                "serverInfo": {"name": words, "version": "1"},
            },
            "prompts/list": {"prompts": [prompt, {**prompt, "name": "plain"}]},
            "prompts/get": {"messages": [{"role": "user", "content": {"type": "text", "text": words}}]},
        }
        if "id" not in message:
            self.reply(202, None)
        elif message["method"] == "prompts/get" and message["params"]["name"] != "plain":
            error = {"code": -32602, "message": f"There is no such prompt: {words}"}
            self.reply(200, {"jsonrpc": "2.0", "id": message["id"], "error": error})
        elif message["method"] in answers:
            self.reply(200, {"jsonrpc": "2.0", "id": message["id"], "result": answers[message["method"]]})
        else:
            self.reply(200, {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": words}})

    def stream(self, first: int) -> None:
        for number, (name, data) in enumerate(self.owner.events[first:], first + 1):
            if name == "wait":
                while not self.owner.gone.wait(0.05):
                    self.wfile.write(b": keep-alive\n\n")
                return
            text = json.dumps(data, ensure_ascii=False)
            self.wfile.write(f"id: t1.{number}\nevent: {name}\ndata: {text}\n\n".encode())
            self.wfile.flush()
            if name == "approval":
                self.owner.decided.wait(30)
            if number in self.owner.cuts:
                self.owner.cuts.discard(number)
                return
