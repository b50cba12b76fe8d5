"""TCP relays: one whose connections a test can cut or freeze, and one that encrypts; and free ports."""

from __future__ import annotations

import random
import re
import select
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path


given: set[int] = set()


def free_port() -> int:
    """A free port, below those that the system gives to whoever asks for any: nobody takes it before its server listens. Each time
    another one."""
    while True:
        port = random.randrange(20_000, 32_000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        if port not in given:
            given.add(port)
            return port


def accepted(listener: socket.socket) -> Iterator[socket.socket]:
    """The connections that come, until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        yield connection


class Relay:
    """Listens on a loopback port and passes bytes to `target`. `mode`: "pass", "refuse" or "freeze"."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode = "pass"
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.resetting: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        for near in accepted(self.listener):
            if self.mode == "refuse":
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            self.pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if self.mode == "freeze":
                    continue  # swallowed: the other side hears nothing and no end
                sink.sendall(data)
        except OSError:
            pass
        if source in self.resetting or sink in self.resetting:
            return  # an orderly end now would come before the reset
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self, reset: bool) -> None:
        """Ends every connection: with a reset, or with an ordinary end of stream."""
        pairs, self.pairs = self.pairs, []
        if reset:
            for near, far in pairs:
                self.resetting |= {near, far}
                for end in (near, far):
                    try:
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        # Wakes the thread that reads; closing under it would put the reset off until it returns.
                        end.shutdown(socket.SHUT_RD)
                    except OSError:
                        pass
            time.sleep(0.2)
        for near, far in pairs:
            for end in (near, far):
                try:
                    if not reset:
                        end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()

    def close(self) -> None:
        self.listener.close()
        self.cut(reset=False)


class EncryptingRelay:
    """Speaks TLS in front of a PostgreSQL server, as poolers and clouds do, and passes each answer on as a whole, in records of 16 KiB,
    the most there may be. PostgreSQL's own up to 16 are half as large."""

    READY = re.compile(rb"Z\0\0\0\x05[ITE]\Z")

    def __init__(self, target: int, folder: Path) -> None:
        self.target = target
        key, certificate = folder / "relay.key", folder / "relay.crt"
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost",
            ], check=True, capture_output=True,
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        for near in accepted(self.listener):
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self.target)) as far:
            wish = near.recv(8, socket.MSG_WAITALL)
            if wish != struct.pack("!ii", 8, 80877103):
                # No SSLRequest: a request to cancel, which libpq sends in the open.
                far.sendall(wish + near.recv(4096))
                return
            near.sendall(b"S")
            try:
                with self.context.wrap_socket(near, server_side=True) as encrypted:
                    self._converse(encrypted, far)
            except OSError:
                pass

    def _converse(self, near: ssl.SSLSocket, far: socket.socket) -> None:
        answer, is_signed_in = b"", False
        while True:
            ready = [near] if near.pending() else select.select([near, far], [], [])[0]
            if near in ready:
                if not (data := near.recv(65536)):
                    return
                far.sendall(data)
            if far in ready:
                data = far.recv(65536)
                answer += data
                is_whole = self.READY.search(answer[-6:]) is not None
                is_signed_in = is_signed_in or is_whole
                if is_whole or not is_signed_in or not data:
                    near.sendall(answer)
                    answer = b""
                if not data:
                    return
