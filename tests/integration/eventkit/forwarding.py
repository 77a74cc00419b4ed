"""A port in front of a server, for tests in which the way to it is cut without a word."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

from local.ports import LOOPBACK, free_port

Address = tuple[str, int]


@dataclass
class Forwarder:
    """Forwards while `passes` is set; else takes what comes and says nothing."""

    target: Address
    port: int = field(default_factory=free_port)
    passes: Event = field(default_factory=Event)
    _sockets: list[socket.socket] = field(default_factory=list)

    def open(self) -> None:
        """Listen from now on; before, connections are refused."""
        self.passes.set()
        server = socket.create_server((LOOPBACK, self.port))
        self._sockets.append(server)
        Thread(target=self._accept, args=(server,), daemon=True).start()

    def close(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.passes.set()

    def _accept(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = server.accept()
                there = socket.create_connection(self.target)
                self._sockets += [here, there]
                for pair in ((here, there), (there, here)):
                    Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self.passes.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def forwarding(target: Address, *, at_once: bool = True) -> Iterator[Forwarder]:
    """A forwarder for the block, which listens at once or when it is told to."""
    forwarder = Forwarder(target)
    if at_once:
        forwarder.open()
    try:
        yield forwarder
    finally:
        forwarder.close()
