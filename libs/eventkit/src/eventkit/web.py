"""gunicorn's threaded worker as a child of our own supervisor, without an arbiter in between."""

from __future__ import annotations

import os
import select
import selectors
import signal
import socket
import struct
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

import orjson
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from eventkit.http.problems import MEDIA_TYPE
from eventkit.leaving import Leaving
from eventkit.supervisor import GRACE_SECONDS

Headers = list[tuple[str, str]]
_IN_A_ROW = 50
_AT_ONCE_SECONDS = 0.001
# Seconds and microseconds, as the kernel has them.
_PATIENCE = struct.pack("ll", 10, 0)
_CLOSE = ("Connection", "close")
_OPTIONS = {
    "worker_class": "gthread",
    "worker_connections": 1000,
    "graceful_timeout": int(GRACE_SECONDS) - 3,
    "keepalive": 15,
    "timeout": 60,
    "limit_request_line": 8190,
    "limit_request_fields": 60,
    "limit_request_field_size": 8190,
    "control_socket_disable": True,
    # Nobody's X-Forwarded-Proto, SCRIPT_NAME or the like; see eventkit.http.limits for addresses.
    "forwarded_allow_ips": "",
}


class PortTaken(Exception):
    """The address cannot be listened on."""


def listen(address: tuple[str, int], name: str) -> socket.socket:
    """Take the address before anything else is done; raises PortTaken, with the setting's name."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Head and body are written apart; without this the body waits for the client's ACK, 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        where = f"{address[0]}:{address[1]}"
        raise PortTaken(f"{name} {where} cannot be used: {error.strerror}.") from error
    return listener


def serve(
    listener: socket.socket,
    threads: int,
    make_app: Callable[[], WSGIApplication],
    ready: Callable[[], None],
    leaving: Leaving,
) -> None:
    """Answer requests until SIGTERM; those that were accepted are finished first.

    Every answer ends its connection once the process is leaving.
    """
    application = _Application(threads, make_app, leaving)
    log = _Log(application.cfg)
    worker = _Worker(1, os.getppid(), [listener], application, 60, application.cfg, log)
    worker.ready = ready
    try:
        worker.init_process()
    finally:
        worker.tmp.close()


class _Application(BaseApplication):  # type: ignore[misc]  # published without types
    def __init__(
        self, threads: int, make_app: Callable[[], WSGIApplication], leaving: Leaving
    ) -> None:
        self._threads = threads
        self._leaving = leaving
        self._make_app = make_app
        super().__init__()

    def load_config(self) -> None:
        for name, value in {**_OPTIONS, "threads": self._threads}.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        app = self._make_app()

        def closing(environ: WSGIEnvironment, start: Any) -> Iterable[bytes]:
            """gunicorn drops an app's Connection header, so its meaning is told otherwise."""

            def started(status: str, headers: Headers, exc_info: Any = None) -> Any:
                if self._leaving or _CLOSE in headers:
                    start.__self__.force_close()
                return start(status, headers, exc_info)

            return app(environ, started)

        return closing


class _Log(Logger):  # type: ignore[misc]  # published without types
    def setup(self, _: Any) -> None:
        """Leave levels and handlers to the process; requests are logged by the app."""
        self.error_log.propagate = True

    @property
    def access_log_enabled(self) -> bool:
        return False


class _Worker(ThreadWorker):  # type: ignore[misc]  # published without types
    ready: Callable[[], None]

    def init_signals(self) -> None:
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def run(self) -> None:
        self.ready()
        super().run()

    def set_accept_enabled(self, enabled: bool) -> None:
        """At the end take what came in already, and then listen no more.

        gunicorn would let connections queue up until it is gone, and the kernel reset them then.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            before = -1
            while self.nr_conns != before:
                before = self.nr_conns
                self.accept(listener)
            listener.close()

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def enqueue_req(self, conn: Any) -> None:
        """Give a request to a thread; who has sent nothing yet waits in the poller, in no thread.

        gunicorn would keep a thread waiting for five seconds for each.
        """
        # gunicorn waits without end for the rest of a request.
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PATIENCE)
        if conn.initialized or conn.data_ready or _has_more(conn.sock, seconds=0):
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def handle(self, conn: Any) -> Any:
        """Answer a connection's next requests here and now when they are there at once.

        Handing a connection back to the main thread and out again costs as much as a small request.
        """
        result = super().handle(conn)
        for _ in range(_IN_A_ROW):
            if result is not True or not self.alive or not _has_more(conn.sock):
                break
            result = super().handle(conn)
        return result

    def handle_error(self, _: Any, client: Any, __: Any, exc: Exception) -> None:
        """Answer what gunicorn refuses by itself, before the app sees it, like everything else."""
        status = _status(exc)
        self.log.warning("request refused before the app: %s", type(exc).__name__)
        phrase = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": phrase, "status": status, "code": "refused"}
        body = orjson.dumps(problem)
        head = (
            f"HTTP/1.1 {status} {phrase}\r\nConnection: close\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            client.sendall(head.encode() + body)
        except OSError:
            self.log.debug("the client was gone")


def _has_more(connection: socket.socket, seconds: float = _AT_ONCE_SECONDS) -> bool:
    readable = select.poll()
    readable.register(connection, select.POLLIN)
    return bool(readable.poll(seconds * 1000))


def _status(exc: Exception) -> int:
    if isinstance(exc, LimitRequestLine):
        return 414
    if isinstance(exc, LimitRequestHeaders):
        return 431
    return 400 if isinstance(exc, ParseException) else 500
