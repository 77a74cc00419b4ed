"""Webhook receivers on loopback: one that answers as told, and some that misbehave on the wire."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from uuid import uuid4

from local.ports import LOOPBACK

Answer = tuple[int, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class Receiver:
    """Keeps calls; `answers` are given in turn, the last one again and again."""

    url: str
    calls: list[Call] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=lambda: [(204, {})])

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def open_receiver() -> Iterator[Receiver]:
    receiver = Receiver(url="")
    # A delivery of an earlier test that is still to be repeated may come to a port used again.
    own = f"/hook/{uuid4()}"

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not self.path.startswith(own):
                self.send_error(410)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.calls.append(Call(path=self.path, headers=headers, body=body))
            status, more = receiver.next_answer()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Calls are looked at by the tests, not by people."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    receiver.url = f"http://{LOOPBACK}:{server.server_port}{own}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


Misbehave = Callable[[socket.socket, Event], None]


class Trap:
    """A server that does the same to each connection, each in a thread of its own."""

    def __init__(self, misbehave: Misbehave, count: list[int]) -> None:
        self._misbehave = misbehave
        self._count = count
        self._ended = Event()
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(0.1)
        self._threads = [Thread(target=self._accept)]
        self.port: int = self._listener.getsockname()[1]

    def open(self) -> None:
        self._threads[0].start()

    def close(self) -> None:
        self._ended.set()
        self._threads[0].join()
        self._listener.close()
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                connection.settimeout(5)
                self._count.append(1)
                self._threads.append(Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._misbehave(connection, self._ended)


@contextmanager
def open_socket(misbehave: Misbehave, count: list[int] | None = None) -> Iterator[int]:
    """The port of such a server, until the block ends; `count` grows with each connection."""
    trap = Trap(misbehave, [] if count is None else count)
    trap.open()
    try:
        yield trap.port
    finally:
        trap.close()


def hang(connection: socket.socket, ended: Event) -> None:
    """Take the request and never answer."""
    connection.recv(65536)
    ended.wait(30)


def drip(connection: socket.socket, ended: Event) -> None:
    """Send one byte after the other, slowly."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000:
        if ended.wait(0.1):
            return
        connection.sendall(bytes([byte]))


def endless_head(connection: socket.socket, ended: Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not ended.is_set():
        connection.sendall(b"x-fill: " + b"y" * 8000 + b"\r\n")


def endless_body(connection: socket.socket, ended: Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not ended.is_set():
        connection.sendall(b"y" * 8000)


def endless_interim(connection: socket.socket, ended: Event) -> None:
    while not ended.is_set():
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n" * 100)


def garbage(connection: socket.socket, _: Event) -> None:
    connection.recv(65536)
    connection.sendall(b"220 mail.example.org ESMTP\r\n\r\n")


def hang_up(connection: socket.socket, _: Event) -> None:
    connection.recv(65536)
