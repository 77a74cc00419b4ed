"""A replica that is no service: it notes every request as it came, and answers or does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import cast

from local.ports import LOOPBACK

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it came over the wire; names of headers in small letters."""

    line: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(kw_only=True)
class Upstream:
    """Where it listens and what came. With `drops` it reads a request and closes the connection."""

    address: str
    drops: bool = False
    requests: list[Request] = field(default_factory=list)


@contextmanager
def upstream(port: int = 0, *, drops: bool = False) -> Iterator[Upstream]:
    """One at a port, any free one for 0; ended afterwards."""
    with _Server((LOOPBACK, port), _Handler) as server:
        found = server.server_address[1]
        server.noted = Upstream(address=f"{LOOPBACK}:{found}", drops=drops)
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.noted
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    noted: Upstream


class _Handler(StreamRequestHandler):
    timeout = 30

    def handle(self) -> None:
        noted = cast(_Server, self.server).noted
        while line := self.rfile.readline():
            headers = dict(self._headers())
            body = self.rfile.read(int(headers.get("content-length", "0")))
            request = Request(line=line.decode().strip(), headers=headers, body=body)
            noted.requests.append(request)
            if noted.drops:
                return
            self.wfile.write(OK)

    def _headers(self) -> Iterator[tuple[str, str]]:
        while line := self.rfile.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = line.partition(": ")
            yield name.lower(), value
