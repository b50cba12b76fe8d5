"""A network between the browser and agentd that breaks: in the middle of an event, into silence, or for good."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass

from .network import accepted


@dataclass
class Break:
    """What happens to one stream of a turn: after so many events of text, and half of the next one, the connection is `reset`, or
    `silent` while it stays open, or the whole network is `gone` from then on, or the request is `unheard` of by the server. `HEAD` stands for the head of the answer and nothing
    else, `NOTHING` for not a byte of it: then a browser sends the request again by itself, time and again, and of those
    none is heard."""

    after: int
    how: str = "reset"


HEAD, NOTHING = -1, -2
ASKED = re.compile(rb"^(?:last-event-id|idempotency-key): *(\S+)", re.IGNORECASE | re.MULTILINE)


class CuttingNetwork:
    """A forwarder of TCP. `url` is the server as the browser sees it; each turn's stream takes the next of `breaks`, and when none is
    left it stays whole. `streams` holds what was asked for, each once though a browser may send it again by itself: the key of a
    question, or the event after which its stream goes on. `broken` are the breaks that came about."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.breaks: deque[Break] = deque()
        self.streams: set[bytes] = set()
        self.broken: list[Break] = []
        self.is_gone = False
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()
        with self.lock:
            several = list(self.open)
        for one in several:
            _reset(one)

    def _accept(self) -> None:
        for client in accepted(self.listener):
            if self.is_gone:
                _reset(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                _reset(client)
                continue
            with self.lock:
                self.open |= {client, server}
            plan: list[Break] = []
            for work in (self._requests, self._answers):
                threading.Thread(target=work, args=(client, server, plan), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket, plan: list[Break]) -> None:
        while data := _received(client):
            if b"POST /api/v1/chat " in data:
                with self.lock:
                    self.streams.update(ASKED.findall(data))
                    plan[:] = self._next(b"last-event-id:" in data.lower())
                    is_again = any(one is plan[0] for one in self.broken) if plan else False
                if plan and (plan[0].how == "unheard" or is_again):
                    self.broken.append(plan[0])
                    break
            if not _sent(server, data):
                break
        self._end(client, server)

    def _next(self, goes_on: bool) -> list[Break]:
        if not self.breaks or goes_on and self.breaks[0].after == NOTHING:
            return []
        return [self.breaks[0] if self.breaks[0].after == NOTHING else self.breaks.popleft()]

    def _answers(self, client: socket.socket, server: socket.socket, plan: list[Break]) -> None:
        seen = b""
        while data := _received(server):
            if not plan:
                seen = b""
                if not _sent(client, data):
                    break
                continue
            before = len(seen)
            seen += data
            end = _let_through(seen, plan[0].after)
            if end is None:
                if not _sent(client, data):
                    break
                continue
            _sent(client, seen[before:end])
            # A reset throws away what the browser has not read yet, and then what the page shows is left to chance.
            time.sleep(0.3)
            self.broken.append(plan[0])
            if plan[0].how == "silent":
                while _received(server):
                    pass
                return
            if plan[0].how == "gone":
                self.is_gone = True
                with self.lock:
                    several = list(self.open)
                for one in several:
                    _reset(one)
            break
        self._end(client, server)

    def _end(self, *several: socket.socket) -> None:
        with self.lock:
            self.open -= set(several)
        for one in several:
            _reset(one)


def _let_through(seen: bytes, after: int) -> int | None:
    """How much of an answer comes through; None while that is not known."""
    if after == NOTHING:
        return 0
    if after == HEAD:
        head = seen.find(b"\r\n\r\n")
        return None if head < 0 else head + 4
    at = -1
    for _ in range(after + 1):
        at = seen.find(b"\nevent: text\n", at + 1)
        if at < 0:
            return None
    # Into the middle of the event's data.
    return at + 26 if len(seen) >= at + 26 else None


def _received(one: socket.socket) -> bytes:
    try:
        return one.recv(65536)
    except OSError:
        return b""


def _sent(one: socket.socket, data: bytes) -> bool:
    try:
        one.sendall(data)
        return True
    except OSError:
        return False


def _reset(one: socket.socket) -> None:
    """Ends a connection without a word, and wakes whoever reads from it."""
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()
