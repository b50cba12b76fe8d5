"""A TCP relay whose connections a test can cut or freeze."""

from __future__ import annotations

import socket
import struct
import threading
import time


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
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
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
